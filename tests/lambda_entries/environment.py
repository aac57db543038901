"""Runs a service's entry points as Lambda does: a process of its own, settings in variables."""

import base64
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from shared.identity.issuer import Issuer
from tests.support.api import SEALING_KEY
from tests.support.database import TestDatabase

EVENTS = Path(__file__).parents[1] / "events"


def sample(name: str, **headers: str) -> dict[str, Any]:
    """A sample event of tests/events; ``headers`` replace those of an HTTP event."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    if headers:
        event["headers"] |= headers
    return event


def body_of(answer: dict[str, Any]) -> Any:
    """The JSON body of an HTTP answer, as API Gateway would hand it to the caller."""
    text = answer["body"]
    return json.loads(base64.b64decode(text) if answer["isBase64Encoded"] else text)


class KeyServer:
    """Serves an issuer's JWKS document over HTTP, and counts how often it is asked."""

    def __init__(self, issuer: Issuer) -> None:
        outer = self
        self.asked = 0

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked += 1
                content = json.dumps(issuer.key_set()).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/.well-known/jwks.json"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Environment:
    """One execution environment of a service. ``log`` is what it wrote to standard error."""

    def __init__(
        self, service: str, database: TestDatabase, issuer: Issuer, keys_url: str, log: Path
    ) -> None:
        self.service = service
        self._log = log
        self._settings = {
            f"INDUCT_{service.upper()}_DATABASE_URL": database.url(f"induct_{service}"),
            "INDUCT_ISSUER": issuer.url,
            "INDUCT_AUDIENCE": issuer.audience,
            "INDUCT_JWKS_URL": keys_url,
            "INDUCT_SEALING_KEY": SEALING_KEY,
        }

    def __enter__(self) -> Self:
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("INDUCT", "AWS"))}
        module = f"services.{self.service}.entrypoint"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.lambda_entries.child", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=inherited | self._settings,
                cwd=EVENTS.parents[1],
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=20)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def invoke(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """What ``handler`` or ``consume`` answers; fails where it raises."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([function, event]) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self.log
        reply = json.loads(line)
        assert "error" not in reply, reply["error"]
        answer: dict[str, Any] = reply["answer"]
        return answer
