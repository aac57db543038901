"""The cluster's folder: password, log, lock and the record of where data and port are."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from infra.postgres.errors import PostgresError

_LOG_KEPT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class State:
    """What must be known again at the next start.

    `data_root` is the folder that holds the data directory, None for the home itself;
    `initialised` is true once a complete data directory has existed there.
    """

    data_root: str | None = None
    initialised: bool = False
    port: int | None = None


class Home:
    """Files of one cluster that the account running Postgres need not read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.expanduser().resolve()
        self.lock_file = self.folder / "postgres.lock"
        self.log_file = self.folder / "postgres.log"
        self.password_file = self.folder / "postgres.password"
        self.state_file = self.folder / "postgres.json"

    def prepare(self) -> None:
        """Make the folder; root leaves it traversable, for the account that will run Postgres."""
        if not self.folder.exists():
            self.folder.mkdir(parents=True, exist_ok=True)  # another starter may be as quick
            self.folder.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def state(self) -> State:
        """The record of earlier starts, or the initial one.

        Raises:
            PostgresError: it is damaged or was lost. Going on would present an empty database
                in place of the one that holds the trial.
        """
        try:
            return State(**json.loads(self.state_file.read_bytes()))
        except FileNotFoundError:
            if self.password_file.exists():
                raise PostgresError(
                    f"{self.state_file} is missing although a cluster was set up in {self.folder}:"
                    " restore it, or remove that folder to begin with an empty database"
                ) from None
            return State()
        except OSError as error:
            raise PostgresError(f"cannot read {self.state_file}: {error}") from error
        except (ValueError, TypeError) as error:
            raise PostgresError(f"{self.state_file} is damaged: {error}") from error

    def record(self, **changes: str | int | bool | None) -> State:
        """Change some fields of the state, replacing the file as a whole."""
        before = self.state()
        state = replace(before, **changes)  # type: ignore[arg-type]
        if state != before or not self.state_file.exists():
            _replace_file(self.state_file, json.dumps(asdict(state)) + "\n")
        return state

    def data_directory(self) -> Path:
        """Where the data lie, or would lie if set up now in the home."""
        root = self.state().data_root
        return (Path(root) if root else self.folder) / "data"

    def password(self) -> str:
        """The superuser's password.

        Raises:
            PostgresError: it cannot be read: not set up yet, removed, or somebody else's.
        """
        try:
            return self.password_file.read_text(encoding="ascii").strip()
        except OSError as error:
            raise PostgresError(f"cannot read {self.password_file}: {error}") from error

    def new_password(self) -> str:
        """Draw the password of a cluster about to be made; mode 0600."""
        _replace_file(self.password_file, secrets.token_urlsafe(32) + "\n")
        return self.password()

    def log_size(self) -> int:
        """Length of the log in bytes."""
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def rotate_log(self) -> None:
        """Set a long log aside (one generation); only while no server writes to it."""
        if self.log_size() > _LOG_KEPT_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))

    def remove_files(self) -> None:
        """Delete the launcher's own files, and the folder if nothing else is in it."""
        for file in (self.log_file.with_suffix(".log.1"), self.log_file, self.state_file):
            file.unlink(missing_ok=True)
        self.password_file.unlink(missing_ok=True)
        self.lock_file.unlink(missing_ok=True)
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def _replace_file(file: Path, text: str) -> None:
    """Write a file of mode 0600 that is seen either as it was or complete."""
    draft = file.with_suffix(file.suffix + ".draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(descriptor)
    draft.replace(file)
