"""A list is the same on every Python: the vectors are made again by each one on this machine."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[4]
SECRET = bytes(range(32))
MAKE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from fractions import Fraction
from services.randomization.domain import biased_coin, commitments, generator, merkle
secret = bytes(range(32))
blocks = {
    label: generator.permuted_blocks(
        secret, "TEST-LIST-1", label, ratio={"INO": 2, "ALLR3": 1}, block_sizes=(3, 6, 9),
        capacity=24)
    for label in ("f1=a;f2=x", "f1=b;f2=x")
}
leaves = [
    commitments.commitment("TEST-LIST-1", label, n,
                           commitments.salt(secret, "TEST-LIST-1", label, n), arm)
    for label in sorted(blocks) for n, arm in enumerate(blocks[label], start=1)
]
json.dump({
    "version": list(sys.version_info[:2]),
    "blocks": blocks,
    "root": merkle.root(leaves).hex(),
    "draws": generator.draws(secret, "TEST-LIST-1", 50),
    "efron": biased_coin.efron(secret, "TEST-LIST-1", "a", arms=("A", "B"),
                               probability=Fraction(2, 3), capacity=99),
    "stick": biased_coin.big_stick(secret, "TEST-LIST-1", "a", arms=("A", "B"), limit=3,
                                   capacity=99),
}, sys.stdout)
"""


def interpreters() -> list[str]:
    """Pythons of other versions: on the path, and of pyenv where it is there."""
    found = [shutil.which(f"python3.{minor}") for minor in range(11, 16)]
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += [str(path) for path in sorted(versions.glob("3.1[1-9]*/bin/python3"))]
    return [path for path in found if path]


def made_by(interpreter: str) -> dict[str, object] | None:
    done = subprocess.run(
        [interpreter, "-I", "-c", MAKE, str(PROJECT)], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout) if done.returncode == 0 else None


def test_this_python_makes_the_published_root() -> None:
    made = made_by(sys.executable)
    assert made is not None
    assert made["root"] == "0145c22fbd6997711e67f92be3186141c60b93d7e6774eb39c63b4d6dcf2b584"


def test_every_other_python_makes_the_same_lists() -> None:
    here = made_by(sys.executable)
    assert here is not None
    own = here.pop("version")
    compared = set()
    for interpreter in interpreters():
        other = made_by(interpreter)
        if other is not None and other["version"] != own:
            compared.add(tuple(other.pop("version")))  # type: ignore[arg-type]
            assert other == here, interpreter
    if not compared:
        pytest.skip("there is no other Python from 3.11 on this machine")
