"""How an obligation is made: its dates, its state, and the facts it rests on."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from services.safety.domain.facts import Fact
from services.safety.domain.obligations import Obligation, State, end_of_day, obligation_id
from services.safety.domain.reports import Owing, Report
from services.safety.domain.rule_sets import ClockRule, RuleSet


@dataclass(frozen=True)
class Case:
    """What the counting of every clock needs. ``complete`` is the fact that completed the minimum
    criteria, ``missing`` those not held yet."""

    case_id: uuid.UUID
    rules: RuleSet
    facts: tuple[Fact, ...]
    reports: tuple[Report, ...]
    complete: Fact | None
    missing: tuple[str, ...]

    @property
    def nullified(self) -> Fact | None:
        return next((fact for fact in self.facts if fact.kind == "nullification"), None)

    def day_zero_fact(self, began: Fact) -> Fact:
        """The receipt that Day 0 is: with it the case was reportable and the criteria were held.
        While one is missing it is the receipt that made the case reportable.

        Who received the same later, further west, may have had an earlier date: then that is Day 0,
        so that a receipt found earlier never puts a due date off.
        """
        first = began
        if self.complete is not None and self.complete.received_at > began.received_at:
            first = self.complete
        same = [each for each in self.facts if _tells_the_same(each, first)]
        return min((first, *same), key=_day_ends)


@dataclass(frozen=True)
class Dates:
    """``anchor`` gives Day 0; ``trigger`` names the obligation; ``due_on`` is its last day."""

    anchor: Fact
    trigger: Fact
    due_on: date
    zone: str


def _day_ends(fact: Fact) -> datetime:
    return end_of_day(fact.received_on, fact.received_zone)


def _tells_the_same(later: Fact, first: Fact) -> bool:
    """Whether a receiver learned later what makes the other's Day 0. Any receipt is of the case."""
    same = later.kind == first.kind and (first.kind == "receipt" or later.value == first.value)
    return same and later.received_at >= first.received_at


def made(
    case: Case,
    clock: ClockRule,
    dates: Dates,
    reason: str,
    owing: Owing,
    *,
    provisional: bool,
    ended: bool,
) -> Obligation:
    due_at = end_of_day(dates.due_on, dates.zone)
    name = obligation_id(case.case_id, case.rules.id, clock.id, dates.trigger.fact_id, due_at)
    state = _state(case, clock, name, owing, ended=ended)
    return Obligation(
        obligation_id=name,
        rule_set=case.rules.id,
        rule_version=case.rules.version,
        clock_id=clock.id,
        kind=clock.kind,
        label=clock.label,
        authority=case.rules.authority,
        recipient=clock.recipient,
        regulation=clock.regulation,
        verified_by=clock.verified_by,
        day_zero=dates.anchor.received_on,
        due_on=dates.due_on,
        due_at=due_at,
        began_at=dates.anchor.received_at,
        zone=dates.zone,
        provisional=provisional,
        reason=reason,
        state=state,
        trigger=dates.trigger.fact_id,
        trace=_trace(case, dates),
    )


def _state(case: Case, clock: ClockRule, name: uuid.UUID, owing: Owing, *, ended: bool) -> State:
    waived = {fact.value["obligation"] for fact in case.facts if fact.kind == "waiver"}
    if str(name) in waived:
        return "waived"
    covering = [each for each in case.reports if each.covers(name, clock.kind, owing)]
    if any(report.accepted for report in covering):
        return "submitted"
    if ended:
        return "superseded"
    return "handed_off" if any(each.accepted is None for each in covering) else "open"


def _trace(case: Case, dates: Dates) -> tuple[uuid.UUID, ...]:
    """The facts that it rests on: all that were received by the one that gives Day 0, and it."""
    own = {dates.anchor.fact_id, dates.trigger.fact_id}
    deciding = {
        "serious", "seriousness", "description", "causality", "expectedness", "anticipated",
        "exemption",
    }  # fmt: skip
    return tuple(
        fact.fact_id
        for fact in case.facts
        if fact.fact_id in own or fact.kind in deciding or fact.kind == "criterion"
    )
