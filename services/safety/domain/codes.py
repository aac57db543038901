"""MedDRA codes of a case's events. A code is of the term that the event had when it was coded: it
is void once the event is called otherwise, until a person codes it again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.safety.domain.case import Report
from services.safety.domain.facts import Fact, known


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


def code_in_force(facts: Sequence[Fact], event: str, now: datetime) -> Mapping[str, Any] | None:
    """The newest code of an event by all its ``facts``; None where it has none, or is called
    otherwise now."""
    standing = known(facts, now)
    coded = [f for f in standing if f.kind == "coding" and f.value["event"] == event]
    if not coded:
        return None
    then = _called(known(facts, coded[-1].recorded_at), event)
    return coded[-1].value if _plain(then) == _plain(_called(standing, event)) else None


def _called(facts: Iterable[Fact], event: str) -> str | None:
    terms = [
        f.value["term"] for f in facts if f.kind == "description" and f.value["event"] == event
    ]
    return terms[-1] if terms else None


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
