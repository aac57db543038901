"""Cases that may be of one event. Suspected only: a person decides, the machine merges nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from services.safety.domain.case import Report

DAYS_APART: Final = 3
"""Onsets so many days apart may be of one event (our own choice)."""

Reason = Literal["same-term", "onset-within-3-days", "cited-number"]


@dataclass(frozen=True)
class Known:
    """A case that stands beside another: of the same subject, or one that cites it."""

    case_number: str
    subject: str
    report: Report


@dataclass(frozen=True)
class Suspect:
    """A case that may be of the same event, what is known of it, and what speaks for it."""

    case_number: str
    subject: str
    event_term: str | None
    onset_on: date | None
    received_at: datetime
    products: tuple[str, ...]
    reasons: tuple[Reason, ...]


def suspects(one: Known, others: Iterable[Known], *, cited: bool = True) -> tuple[Suspect, ...]:
    """Which other cases may be duplicates, most reasons first. Unless ``cited``, numbers under
    which others sent the cases are not looked at."""
    found = [
        Suspect(
            other.case_number,
            other.subject,
            other.report.event_term,
            other.report.onset_on,
            other.report.received_at,
            other.report.products,
            reasons,
        )
        for other in others
        if (reasons := tuple(_reasons(one, other, cited=cited)))
    ]
    return tuple(sorted(found, key=lambda each: (-len(each.reasons), each.case_number)))


def cited_numbers(report: Report) -> tuple[str, ...]:
    """The numbers that others gave the case, and what they may hold at their end: a number of this
    system, as in CZ-SPONSOR-TRIAL-0001."""
    whole = [each.identifier for each in report.other_identifiers]
    parts = [one.split("-") for one in whole]
    ends = ["-".join(each[start:]) for each in parts for start in range(1, len(each))]
    return tuple(dict.fromkeys((*whole, *ends)))


def _reasons(one: Known, other: Known, *, cited: bool) -> Iterator[Reason]:
    if one.subject == other.subject:
        yield from _alike(one.report, other.report)
    if not cited:
        return
    numbers = set(one.report.other_identifiers)
    if (
        numbers & set(other.report.other_identifiers)
        or other.case_number in cited_numbers(one.report)
        or one.case_number in cited_numbers(other.report)
    ):
        yield "cited-number"


def _alike(one: Report, other: Report) -> Iterator[Reason]:
    terms = {_plain(event.term) for event in one.events if event.term}
    if terms & {_plain(event.term) for event in other.events if event.term}:
        yield "same-term"
    onsets = [event.onset_on for event in one.events if event.onset_on]
    theirs = [event.onset_on for event in other.events if event.onset_on]
    if any(abs((a - b).days) <= DAYS_APART for a in onsets for b in theirs):
        yield "onset-within-3-days"


def _plain(term: str | None) -> str:
    return " ".join((term or "").casefold().split())
