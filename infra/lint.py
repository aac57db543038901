"""House rules that no linter knows: ``python -m infra.lint``."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
MAX_BYTES = 16 * 1024
WINGS = ("randomization", "assessments", "safety", "analytics")
WING_FILES = (
    "endpoints.py", "entrypoint.py", "errors.py", "events.py", "handlers.py", "repository.py",
    "schemas.py", "service.py",
)  # fmt: skip
# Put together from parts, so that this file does not fail its own rule.
HOSTS = re.compile("|".join(("py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.org")))
# A stranger takes it along as it is, so it is one file by its purpose.
ONE_FILE = frozenset({"docs/verify_randomization.py"})
LOCKS = re.compile(r"(^|/)(uv\.lock|pylock\..*toml|poetry\.lock)$")
SQL = re.compile(r"from sqlalchemy import [^\n]*\btext\b|exec_driver_sql\(")
SQL_PLACES = re.compile(
    r"(repository|_repository)\.py$|^shared/(database|messaging|http/app)|^infra/(bus|database)/"
)
MACHINE = re.compile(r"(^|[\s\"'(=])/(root|home|work)/[a-z]")


def tracked() -> list[Path]:
    """The files that git tracks, or would: new ones count before they are added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    return [PROJECT / name for name in sorted(set(listed.stdout.split("\0"))) if name]


def faults() -> Iterator[str]:
    """Every breach, as ``path: what``."""
    for path in tracked():
        if not path.is_file():
            continue
        name = path.relative_to(PROJECT).as_posix()
        if LOCKS.search(name):
            yield f"{name}: locks are hash-pinned requirement files"
        try:
            content = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield from _content_faults(name, content)
    for wing in WINGS:
        for file in WING_FILES:
            if not (PROJECT / "services" / wing / file).is_file():
                yield f"services/{wing}: has no {file}; the four wings have one plan"


def _content_faults(name: str, content: str) -> Iterator[str]:
    if HOSTS.search(content):
        yield f"{name}: names a package index"
    if MACHINE.search(content):
        yield f"{name}: holds a path of somebody's machine"
    if not name.endswith(".py"):
        return
    if len(content.encode()) > MAX_BYTES and name not in ONE_FILE:
        yield f"{name}: larger than 16 kB, probably two rooms in one"
    if name.startswith(("services/", "shared/")):
        if SQL.search(content) and not SQL_PLACES.search(name):
            yield f"{name}: SQL belongs in the repository"
        if re.search(r"datetime\.(now|utcnow|today)\(|date\.today\(", content) and (
            # What is logged, and what AWS holds against its own clock.
            name != "shared/http/logs.py" and not name.startswith("shared/aws/")
        ):
            yield f"{name}: the time comes from the unit of work"


def main() -> int:
    found = list(faults())
    for fault in found:
        sys.stderr.write(fault + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
