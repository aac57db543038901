"""The verifier as a test sees it: run as a stranger runs it, or called in this process."""

import hashlib
import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from hypothesis import HealthCheck, settings

from tests.support.sealed_lists import SealedWorld, sealed_world

# A file that each example overwrites may live in the folder of the test.
ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
FILE = Path(__file__).parents[2] / "docs" / "verify_randomization.py"


def load(file: Path = FILE) -> ModuleType:
    """The file as a module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


MODULE = load()


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A process of its own that sees neither this project nor any installed package."""
    command = [sys.executable, "-I", "-S", str(FILE), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def told(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """Exit status and the JSON of such a process."""
    done = run(*arguments, "--json")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def faults(*arguments: str | Path) -> list[Any]:
    """The faults that a run in this process finds."""
    return list(MODULE.run(MODULE.options_of([str(a) for a in arguments])).faults)


def slots_named(*arguments: str | Path) -> set[tuple[str, int]]:
    """The slots that the faults name."""
    return {(f.label, f.position) for f in faults(*arguments) if f.label is not None}


def kinds(*arguments: str | Path) -> set[str]:
    """The kinds of the faults."""
    return {fault.kind for fault in faults(*arguments)}


@cache
def world(method: str, each_used: int = 2) -> SealedWorld:
    """A sealed list, made once."""
    return sealed_world(method, each_used)


def spelled(content: dict[str, Any]) -> bytes:
    """The file with a right digest: a forger would set it too."""
    rest = {name: value for name, value in content.items() if name != "digest"}
    digest = hashlib.sha256(MODULE.spell(rest).encode()).hexdigest()
    return str(MODULE.spell({**rest, "digest": digest})).encode()
