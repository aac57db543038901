"""A connection under one total deadline, whatever the other side does or does not do."""

import io
import socket
import ssl
import threading
from collections.abc import Callable, Sequence

from services.safety.webhooks.addresses import Address

Resolver = Callable[[str, int], Sequence[str]]


class Deadline:
    """So many seconds for everything together; ``monotonic`` is a clock that never steps back."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left. Raises ``TimeoutError`` where there are none."""
        left = self._end - self._monotonic()
        if left <= 0:
            raise TimeoutError("the deadline is over")
        return left


def system_resolver(host: str, port: int) -> Sequence[str]:
    """All addresses of a name. Raises ``OSError`` where it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted({str(entry[4][0]) for entry in found})


def resolve_within(resolve: Resolver, host: str, port: int, seconds: float) -> Sequence[str]:
    """As ``resolve``, but for so long only: the system's resolver knows no deadline of ours.

    Raises ``OSError`` where the name does not resolve, ``TimeoutError`` where that takes too long.
    """
    answers: list[Sequence[str]] = []

    def ask() -> None:
        try:
            answers.append(resolve(host, port))
        except (OSError, UnicodeError):
            answers.append(())

    thread = threading.Thread(target=ask, name="webhook-resolver", daemon=True)
    thread.start()
    thread.join(seconds)
    if not answers:
        raise TimeoutError("the name was not resolved in time")
    if not answers[0]:
        raise OSError("the name does not resolve")
    return answers[0]


def connect(addresses: Sequence[Address], port: int, deadline: Deadline) -> socket.socket:
    """A TCP connection to the first of these addresses that takes one. Raises ``OSError``.

    The time that is left is shared between them: one that swallows what is sent to it must not
    keep the others from being tried, at this attempt and at every other.
    """
    failure = OSError("no address")
    for tried, address in enumerate(addresses):
        try:
            share = deadline.remaining() / (len(addresses) - tried)
            line = socket.create_connection((str(address), port), timeout=share)
        except OSError as error:
            failure = error
        else:
            # Headers and body are two writes: the second must not wait for an acknowledgement.
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return line
    raise failure


def secure(
    raw: socket.socket, context: ssl.SSLContext, name: str, deadline: Deadline
) -> ssl.SSLSocket:
    """TLS on the connection, for the name that was asked for (SNI and certificate)."""
    raw.settimeout(deadline.remaining())
    return context.wrap_socket(raw, server_hostname=name)


class BoundedSocket:
    """What ``http.client`` needs of a socket, under the deadline and up to ``limit`` bytes read.

    Beyond the limit it looks as if the other side had closed. ``sent`` gathers what is written.
    """

    def __init__(
        self, sock: socket.socket, deadline: Deadline, limit: int, sent: bytearray
    ) -> None:
        self._sock = sock
        self._deadline = deadline
        self._limit = limit
        self._sent = sent

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._deadline.remaining())
        self._sent += data
        self._sock.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self._sock, self._deadline, self._limit))

    def close(self) -> None:
        """Does nothing: who opened the socket closes it, after the answer was read."""


class _Incoming(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: Deadline, limit: int) -> None:
        self._sock = sock
        self._deadline = deadline
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._left <= 0:
            return 0
        self._sock.settimeout(self._deadline.remaining())
        count = self._sock.recv_into(buffer, min(len(buffer), self._left))
        self._left -= count
        return count
