"""Reporting clocks: which reports a case owes, and by when.

A pure function over all versions of a case, so that the answer for any version can be recomputed.
An obligation that began never ends by itself: a worse fact must not postpone the governing due
date, and a better one is for a person to judge. ICH E2A; Regulation (EU) 536/2014 Annex III.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.safety.domain.case import Report, facts, minimum_criteria
from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate, missing_items
from shared.study.safety import Clock, ElapsedHoursClock, Safety

END_OF_DAY: Final = time(23, 59, 59)
_NAMESPACE: Final = uuid.UUID("3f1c9a52-5d1e-5b0e-9c37-0a8f5f0d9b61")


@dataclass(frozen=True)
class Obligation:
    """A report owed. ``due_at`` is the last instant; ``day_zero`` and ``due_on`` are calendar dates
    of the receiver's ``zone``; ``provisional`` where it rests on something not said yet."""

    obligation_id: uuid.UUID
    clock_id: str
    rule_version: str
    label: str
    authority: str
    regulation: str
    verified_by: str | None
    day_zero: date
    due_on: date
    due_at: datetime
    zone: str
    provisional: bool
    reason: str


def obligations(
    case_id: uuid.UUID, definition: StudyDefinition, reports: Sequence[Report]
) -> tuple[Obligation, ...]:
    """What the case owes after ``reports`` (all its versions, first to last), earliest due first.

    Raises ``ValueError`` where the study takes no safety cases.
    """
    if definition.safety is None:
        raise ValueError("a study without a safety section has no reporting clocks")
    found = (_obligation(case_id, definition, clock, reports) for clock in definition.safety.clocks)
    running = [obligation for obligation in found if obligation is not None]
    return tuple(sorted(running, key=lambda each: (each.due_at, each.clock_id)))


def weekend_warning(due_on: date) -> str | None:
    """Words where a due date falls on a weekend. The date is not moved: no rule moves it."""
    if due_on.weekday() < 5:
        return None
    friday = due_on - timedelta(days=due_on.weekday() - 4)
    return f"Falls on a {due_on:%A} and is not moved: send by Friday {friday.isoformat()}."


@dataclass(frozen=True)
class _Start:
    """When a clock began and in whose zone; which version began it; what was still unsaid."""

    at: datetime
    zone: ZoneInfo
    version: int
    unsaid: tuple[str, ...]
    criteria_missing: tuple[str, ...]


def _obligation(
    case_id: uuid.UUID, definition: StudyDefinition, clock: Clock, reports: Sequence[Report]
) -> Obligation | None:
    start = _start(definition, clock, reports)
    if start is None:
        return None
    day_zero = start.at.astimezone(start.zone).date()
    due_at = _due_at(clock, start, day_zero)
    # The same clock, case and Day 0 are the same obligation, however often it is computed.
    name = f"{case_id}/{clock.authority}/{clock.id}/{day_zero.isoformat()}"
    return Obligation(
        obligation_id=uuid.uuid5(_NAMESPACE, name),
        clock_id=clock.id,
        rule_version=definition.version,
        label=clock.label,
        authority=clock.authority,
        regulation=clock.regulation,
        verified_by=clock.verified_by,
        day_zero=day_zero,
        due_on=due_at.astimezone(start.zone).date(),
        due_at=due_at,
        zone=start.zone.key,
        provisional=bool(start.unsaid or start.criteria_missing),
        reason=_reason(clock, start, day_zero),
    )


def _due_at(clock: Clock, start: _Start, day_zero: date) -> datetime:
    if isinstance(clock, ElapsedHoursClock):
        return start.at.astimezone(UTC) + timedelta(hours=clock.hours)
    # Dates are counted, never instants: a change to summer time inside the window moves nothing.
    due_on = day_zero + timedelta(days=clock.days)
    return datetime.combine(due_on, END_OF_DAY, tzinfo=start.zone).astimezone(UTC)


def _start(definition: StudyDefinition, clock: Clock, reports: Sequence[Report]) -> _Start | None:
    """The first version at which the clock runs fixes its start."""
    unsaid_at = [_unsaid(definition, clock, report) for report in reports]
    running = [index for index, unsaid in enumerate(unsaid_at) if unsaid is not None]
    if not running:
        return None
    first = running[0]
    # Said by a later version: the obligation is no longer provisional.
    unsaid = () if any(unsaid_at[index] == () for index in running) else unsaid_at[first] or ()
    if clock.starts == "site_awareness":
        report = reports[first]
        return _Start(report.aware_at, ZoneInfo(report.received_zone), first + 1, unsaid, ())
    began, missing = _criteria_held(reports, first)
    report = reports[began]
    return _Start(report.received_at, ZoneInfo(report.received_zone), began + 1, unsaid, missing)


def _unsaid(definition: StudyDefinition, clock: Clock, report: Report) -> tuple[str, ...] | None:
    """None where the clock does not run on this version; otherwise the items nobody has said."""
    safety: Safety | None = definition.safety
    values = {} if safety is None else facts(safety, report)
    truth = evaluate(clock.trigger, values, definition.thresholds_by_id())
    if truth is Truth.TRUE:
        return ()
    if truth is Truth.FALSE or not clock.provisional_when_undetermined:
        return None
    return missing_items(clock.trigger, values)


def _criteria_held(reports: Sequence[Report], first: int) -> tuple[int, tuple[str, ...]]:
    """The version from which the sponsor counts: the one that completed the minimum criteria.

    Until one does, the count runs from the first receipt, provisionally: an empty field never
    hides a clock.
    """
    for index, report in enumerate(reports):
        if not minimum_criteria(report).missing:
            return max(first, index), ()
    return first, minimum_criteria(reports[-1]).missing


def _reason(clock: Clock, start: _Start, day_zero: date) -> str:
    what = "the site's awareness" if clock.starts == "site_awareness" else "the sponsor's receipt"
    counted = f"Counts from {what} as told in version {start.version} of the case."
    words = [counted, f"Day 0 is {day_zero.isoformat()} in {start.zone.key}."]
    if start.unsaid:
        words.append(f"Nobody has said yet: {', '.join(start.unsaid)}; taken as met.")
    if start.criteria_missing:
        words.append(f"Minimum criteria missing: {', '.join(start.criteria_missing)}.")
    return " ".join(words)
