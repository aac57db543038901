"""A line between two programs that can be made bad: slow, dripping, silent, half closed, reset.

It listens on loopback and passes every connection on. How it behaves is its ``mode``, and counts
for connections that are open already too.
"""

import asyncio
import contextlib
import random
import socket
import struct
from typing import Final, Literal, Self

Mode = Literal["pass", "delay", "drip", "drop", "half-close", "reset"]
MODES: Final[tuple[Mode, ...]] = ("delay", "drip", "drop", "half-close", "reset")
CHUNK = 65_536
# What is torn is torn somewhere within so many bytes: in a header, a body, an answer.
WITHIN_BYTES = 2_000
_RESET = struct.pack("ii", 1, 0)


class Line:
    """``async with Line(target, seed) as line``: ``line.port`` leads to the port ``target``."""

    def __init__(self, target: int, seed: str, port: int = 0) -> None:
        self.target = target
        self.port = port
        self.mode: Mode = "pass"
        self.harmed: dict[str, int] = {}
        self._chance = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def hang_up(self) -> None:
        """Cut what is open: the far end of a silent connection would be waited for otherwise."""
        for task in tuple(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            far, forth = await asyncio.open_connection("127.0.0.1", self.target)
        except (OSError, asyncio.CancelledError):
            _reset(back)
            self._open.discard(task)
            return
        ways = [
            asyncio.ensure_future(self._pass(near, forth)),
            asyncio.ensure_future(self._pass(far, back)),
        ]
        try:
            await asyncio.gather(*ways)
        except (OSError, asyncio.CancelledError, _Torn):
            pass
        finally:
            for way in ways:
                way.cancel()
            for end in (forth, back):
                with contextlib.suppress(Exception):
                    end.close()
            self._open.discard(task)

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        silent = False
        while data := await source.read(CHUNK):
            # A network that loses something brings nothing behind it either: TCP sees to that.
            silent = silent or (self.mode == "drop" and self._chance.random() < 0.3)
            if silent:
                self._count("drop")
            else:
                await self._carry(data, sink)
        if silent:
            return
        with contextlib.suppress(OSError):
            sink.write_eof()

    async def _carry(self, data: bytes, sink: asyncio.StreamWriter) -> None:
        mode = self.mode
        if mode not in {"pass", "drop"}:
            self._count(mode)
        if mode == "delay":
            await asyncio.sleep(self._chance.uniform(0.02, 0.4))
        if mode == "drip":
            data = await self._drip(data, sink)
        if mode in {"half-close", "reset"} and self._chance.random() < 0.3:
            sink.write(data[: self._chance.randrange(min(len(data), WITHIN_BYTES) + 1)])
            await sink.drain()
            if mode == "half-close":
                sink.write_eof()
                await asyncio.sleep(0.05)
            else:
                _reset(sink)
            raise _Torn
        sink.write(data)
        await sink.drain()

    def _count(self, mode: str) -> None:
        self.harmed[mode] = self.harmed.get(mode, 0) + 1

    async def _drip(self, data: bytes, sink: asyncio.StreamWriter) -> bytes:
        """A few bytes at a time; the rest, when that was slow enough, at once."""
        for _ in range(10):
            sink.write(data[:7])
            await sink.drain()
            data = data[7:]
            await asyncio.sleep(0.02)
        return data


class _Torn(Exception):
    """The connection was torn on purpose."""


def _reset(end: asyncio.StreamWriter) -> None:
    """Closed with RST and not FIN: what was under way is lost on both sides."""
    line = end.get_extra_info("socket")
    if isinstance(line, asyncio.trsock.TransportSocket):
        with contextlib.suppress(OSError):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    end.transport.abort()
