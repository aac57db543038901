"""The statements that the allocation endpoint sends, as a pgbench script.

They are overheard, not copied: requests go through the real endpoint while the engine tells what
it sends, so that the script cannot drift from the code.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from benchmarks.inside import inside
from benchmarks.outcome import InvalidRun
from benchmarks.trial import FIRST, allocation_request
from benchmarks.world import LOGIN, Database
from shared.database import flight

# Where the child's number goes in a template. No value sent holds this character.
MARK = "~"
_PARAMETER = re.compile(r"%\((\w+)\)s")
# The one answer that later statements cannot do without: the position of the slot taken.
_TAKES = "randomization.take_slot("
_TAKEN = "taken_"

Sent = tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Script:
    """A pgbench script and the values of its variables, which go on the command line."""

    text: str
    variables: Mapping[str, str]


def overhear(database: Database, folder: Path, stratum: str, place: int) -> Script:
    """The script of an allocation in that stratum, from the requests of two children.

    Three children are allocated by it: those after the first three times ``place``.
    """
    first = FIRST + 3 * place
    return as_script(*asyncio.run(_ask_twice(database, folder, stratum, first)), first)


def as_script(first: Sequence[Sent], second: Sequence[Sent], number: int) -> Script:
    """The script of two recordings that differ by the child; ``number`` is the first one's.

    A value that is the same in both is a constant. One that differs becomes a template with the
    child's number in it. The position of the slot is taken from the database's answer; what the
    app reads in the slot is the first recording's.
    """
    if [text for text, _ in first] != [text for text, _ in second]:
        raise InvalidRun("two allocations did not send the same statements")
    variables: dict[str, str] = {}
    lines = ["\\set n :base + :client_id * :share + :i", "\\set i :i + 1"]
    for index, ((text, values), (_, others)) in enumerate(zip(first, second, strict=True)):
        spelled = {}
        for name, value in values.items():
            own = f"v{index}_{name}"
            spelled[name], constant = _spell(own, value, others[name], number)
            if constant is not None:
                variables[own] = constant
        line = _PARAMETER.sub(partial(_spelling, spelled), text).replace("%%", "%")
        lines.append(line + (f"\n\\gset {_TAKEN}" if _TAKES in text else ";"))
    return Script("\n".join(lines) + "\n", variables)


def _spelling(spelled: Mapping[str, str], found: re.Match[str]) -> str:
    return spelled[found[1]]


def _spell(name: str, value: Any, other: Any, number: int) -> tuple[str, str | None]:
    """How the script says a value, and the value of the variable ``name`` where it needs one."""
    if value is None or value == "":  # the command line of pgbench can carry neither
        return "NULL" if value is None else "''", None
    if name.endswith("_position"):
        return f":{_TAKEN}position", None
    if isinstance(value, int) and value != other:
        return ":n", None
    if value == other or isinstance(value, datetime):
        return f":{name}", _text(value)
    return f"replace(:{name}, '{MARK}', CAST(:n AS text))", _template(_text(value), number)


def _text(value: Any) -> str:
    """A value as Postgres reads it; a list's items are quoted as JSON quotes them."""
    if not isinstance(value, list):
        return str(value)
    return "{" + ",".join(json.dumps(str(item), ensure_ascii=False) for item in value) + "}"


def _template(value: str, number: int) -> str:
    """The value with a mark where the child's number is.

    A hash or a random id shows none; it gets one, so that it is as long and as different for
    every child. A JSON object without the number stays as it is: it need not differ.
    """
    if MARK in value:
        raise InvalidRun(f"a value sent holds {MARK!r}, which marks the place of a number")
    template = value.replace(str(number), MARK)
    if template != value or value.startswith("{"):
        return template
    return value[: -len(str(number))] + MARK


async def _ask_twice(
    database: Database, folder: Path, stratum: str, first: int
) -> tuple[list[Sent], list[Sent]]:
    recordings = []
    async with inside(database.url(LOGIN), folder) as app:
        for number in (first + 2, first, first + 1):  # the first fills caches and is forgotten
            sent: list[Sent] = []
            body = allocation_request(number, stratum)
            signature = app.people.request_signature(body)
            stop = _listen(app.engine, sent)
            await app.post(
                "/allocations", body,
                role="coordinator", key=f"allocate-{number}", signature=signature,
            )  # fmt: skip
            stop()
            recordings.append(sent)
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
    fly = flight.fly

    def heard(
        connection: Connection, statements: Sequence[flight.Statement], *, commit: bool = False
    ) -> list[flight.Rows]:
        sent.extend((flight.spelling(one).strip(), dict(values)) for one, values in statements)
        return fly(connection, statements, commit=commit)  # the engine tells of the commit too

    flight.fly = heard

    def stop() -> None:
        flight.fly = fly
        for name, listener in listeners.items():
            event.remove(engine, name, listener)

    return stop
