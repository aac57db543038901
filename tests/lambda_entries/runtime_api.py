"""The Runtime API of AWS Lambda, as far as a runtime speaks to it: events out, answers in.

Source: AWS Lambda developer guide, "Using the Lambda runtime API" (version 2018-06-01).
"""

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_VERSION = "/2018-06-01/runtime"
_INVOCATION = f"{_VERSION}/invocation/"
ARN = "arn:aws:lambda:eu-central-1:000000000000:function:induct"


class FunctionError(Exception):
    """The function raised, or could not be loaded; the text is what the runtime reported."""


class RuntimeApi:
    """Hands events to one runtime, one after another, and takes its answers."""

    def __init__(self, timeout: int) -> None:
        self._timeout = timeout
        self._events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self._answers: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._count = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._events.put(None)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def invoke(self, event: Any, patience: float) -> Any:
        """What the function answers. Raises ``FunctionError``, or ``queue.Empty`` in the end."""
        self._count += 1
        self._events.put((f"request-{self._count}", json.dumps(event).encode()))
        kind, content = self._answers.get(timeout=patience)
        told = json.loads(content)
        if kind != "response":
            raise FunctionError(f"{told['errorType']}: {told['errorMessage']}")
        return told

    def _next(self) -> tuple[dict[str, str], bytes] | None:
        waiting = self._events.get()
        if waiting is None:
            return None
        request, event = waiting
        deadline = time.time_ns() // 1_000_000 + self._timeout * 1000
        return {
            "Lambda-Runtime-Aws-Request-Id": request,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
            "Content-Type": "application/json",
        }, event

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Buffered, so that head and body leave together: two small packets would wait for each
            # other (Nagle's algorithm against delayed acknowledgements).
            wbufsize = -1

            def do_GET(self) -> None:
                found = api._next() if self.path == f"{_INVOCATION}next" else None
                if found is None:
                    self._answer(410, {}, b"")
                    return
                self._answer(200, *found)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(202, {}, b'{"status":"OK"}')
                api._answers.put((self.path.rpartition("/")[2], content))

            def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
                self.send_response(status)
                for name, value in (headers | {"Content-Length": str(len(content))}).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)
                self.wfile.flush()

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler
