"""Where the data can lie, given that another account may have to reach them."""

import hashlib
import itertools
import os
import shutil
from pathlib import Path

from infra.postgres.account import Account
from infra.postgres.errors import PostgresError, os_errors_reported
from infra.postgres.processes import run

FALLBACK_ROOT = Path("/var/lib/induct")

# A folder on the way may refuse the account (a temporary folder of mode 0700, root's home).
# Trying it out also sees access lists and mounts that mode bits do not show.
_TRY_OUT = 'cd "$1" && : > probe && rm probe'


def choose_data_root(home: Path, account: Account | None, fallback_root: Path) -> Path:
    """The folder to hold the data directory: `home`, else a new one under `fallback_root`.

    Raises:
        PostgresError: the account can work in neither.
    """
    if _usable(home, account):
        return home
    with os_errors_reported(f"{home} cannot be reached by the account that runs Postgres"):
        root = _claim(fallback_root, home)
    if _usable(root, account):
        return root
    raise PostgresError(
        f"the account that runs Postgres (user id {account.uid if account else os.geteuid()})"
        f" can work neither in {home} nor in {root}: choose another folder"
    )


def fresh_workspace(root: Path, account: Account | None) -> Path:
    """An empty folder `root`/partial of the account; leftovers of a killed set-up are removed."""
    workspace = root / "partial"
    if workspace.exists():
        shutil.rmtree(workspace)
    workspace.mkdir(mode=0o700)
    if account is not None:
        os.chown(workspace, account.uid, account.gid)
    return workspace


def public_folder(folder: Path) -> None:
    """Make `folder`; what is made on the way can be traversed by all, whatever the umask."""
    if not folder.exists():
        public_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)


def _usable(root: Path, account: Account | None) -> bool:
    if account is None:
        return True
    try:
        workspace = fresh_workspace(root, account)
        trial = run(["/bin/sh", "-c", _TRY_OUT, "sh", workspace], account)
        workspace.rmdir()
    except PermissionError:
        return False
    return trial.returncode == 0


def _claim(fallback_root: Path, home: Path) -> Path:
    """A new folder named after the home's path.

    The name may be taken by data of a removed home of the same path. Those are left alone, since
    only their owner knows whether they are still wanted: the next free name is used.
    """
    public_folder(fallback_root)
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    for number in itertools.count(1):
        root = fallback_root / (digest if number == 1 else f"{digest}-{number}")
        try:
            root.mkdir()
        except FileExistsError:
            continue
        root.chmod(0o711)
        (root / "home").write_text(f"{home}\n", encoding="utf-8")
        return root
    raise AssertionError("unreachable")  # pragma: no cover
