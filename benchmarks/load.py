"""The load, from a process of its own: ``python -m benchmarks.load``.

A job comes as one line of JSON, the answer goes out as one. Requests are made and signed before the
clock starts (a signature lives for five minutes, no run lasts as long); each connection stays open
and sends its next request as soon as it has its answer.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.outcome import Outcome
from benchmarks.people import People
from benchmarks.processes import Python
from benchmarks.trial import FIRST, STRATA, STUDY, allocation_request


@dataclass(frozen=True)
class Load:
    """``clients`` connections ask for the allocations of children in turn. ``folder`` holds the key
    of those who ask and sign."""

    port: int
    folder: str
    clients: int
    warm_up: int
    count: int
    strata: int
    seconds: float


def run(python: Python, load: Load) -> Outcome:
    """Put the load on a server, from another process."""
    job = json.dumps(asdict(load))
    answer = python.answer("-m", "benchmarks.load", given=job, seconds=load.seconds * 2 + 20)
    return Outcome(**json.loads(answer))


def requests(load: Load) -> list[bytes]:
    """The requests as they go over the wire."""
    people = People(Path(load.folder))
    token = people.token("coordinator")
    labels = list(STRATA)[: load.strata]
    made = []
    for n in range(FIRST, FIRST + load.warm_up + load.count):
        asked = allocation_request(n, labels[n % len(labels)])
        body = json.dumps(asked).encode()
        head = (
            f"POST /randomization/v1/studies/{STUDY}/allocations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\nIdempotency-Key: allocate-{n}\r\n"
            f"Induct-Signature: {people.request_signature(asked)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


class Connection(asyncio.Protocol):
    """Sends the queue's requests one after another."""

    def __init__(self) -> None:
        self._queue: Iterator[bytes] = iter(())
        self._buffer = b""
        self._sent = 0.0
        self._done: asyncio.Future[None] | None = None
        self.latencies: list[float] = []
        self.refused = 0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    async def work(self, queue: Iterator[bytes]) -> None:
        self._queue, self.latencies = queue, []
        self._done = asyncio.get_running_loop().create_future()
        self._next()
        await self._done

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        self.latencies.append(time.perf_counter() - self._sent)
        self.refused += not head.startswith(b"HTTP/1.1 201")
        self._buffer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if self._done is not None and not self._done.done():
            self._done.set_exception(error or ConnectionError("the server closed the connection"))

    def _next(self) -> None:
        request = next(self._queue, None)
        if request is None:
            assert self._done is not None
            self._done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(request)


def _length(head: bytes) -> int:
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    return int(lower[start:].split(b"\r\n", 1)[0])


async def _put(load: Load) -> Outcome:
    loop = asyncio.get_running_loop()
    made = requests(load)
    connections = [
        (await loop.create_connection(Connection, "127.0.0.1", load.port))[1]
        for _ in range(load.clients)
    ]
    warm, measured = iter(made[: load.warm_up]), iter(made[load.warm_up :])
    async with asyncio.timeout(load.seconds):
        await asyncio.gather(*(connection.work(warm) for connection in connections))
        started = time.perf_counter()
        await asyncio.gather(*(connection.work(measured) for connection in connections))
        seconds = time.perf_counter() - started
    latencies = [latency for connection in connections for latency in connection.latencies]
    return Outcome(seconds, latencies, sum(connection.refused for connection in connections))


def _main() -> None:
    import uvloop

    load = Load(**json.loads(sys.stdin.read()))
    print(json.dumps(asdict(uvloop.run(_put(load)))))


if __name__ == "__main__":
    _main()
