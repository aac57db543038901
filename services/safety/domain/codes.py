"""MedDRA codes of a case's events. A code is of the term that the event had when it was coded: it
is void once the event is called otherwise, until a person codes it again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.safety.domain.case import Report
from services.safety.domain.facts import Fact


@dataclass(frozen=True)
class Kept:
    """A version of the case, and when it was recorded."""

    recorded_at: datetime
    report: Report


@dataclass(frozen=True)
class Code:
    """The lowest level term that an event was coded as; ``void`` says why it counts no more."""

    event: str
    code: str
    version: str
    name: str
    void: str | None


def codes(facts: Iterable[Fact], versions: Sequence[Kept]) -> dict[str, Code]:
    """The newest code of each event. ``facts`` stand; ``versions`` first to last."""
    found = {}
    for fact in facts:
        if fact.kind == "coding":
            event = fact.value["event"]
            found[event] = Code(
                event=event,
                code=fact.value["code"],
                version=fact.value["version"],
                name=fact.value["name"],
                void=_void(event, fact.recorded_at, versions),
            )
    return found


def _void(event: str, coded_at: datetime, versions: Sequence[Kept]) -> str | None:
    before = [each.report for each in versions if each.recorded_at <= coded_at]
    then, now = _term(before[-1:], event), _term([each.report for each in versions[-1:]], event)
    if _plain(then) == _plain(now):
        return None
    if then is None:
        return "The event had no term when it was coded."
    return f"The event was called {then} when it was coded."


def _term(reports: Sequence[Report], event: str) -> str | None:
    return next((e.term for each in reports for e in each.events if e.number == event), None)


def _plain(term: str | None) -> str:
    return " ".join((term or "").casefold().split())
