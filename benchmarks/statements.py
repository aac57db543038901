"""The statements that the allocation endpoint sends, as a pgbench script.

They are overheard, not copied: requests go through the real endpoint while the engine tells what
it sends, so that the script cannot drift from the code.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Engine, event

from benchmarks.application import app_on, token
from benchmarks.world import FIRST, STUDY, Database, InvalidRun, allocation_request
from shared.database.engine import cooperative_engine

# Where the child's number goes in a template. No value sent holds this character.
MARK = "~"
_PARAMETER = re.compile(r"%\((\w+)\)s")

Sent = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Script:
    """A pgbench script and the values of its variables, which go on the command line."""

    text: str
    variables: Mapping[str, str]


def overhear(database: Database, folder: Path, stratum: str) -> Script:
    """The script of an allocation in that stratum, from the requests of two children.

    The database is spent by it: two children are allocated.
    """
    first, second = asyncio.run(_ask_twice(database, folder, stratum))
    return as_script(first, second, FIRST)


def as_script(first: Sequence[Sent], second: Sequence[Sent], number: int) -> Script:
    """The script of two recordings that differ by the child; ``number`` is the first one's.

    A value that is the same in both is a constant. One that differs becomes a template with the
    child's number in it. What the database made up (an event's id) is taken from its answer.
    """
    if [text for text, _ in first] != [text for text, _ in second]:
        raise InvalidRun("two allocations did not send the same statements")
    variables: dict[str, str] = {}
    lines = ["\\set n :base + :client_id * :share + :i", "\\set i :i + 1"]
    sends_id = any(isinstance(value, UUID) for _, values in first for value in values.values())
    for index, ((text, values), (_, others)) in enumerate(zip(first, second, strict=True)):
        spelled = {}
        for name, value in values.items():
            own = f"v{index}_{name}"
            spelled[name], constant = _spell(own, value, others[name], number)
            if constant is not None:
                variables[own] = constant
        line = _PARAMETER.sub(partial(_spelling, spelled), text).replace("%%", "%")
        answers_id = sends_id and "AS event_id" in text
        lines.append(line + ("\n\\gset" if answers_id else ";"))
    return Script("\n".join(lines) + "\n", variables)


def _spelling(spelled: Mapping[str, str], found: re.Match[str]) -> str:
    return spelled[found[1]]


def _spell(name: str, value: Any, other: Any, number: int) -> tuple[str, str | None]:
    """How the script says a value, and the value of the variable ``name`` where it needs one."""
    if isinstance(value, UUID):
        return ":event_id", None
    if isinstance(value, int) and value != other:
        return ":n", None
    if value == "" == other:
        return "''", None  # pgbench takes no empty value on its command line
    if value == other or isinstance(value, datetime):
        return f":{name}", str(value)
    return f"replace(:{name}, '{MARK}', CAST(:n AS text))", _template(str(value), number)


def _template(value: str, number: int) -> str:
    """The value with a mark where the child's number is.

    A hash or a random id shows none; it gets one, so that it is as long and as different for
    every child.
    """
    if MARK in value:
        raise InvalidRun(f"a value sent holds {MARK!r}, which marks the place of a number")
    template = value.replace(str(number), MARK)
    return template if template != value else value[: -len(str(number))] + MARK


async def _ask_twice(
    database: Database, folder: Path, stratum: str
) -> tuple[list[Sent], list[Sent]]:
    engine = cooperative_engine(database.url("induct_randomization"), pool_size=1)
    app = app_on(engine, folder)
    context = app.state.context()
    authorization = f"Bearer {token(folder)}"
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1"
    ) as client:
        recordings = []
        for number in (FIRST + 2, FIRST, FIRST + 1):  # the first fills caches and is forgotten
            sent: list[Sent] = []
            stop = _listen(engine, sent)
            answer = await client.post(
                f"/randomization/v1/studies/{STUDY}/allocations",
                json=allocation_request(number, stratum),
                headers={"Authorization": authorization, "Idempotency-Key": f"allocate-{number}"},
            )
            stop()
            if answer.status_code != 201:
                raise InvalidRun(f"an allocation was refused: {answer.status_code}")
            recordings.append(sent)
    await context.runner.close()
    return recordings[1], recordings[2]


def _listen(engine: Engine, sent: list[Sent]) -> Callable[[], None]:
    def begin(_connection: Any) -> None:
        sent.append(("BEGIN", {}))

    def commit(_connection: Any) -> None:
        sent.append(("COMMIT", {}))

    def execute(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement.strip(), dict(values)))

    listeners: dict[str, Callable[..., None]] = {
        "begin": begin,
        "commit": commit,
        "before_cursor_execute": execute,
    }
    for name, listener in listeners.items():
        event.listen(engine, name, listener)

    def stop() -> None:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)

    return stop
