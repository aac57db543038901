"""Making a new data directory."""

import shutil
import subprocess
from pathlib import Path

from infra.postgres.account import Account
from infra.postgres.binaries import Binaries
from infra.postgres.errors import PostgresError
from infra.postgres.placement import fresh_workspace
from infra.postgres.probe import SUPERUSER
from infra.postgres.processes import run

_COMMON = (
    f"--username={SUPERUSER}",
    "--auth-local=reject",
    "--auth-host=scram-sha-256",
    "--encoding=UTF8",
    "--data-checksums",
    "--no-instructions",
    "--no-sync",  # nothing is promised to anybody yet; the server itself always syncs
)


def initialise(root: Path, binaries: Binaries, account: Account | None, password: str) -> None:
    """Make `root`/data. It appears complete or not at all, also when killed half-way.

    Raises:
        PostgresError: initdb failed; its last lines are shown.
    """
    workspace = fresh_workspace(root, account)
    password_file = workspace / "password"
    data = workspace / "data"
    output = ""
    try:
        for locale in _locales(binaries.major):
            _hand_over(password_file, password, account)
            options = [f"--pgdata={data}", f"--pwfile={password_file}", *locale]
            done = _initdb(options, binaries, account)
            if done.returncode == 0:
                data.rename(root / "data")
                return
            output = done.stdout
            shutil.rmtree(data, ignore_errors=True)
    finally:
        shutil.rmtree(workspace, ignore_errors=True)
    raise PostgresError(f"initdb ({binaries.directory}) failed", output.strip().splitlines())


def _initdb(
    arguments: list[str], binaries: Binaries, account: Account | None
) -> subprocess.CompletedProcess[str]:
    try:
        return run([binaries.directory / "initdb", *_COMMON, *arguments], account, timeout=300)
    except subprocess.TimeoutExpired as error:
        raise PostgresError("initdb did not finish within 300 s") from error


def _locales(major: int) -> list[tuple[str, ...]]:
    """Ways to have UTF-8 text in code point order, best first.

    From 17 on Postgres has C.UTF-8 built in, so that an update of the C library cannot change the
    order under an index. The plain C locale sorts alike and exists everywhere.
    """
    if major < 17:
        return [("--locale=C.UTF-8",), ("--locale=C",)]
    builtin = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return [(*builtin, "--locale=C.UTF-8"), (*builtin, "--locale=C")]


def _hand_over(file: Path, password: str, account: Account | None) -> None:
    """Write the password where only the account (and root) can read it."""
    file.touch(mode=0o600)
    if account is not None:
        shutil.chown(file, account.uid, account.gid)
    file.write_text(password, encoding="ascii")
