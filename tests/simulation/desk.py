"""A safety desk's receiver with moods: it keeps what it got, and what it answered."""

import asyncio
import contextlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Self

from infra.demo.receiver import challenge_in

# Steady answers; moody does anything but 410; leaving says 410 to one notice in a while.
MOODS: Final = (
    "ok", "ok", "ok", "500", "429", "hang", "cut", "redirect", "drip", "unanswered",
)  # fmt: skip
LEAVES: Final = 0.05
HANG_SECONDS = 2


class Desk:
    """Listens on one port; the first word of the path says whose it is: steady, moody, leaving."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._server: asyncio.Server | None = None
        self._chance = random.Random(0)
        self._log: Path | None = None
        self._busy: set[asyncio.Task[None]] = set()
        self.unruly = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in tuple(self._busy):
            task.cancel()
        await asyncio.gather(*self._busy, return_exceptions=True)

    def begin(self, seed: int, log: Path, *, unruly: bool) -> None:
        """Write down what comes; while ``unruly``, misbehave by a seed."""
        self._chance, self._log, self.unruly = random.Random(f"desk {seed}"), log, unruly

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._busy.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = {
                name.strip().lower(): value.strip()
                for name, _, value in (line.partition(":") for line in lines if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            await self._answer(first.split(" ")[1].strip("/"), headers, body, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            with contextlib.suppress(Exception):
                writer.close()
            self._busy.discard(task)

    async def _answer(
        self, path: str, headers: Mapping[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        mood = self._mood(path)
        self._note(path, headers, body, mood)
        value = challenge_in(body)
        told = b"" if value is None else json.dumps({"challenge": value}).encode()
        status = {"500": 500, "429": 429, "redirect": 302, "410": 410}.get(mood, 200)
        more = {"429": "Retry-After: 1\r\n", "redirect": f"Location: {self.url('trap')}\r\n"}
        text = f"HTTP/1.1 {status} X\r\n{more.get(mood, '')}Content-Length: {len(told)}\r\n\r\n"
        if mood == "hang":
            await asyncio.sleep(HANG_SECONDS)
        elif mood == "unanswered":
            return
        elif mood == "cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-")
        elif mood == "drip":
            for byte in text.encode()[:12]:
                writer.write(bytes((byte,)))
                await writer.drain()
                await asyncio.sleep(0.1)
        else:
            writer.write(text.encode() + told)
        await writer.drain()

    def _mood(self, path: str) -> str:
        if not self.unruly or path.startswith("steady"):
            return "ok"
        if path.startswith("leaving"):
            return "410" if self._chance.random() < LEAVES else "ok"
        return self._chance.choice(MOODS)

    def _note(self, path: str, headers: Mapping[str, str], body: bytes, mood: str) -> None:
        if self._log is None:
            return
        line = {
            "path": path, "mood": mood, "body": body.decode(),
            "headers": {k: v for k, v in headers.items() if k.startswith("webhook-")},
        }  # fmt: skip
        with self._log.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")
