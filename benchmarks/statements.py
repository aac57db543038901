"""The statements that the allocation endpoint sends, as a pgbench script.

They are overheard, not copied: requests go through the real endpoint while the engine tells what
it sends, so that the script cannot drift from the code.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

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
    return as_script(first, second, (FIRST, FIRST + 1))


def as_script(first: Sequence[Sent], second: Sequence[Sent], numbers: tuple[int, int]) -> Script:
    """The script of two recordings that differ by the child.

    A value that is the same in both is a constant. One that differs becomes a template with the
    child's number in it. What the database made up (an event's id) is taken from its answer.
    """
    if [text for text, _ in first] != [text for text, _ in second]:
        raise InvalidRun("two allocations did not send the same statements")
    variables: dict[str, str] = {}
    lines = ["\\set n :base + :client_id * :share + :i", "\\set i :i + 1"]
    for index, ((text, values), (_, others)) in enumerate(zip(first, second, strict=True)):
        spelled = {
            name: _spell(f"v{index}_{name}", value, others[name], numbers, variables)
            for name, value in values.items()
        }
        lines.append(_PARAMETER.sub(lambda found, s=spelled: s[found[1]], text) + _ending(text))
    return Script("\n".join(lines) + "\n", variables)


def _spell(
    name: str, value: Any, other: Any, numbers: tuple[int, int], variables: dict[str, str]
) -> str:
    """How the script names a value; its constant part is added to ``variables``."""
    if type(value).__name__ == "UUID":
        return ":event_id"
    if isinstance(value, int) and value != other:
        return ":n"
    if value == "" == other:
        return "''"  # pgbench takes no empty value on its command line
    if value == other or isinstance(value, datetime):
        variables[name] = str(value)
        return f":{name}"
    variables[name] = _template(str(value), str(other), numbers)
    return f"replace(:{name}, '{MARK}', CAST(:n AS text))"


def _template(value: str, other: str, numbers: tuple[int, int]) -> str:
    template = value.replace(str(numbers[0]), MARK)
    if template == value:  # a hash or a random id: as long, and as different for every child
        return value[:-6] + MARK
    return template


def _ending(text: str) -> str:
    """Answers that the endpoint reads and sends on are read by pgbench too."""
    return "\n\\gset" if "AS event_id" in text else ";"


async def _ask_twice(database: Database, folder: Path, stratum: str) -> tuple[list[Sent], list[Sent]]:
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


def _listen(engine: Engine, sent: list[Sent]) -> Any:
    def begin(_connection: Any) -> None:
        sent.append(("BEGIN", {}))

    def commit(_connection: Any) -> None:
        sent.append(("COMMIT", {}))

    def execute(_c: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement.strip(), dict(values)))

    listeners = {"begin": begin, "commit": commit, "before_cursor_execute": execute}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)

    def stop() -> None:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)

    return stop
