"""What is told of a report that was sent and not accepted: rejected at once, unanswered in time.

Pure; the rows are data (``answer_windows.toml``). Nothing here moves a due date: a report that was
rejected or not answered leaves its obligations on their Day 0.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final, Literal

from services.safety.domain.ladder import Step

AtOnce = Literal["rejected", "conflict"]
_FILE: Final = "answer_windows.toml"


@dataclass(frozen=True)
class Sent:
    """A report that was handed off at ``sent_at``, or sealed then and not yet taken by a gateway
    (``channel`` sealed). ``ordinal`` counts the case's reports, or its messages, in the order of
    recording: the same rung of another one is another step."""

    authority: str
    channel: str
    sent_at: datetime
    ordinal: int


def at_once(kind: AtOnce, ordinal: int, at: datetime) -> Step:
    """The step that an answer is, received ``at``."""
    return Step(f"{kind}/{ordinal}", at, tuple(_rows()["at_once"][kind]["roles"]))


def unanswered_steps(sent: Sent, now: datetime, taken: frozenset[str]) -> tuple[Step, ...]:
    """The steps of a report without an answer that are due by ``now`` and were not taken yet."""
    found = (
        Step(
            f"{rung['id']}/{sent.ordinal}",
            sent.sent_at + timedelta(hours=rung["hours"]),
            tuple(rung["roles"]),
        )
        for rung in _window(sent)["rungs"]
    )
    return tuple(step for step in found if step.at <= now and step.id not in taken)


def _window(sent: Sent) -> Mapping[str, Any]:
    for row in _rows()["windows"]:
        if row.get("authority", sent.authority) != sent.authority:
            continue
        if sent.channel in row.get("channels", [sent.channel]):
            found: Mapping[str, Any] = row
            return found
    raise AssertionError("the last window fits every report")


@cache
def _rows() -> Mapping[str, Any]:
    text = resources.files("services.safety.domain").joinpath(_FILE).read_text("utf-8")
    return tomllib.loads(text)
