"""The bad line does what it says: in each mode a caller meets just that."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.simulation.proxy import Line, Mode

SAID = b"a question of some length, " * 20


async def over_line(mode: Mode, meet: Callable[[int, Line], Awaitable[None]]) -> None:
    """Somebody who sends everything back, and a line to them that is bad from the first."""

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with Line(server.sockets[0].getsockname()[1], "1") as line:
        line.mode = mode
        await meet(line.port, line)
    server.close()


async def ask(port: int) -> bytes:
    """What comes back of what was said, until all came or the line ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(SAID)
        got = b""
        while len(got) < len(SAID) and (part := await reader.read(65_536)):
            got += part
        return got
    finally:
        writer.close()


@pytest.mark.parametrize("mode", ["pass", "delay", "drip"])
def test_a_slow_line_brings_everything(mode: Mode) -> None:
    async def meet(port: int, line: Line) -> None:
        assert await ask(port) == SAID
        assert (line.harmed.get(mode, 0) > 0) == (mode != "pass")

    asyncio.run(over_line(mode, meet))


@pytest.mark.parametrize(("mode", "ends"), [("half-close", b""), ("reset", ConnectionResetError)])
def test_a_torn_line_ends_before_everything_came(mode: Mode, ends: object) -> None:
    async def meet(port: int, _line: Line) -> None:
        met = []
        for _ in range(30):
            try:
                met.append(await ask(port))
            except ConnectionResetError as error:
                met.append(type(error))
        assert SAID in met
        if mode == "reset":
            assert ends in met
        else:
            assert any(part != SAID and SAID.startswith(part) for part in met)
            assert ConnectionResetError not in met

    asyncio.run(over_line(mode, meet))


def test_a_silent_line_says_nothing_and_does_not_end_until_it_is_hung_up() -> None:
    async def meet(port: int, line: Line) -> None:
        asking = [asyncio.create_task(ask(port)) for _ in range(20)]
        done, silent = await asyncio.wait(asking, timeout=0.5)
        assert done
        assert silent
        await line.hang_up()
        for each in await asyncio.gather(*silent, return_exceptions=True):
            assert isinstance(each, ConnectionResetError) or each != SAID

    asyncio.run(over_line("drop", meet))
