"""Which account runs Postgres: it refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from infra.postgres.errors import PostgresError

# initdb asks for the account's name, so only accounts with a passwd entry can serve.
_UNPRIVILEGED = ("nobody", "postgres", "daemon")


@dataclass(frozen=True)
class Account:
    """A user and its group, as numbers."""

    uid: int
    gid: int


def account_for(data_directory: Path | None) -> Account | None:
    """The account to become before running Postgres, None for "stay who you are".

    A data directory that is already there decides: Postgres serves only its owner.

    Raises:
        PostgresError: no account fits, or the data belong to somebody else.
    """
    if data_directory is not None and data_directory.exists():
        return _owner(data_directory)
    return _unprivileged() if os.geteuid() == 0 else None


def _owner(data_directory: Path) -> Account | None:
    owner = data_directory.stat()
    if owner.st_uid == os.geteuid() != 0:
        return None
    if os.geteuid() != 0:
        raise PostgresError(
            f"the data in {data_directory} belong to user id {owner.st_uid}: start as that user"
            " or as root"
        )
    if owner.st_uid == 0:
        raise PostgresError(
            f"{data_directory} belongs to root, and Postgres refuses to run as root"
        )
    return Account(owner.st_uid, owner.st_gid)


def _unprivileged() -> Account:
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return Account(entry.pw_uid, entry.pw_gid)
    raise PostgresError(
        f"Postgres refuses to run as root and none of {', '.join(_UNPRIVILEGED)} exists here"
    )
