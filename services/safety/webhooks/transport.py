"""One attempt to post a message: to a vetted address, without redirects, within a deadline."""

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import socket
from typing import Literal, Protocol, cast

from services.safety.webhooks.addresses import AddressRefused, Target, literal, read_url, vet
from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.streams import (
    BoundedSocket,
    Deadline,
    Resolver,
    connect,
    resolve_within,
    secure,
    system_resolver,
)

DEADLINE_SECONDS = 15.0
KEPT_BYTES = 2048
# Status line, headers and what is kept of the body; the rest of an endless answer stays unread.
READ_BYTES = 65536

Failure = Literal[
    "address-refused", "name-unresolved", "timeout", "tls", "connection", "protocol",
    "redirect", "status", "challenge-unanswered", "secret-unreadable", "internal",
]  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """What came of an attempt. ``failure`` is None for a 2xx answer; ``head`` is what is kept of
    the body; ``retry_after`` the header as sent; ``sent`` the request byte for byte, as far as it
    was written, to ``address``."""

    status: int | None
    failure: Failure | None
    head: str | None = None
    retry_after: str | None = None
    sent: bytes = b""
    address: str | None = None


@dataclass
class _Transcript:
    """Filled as it goes: an attempt that breaks off has sent something all the same."""

    sent: bytearray = field(default_factory=bytearray)
    address: str | None = None


class Transport(Protocol):
    """Posts a body to a URL. Never raises for what the other side does."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply: ...


class SafeTransport:
    """The transport that sends, to ``hosts`` only. ``sandbox`` lets it send to this machine too.

    The name is resolved once and every address vetted; the connection is made to a vetted address,
    with Host and SNI of the name. Proxies of the environment are not used.
    """

    def __init__(
        self,
        *,
        sandbox: bool,
        hosts: HostList | None = None,
        resolve: Resolver = system_resolver,
        deadline_seconds: float = DEADLINE_SECONDS,
        tls: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sandbox = sandbox
        self._hosts = hosts or HostList()
        self._resolve = resolve
        self._seconds = deadline_seconds
        self._tls = tls
        self._monotonic = monotonic

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        deadline = Deadline(self._monotonic, self._seconds)
        told = _Transcript()
        try:
            target = read_url(url, sandbox=self._sandbox)
            self._hosts.check(target, sandbox=self._sandbox)
            with closing(self._open(target, deadline)) as line:
                told.address = str(line.getpeername()[0])
                reply = _exchange(line, target, headers, body, deadline, told.sent)
        except (AddressRefused, HTTPException, OSError, ValueError) as error:
            reply = Reply(None, _failure(error))
        return replace(reply, sent=bytes(told.sent), address=told.address)

    def _open(self, target: Target, deadline: Deadline) -> socket:
        addresses = vet(target, self._addresses(target, deadline), sandbox=self._sandbox)
        line = connect(addresses, target.port, deadline)
        if target.scheme == "http":
            return line
        try:
            return secure(line, self._context(), target.host, deadline)
        except BaseException:
            line.close()
            raise

    def _context(self) -> ssl.SSLContext:
        # Reading the authorities' certificates takes longer than most messages: once is enough.
        if self._tls is None:
            self._tls = ssl.create_default_context()
        return self._tls

    def _addresses(self, target: Target, deadline: Deadline) -> Sequence[str]:
        if literal(target.host) is not None:
            return [target.host]
        try:
            left = deadline.remaining()
            return resolve_within(self._resolve, target.host, target.port, left)
        except TimeoutError:
            raise
        except OSError:
            raise NameUnresolved from None


class NameUnresolved(ValueError):
    """The host's name has no address."""


def _failure(error: Exception) -> Failure:
    kinds: tuple[tuple[type[Exception], Failure], ...] = (
        (AddressRefused, "address-refused"),
        (NameUnresolved, "name-unresolved"),
        (TimeoutError, "timeout"),
        (ssl.SSLError, "tls"),
        (HTTPException, "protocol"),
        (OSError, "connection"),
    )
    return next((failure for kind, failure in kinds if isinstance(error, kind)), "protocol")


def _exchange(
    line: socket,
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    deadline: Deadline,
    sent: bytearray,
) -> Reply:
    client = HTTPConnection(target.host, target.port)
    client.sock = cast("socket", BoundedSocket(line, deadline, READ_BYTES, sent))
    # Sent with the connection made already, so the client neither resolves nor connects.
    client.request("POST", target.path, body, {**headers, "Host": target.authority})
    response = client.getresponse()
    return Reply(
        status=response.status,
        failure=_judge(response.status),
        head=_head(response),
        retry_after=response.getheader("Retry-After"),
    )


def _judge(status: int) -> Failure | None:
    if 200 <= status < 300:
        return None
    return "redirect" if 300 <= status < 400 else "status"


def _head(response: HTTPResponse) -> str:
    """The first bytes of the body, as text that Postgres can keep.

    The status has come already: a body that drips, breaks off or never ends changes nothing.
    """
    kept = b""
    try:
        while len(kept) < KEPT_BYTES:
            part = response.read1(KEPT_BYTES - len(kept))
            if not part:
                break
            kept += part
    except (OSError, HTTPException, ValueError):
        pass
    return kept.decode("utf-8", "replace").replace("\x00", "\ufffd")
