"""A receiver whose answers a test chooses: well-behaved, slow, huge, hanging."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Received:
    """One request: path, headers by lower-case name, and the exact bytes."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers 204 unless ``behaviours`` holds others, taken one a request, the last for good."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.behaviours: list[Behaviour] = [answer(204)]
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.received.append(Received(self.path, headers, body))
                behaviours = outer.behaviours
                behave = behaviours.pop(0) if len(behaviours) > 1 else behaviours[0]
                self.close_connection = True
                with contextlib.suppress(OSError):  # the sender hung up, as it should
                    behave(self)

            def do_GET(self) -> None:
                outer.received.append(Received(self.path, {}, b""))
                answer(204)(self)

            def log_message(self, *_arguments: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/desk?from=induct"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answer(status: int, body: bytes = b"", **headers: str) -> Behaviour:
    """Answer at once; header names are written with underscores."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        if status != 204:
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if status != 204:
            request.wfile.write(body)

    return behave


def hang(receiver: Receiver) -> Behaviour:
    """Say nothing until the test ends."""

    def behave(_request: BaseHTTPRequestHandler) -> None:
        receiver.released.wait(30)

    return behave


def drip(receiver: Receiver, *, headers_first: bool) -> Behaviour:
    """Send one byte at a time, for longer than any deadline: of the headers, or of a body."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        if headers_first:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        else:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Drip: ")
        for _ in range(500):
            if receiver.released.wait(0.02):
                break
            request.wfile.write(b"a")

    return behave


def flood(receiver: Receiver, status: int) -> Behaviour:
    """A body of 160 MB, as fast as it is taken."""

    def behave(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(f"HTTP/1.1 {status} X\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        for _ in range(10_000):
            if receiver.released.is_set():
                break
            request.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")

    return behave
