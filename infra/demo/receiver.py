"""A safety desk's receiver, as a desk would build one: it believes only what is signed."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from standardwebhooks import Webhook

MAX_BODY = 100_000


def challenge_in(body: bytes) -> str | None:
    """What a new endpoint is asked to answer; None in every other message."""
    told = json.loads(body)
    value = told["data"]["challenge"] if told["type"] == "webhook.challenge" else None
    return value if isinstance(value, str) else None


class Receiver:
    """Listens on loopback; counts messages whose signature holds, and those whose does not."""

    def __init__(self) -> None:
        self.secrets: list[str] = []
        self.verified: set[str] = set()
        self.refused = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/safety-desk"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def accept(self, body: bytes, headers: dict[str, str]) -> bool:
        """True where one of the secrets signed this body; a challenge is no message of a case."""
        for secret in self.secrets:
            try:
                Webhook(secret).verify(body, headers)
            except Exception:  # noqa: S112 (the library raises more kinds than its own)
                continue
            if challenge_in(body) is None:
                with self._lock:
                    self.verified.add(headers["webhook-id"])
            return True
        with self._lock:
            self.refused += 1
        return False

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length", "0")), MAX_BODY)
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                accepted = receiver.accept(body, headers)
                value = challenge_in(body) if accepted else None
                told = b"" if value is None else json.dumps({"challenge": value}).encode()
                self.send_response(200 if accepted else 401)
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: Any) -> None:
                """A receiver of a demo says nothing on its own."""

        return Handler
