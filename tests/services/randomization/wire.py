"""A wire between an app and its Postgres that can lose the answer to a commit."""

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit

from tests.support.database import TestDatabase

# CommandComplete with its length and tag, as the server says it (PostgreSQL, message formats).
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"


class Wire:
    """Passes bytes both ways. After ``lose_next_commit`` the server's word that it has committed is
    swallowed and the connection cut, as if the network had gone in between."""

    def __init__(self, database: TestDatabase) -> None:
        parts = urlsplit(database.admin_url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._losing = threading.Event()
        self.lost = 0
        host, port = self._listener.getsockname()
        behind = f"{parts.scheme}://{parts.username}:{parts.password}@{host}:{port}{parts.path}"
        self.database = TestDatabase(database.name, behind)
        threading.Thread(target=self._accept, daemon=True).start()

    def lose_next_commit(self) -> None:
        self._losing.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                for source, target in ((client, server), (server, client)):
                    pump = (source, target, source is server)
                    threading.Thread(target=self._pump, args=pump, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, from_server: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if from_server and COMMITTED in data and self._losing.is_set():
                    self._losing.clear()
                    self.lost += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
