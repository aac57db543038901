"""Cases that may be of one event. Suspected only: a person decides, the machine merges nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from services.safety.domain.case import Report

DAYS_APART: Final = 3
"""Onsets so many days apart may be of one event (our own choice)."""


@dataclass(frozen=True)
class Known:
    """A case of the same subject."""

    case_number: str
    report: Report


@dataclass(frozen=True)
class Suspect:
    """A case that may be of the same event, and what speaks for it."""

    case_number: str
    event_term: str | None
    onset_on: date | None
    reasons: tuple[str, ...]


def suspects(report: Report, others: Iterable[Known]) -> tuple[Suspect, ...]:
    """Which of the subject's other cases may be duplicates, most reasons first."""
    found = [
        Suspect(other.case_number, other.report.event_term, other.report.onset_on, reasons)
        for other in others
        if (reasons := _reasons(report, other.report))
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.reasons), each.case_number)))


def _reasons(one: Report, other: Report) -> tuple[str, ...]:
    reasons = []
    terms = {_plain(event.term) for event in one.events if event.term}
    if terms & {_plain(event.term) for event in other.events if event.term}:
        reasons.append("same-term")
    onsets = [event.onset_on for event in one.events if event.onset_on]
    theirs = [event.onset_on for event in other.events if event.onset_on]
    if any(abs((a - b).days) <= DAYS_APART for a in onsets for b in theirs):
        reasons.append("onset-within-3-days")
    return tuple(reasons)


def _plain(term: str | None) -> str:
    return " ".join((term or "").casefold().split())
