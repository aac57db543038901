"""How the tests ended, as a file that belongs to one commit."""

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shared import __version__

PROJECT = Path(__file__).resolve().parents[2]
# Whose version a reader of the pack asks for first.
LIBRARIES = ("fastapi", "pydantic", "sqlalchemy", "psycopg", "cryptography", "lxml", "reportlab",
             "numpy", "scipy", "lifelines", "pytest", "hypothesis")  # fmt: skip
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"


class ResultsError(ValueError):
    """Results that are not there, or not of this commit; the message says which."""


@dataclass(frozen=True)
class Commit:
    """``dirty``: files differ from those of the commit."""

    id: str
    dirty: bool


@dataclass(frozen=True)
class Results:
    """``outcomes``: of each test, as pytest names it without parameters, how often it ended how."""

    commit: Commit
    finished_at: str
    versions: Mapping[str, str]
    outcomes: Mapping[str, Mapping[str, int]]

    def outcome(self, test: str) -> str | None:
        """Failed where any case failed, passed where one passed and none failed, else skipped;
        None where it did not run."""
        counted = self.outcomes.get(test, {})
        for outcome in (FAILED, PASSED, SKIPPED):
            if counted.get(outcome):
                return outcome
        return None


def commit_here(folder: Path = PROJECT) -> Commit:
    """The commit that is checked out. Raises ``ResultsError`` where there is none."""

    def git(*words: str) -> str:
        command = ["git", *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise ResultsError(f"git {words[0]} says: {done.stderr.strip()}")
        return done.stdout.strip()

    return Commit(git("rev-parse", "HEAD"), bool(git("status", "--porcelain")))


def count(ended: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Counts outcomes by test: a case of a test counts for the test."""
    found: dict[str, dict[str, int]] = {}
    for case, outcome in ended:
        counted = found.setdefault(case.partition("[")[0], {})
        counted[outcome] = counted.get(outcome, 0) + 1
    return found


def write(file: Path, ended: Sequence[tuple[str, str]], now: datetime) -> None:
    """Write the outcomes of a run of tests, beside commit and versions."""
    commit = commit_here()
    told = {
        "commit": commit.id,
        "dirty": commit.dirty,
        "finished_at": now.isoformat(timespec="seconds"),
        "versions": _versions(),
        "outcomes": count(ended),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read(file: Path) -> Results:
    """Raises ``ResultsError`` where there is no such file or it holds something else."""
    try:
        told: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Results(
            Commit(told["commit"], told["dirty"]),
            told["finished_at"],
            told["versions"],
            told["outcomes"],
        )
    except FileNotFoundError:
        raise ResultsError(f"{file} is not there: no tests have run") from None
    except (ValueError, KeyError, TypeError):
        raise ResultsError(f"{file} holds no results of tests") from None


def of_this_commit(results: Results, here: Commit) -> Results:
    """The results, where they are of this commit and nothing differs from it. Raises
    ``ResultsError`` otherwise: a pack never tells of another state than the one it names."""
    if results.commit.id != here.id:
        raise ResultsError(f"the tests ran on {results.commit.id[:12]}, this is {here.id[:12]}")
    if results.commit.dirty or here.dirty:
        raise ResultsError("there are changes that are not committed")
    return results


def _versions() -> dict[str, str]:
    own = {"induct": __version__, "python": platform.python_version(),
           "machine": f"{platform.system()} {platform.machine()}"}  # fmt: skip
    return own | {name: version(name) for name in LIBRARIES}
