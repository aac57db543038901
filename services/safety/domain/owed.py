"""The obligations that episodes, new information and nullifications bring, clock by clock."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.safety.domain.episodes import Episode
from services.safety.domain.facts import Fact
from services.safety.domain.obligations import (
    Obligation,
    State,
    add_days,
    end_of_day,
    obligation_id,
)
from services.safety.domain.reasons import (
    day_zero_words,
    ended_words,
    fact_words,
    unsaid_words,
    verdict_words,
)
from services.safety.domain.reports import Report
from services.safety.domain.rule_sets import ClockRule, RuleSet
from services.safety.domain.verdicts import Verdict


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
        While one is missing it is the receipt that made the case reportable."""
        if self.complete is None or self.complete.received_at <= began.received_at:
            return began
        return self.complete


@dataclass(frozen=True)
class _Dates:
    """``anchor`` gives Day 0; ``trigger`` names the obligation; ``due_on`` is its last day."""

    anchor: Fact
    trigger: Fact
    due_on: date
    zone: str


def fatal(case: Case, found: Sequence[Episode]) -> Iterator[Obligation]:
    """First reports of fatal or life-threatening cases, and their completions."""
    for episode in found:
        # Whether it was fatal may be what nobody has said.
        unsaid: tuple[Literal["fatal"], ...] = (
            () if any(verdict.fatal for verdict in episode.verdicts) else ("fatal",)
        )
        for clock in case.rules.clocks_of("fatal"):
            made = _of_episode(case, clock, episode, unsaid)
            yield made
            yield from _completions(case, episode, made, unsaid)


def others(case: Case, found: Sequence[Episode]) -> Iterator[Obligation]:
    """First reports of the rest, and what is owed for every reportable case."""
    for episode in found:
        if episode.spared:
            for clock in case.rules.clocks_of("other"):
                yield _of_episode(case, clock, episode)
        for clock in case.rules.clocks_of("every"):
            yield _of_episode(case, clock, episode)


def own_periods(case: Case, found: Sequence[Episode]) -> Iterator[Obligation]:
    """Reports in the period that the protocol gives an exempt event."""
    for episode in found:
        days = min(verdict.days or 0 for verdict in episode.verdicts)
        for clock in case.rules.clocks_of("exempt_period"):
            yield _of_episode(case, clock, episode, days=days)


def follow_ups(
    case: Case, reportable: Sequence[Episode], told: Sequence[datetime]
) -> Iterator[Obligation]:
    """Significant information that came after a report starts a clock at its own receipt."""
    for fact in case.facts:
        if fact.kind != "follow_up" or not fact.value["significant"]:
            continue
        if _told_before(fact, told) and any(_runs_at(each, fact) for each in reportable):
            yield from _of_fact(case, "follow_up", fact)


def downgrades(
    case: Case, reportable: Sequence[Episode], told: Sequence[datetime]
) -> Iterator[Obligation]:
    """A reported case that is no longer reportable owes a last follow-up that says so."""
    for episode in reportable:
        if episode.ended is not None and _told_before(episode.ended, told):
            yield from _of_fact(case, "downgrade", episode.ended)


def nullifications(case: Case, told: Sequence[datetime]) -> Iterator[Obligation]:
    """A reported case that was nullified owes the nullification to whom it was reported."""
    if case.nullified is not None and _told_before(case.nullified, told):
        yield from _of_fact(case, "nullification", case.nullified)


def _of_episode(
    case: Case,
    clock: ClockRule,
    episode: Episode,
    unsaid: Sequence[str] = (),
    days: int | None = None,
) -> Obligation:
    anchor = case.day_zero_fact(episode.began)
    count = clock.days if days is None else days
    due_on = add_days(anchor.received_on, count or 0)
    dates = _Dates(anchor, anchor, due_on, anchor.received_zone)
    reason = [verdict_words(_telling(episode)) + unsaid_words(unsaid)]
    reason.append(day_zero_words(anchor, case.missing))
    ended = episode.ended or case.nullified
    if ended is not None:
        reason.append(ended_words(ended))
    return _made(
        case,
        clock,
        dates,
        " ".join(reason),
        provisional=bool(unsaid) or not episode.certain or bool(case.missing),
        since=episode.began.received_at,
        ended=ended is not None,
    )


def _completions(
    case: Case, episode: Episode, first: Obligation, unsaid: Sequence[str]
) -> Iterator[Obligation]:
    anchor = case.day_zero_fact(episode.began)
    sent = next((r for r in case.reports if r.accepted and _is_first_fatal(r, first)), None)
    ended = episode.ended or case.nullified
    for clock in case.rules.clocks_of("completion"):
        dates, why = _completion_dates(clock, anchor, sent)
        complete = sent is not None and sent.complete
        words = [verdict_words(_telling(episode)) + unsaid_words(unsaid), why]
        if complete:
            words.append("The first report was complete: nothing is left to add.")
        if ended is not None:
            words.append(ended_words(ended))
        waits = sent is None and clock.counts_from == "report_sent"
        yield _made(
            case,
            clock,
            dates,
            " ".join(words),
            provisional=first.provisional or waits,
            since=max(episode.began.received_at, sent.sent_at) if sent else anchor.received_at,
            ended=ended is not None or complete,
        )


def _is_first_fatal(report: Report, first: Obligation) -> bool:
    value = report.fact.value
    named = str(first.obligation_id) in value["obligations"]
    return named or ("fatal" in value["kinds"] and report.sent_at >= first.began_at)


def _completion_dates(clock: ClockRule, anchor: Fact, sent: Report | None) -> tuple[_Dates, str]:
    day_zero = day_zero_words(anchor, ())
    if clock.counts_from == "day_zero" or clock.at_most_days is None:
        due_on = add_days(anchor.received_on, clock.days or 0)
        return _Dates(anchor, anchor, due_on, anchor.received_zone), day_zero
    last = add_days(anchor.received_on, clock.at_most_days)
    if sent is None:
        why = f"{day_zero} Counts from the first report once it is sent."
        return _Dates(anchor, anchor, last, anchor.received_zone), why
    due_on = min(last, add_days(sent.fact.received_on, clock.days or 0))
    why = f"{day_zero} Counts from {fact_words(sent.fact)}."
    return _Dates(anchor, sent.fact, due_on, anchor.received_zone), why


def _of_fact(
    case: Case, kind: Literal["follow_up", "downgrade", "nullification"], fact: Fact
) -> Iterator[Obligation]:
    for clock in case.rules.clocks_of(kind):
        due_on = add_days(fact.received_on, clock.days or 0)
        words = f"Reported before. Day 0 is {fact.received_on.isoformat()} in {fact.received_zone}"
        superseded = kind != "nullification" and case.nullified is not None
        yield _made(
            case,
            clock,
            _Dates(fact, fact, due_on, fact.received_zone),
            f"{words}: {fact_words(fact)}.",
            provisional=False,
            since=fact.received_at,
            ended=superseded,
        )


def _made(
    case: Case,
    clock: ClockRule,
    dates: _Dates,
    reason: str,
    *,
    provisional: bool,
    since: datetime,
    ended: bool,
) -> Obligation:
    due_at = end_of_day(dates.due_on, dates.zone)
    name = obligation_id(case.case_id, case.rules.id, clock.id, dates.trigger.fact_id, due_at)
    state = _state(case, clock, name, dates.trigger, since, ended=ended)
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


def _state(
    case: Case, clock: ClockRule, name: uuid.UUID, trigger: Fact, since: datetime, *, ended: bool
) -> State:
    waived = {fact.value["obligation"] for fact in case.facts if fact.kind == "waiver"}
    if str(name) in waived:
        return "waived"
    covering = [each for each in case.reports if each.covers(name, clock.kind, trigger, since)]
    if any(report.accepted for report in covering):
        return "submitted"
    if ended:
        return "superseded"
    return "handed_off" if any(each.accepted is None for each in covering) else "open"


def _trace(case: Case, dates: _Dates) -> tuple[uuid.UUID, ...]:
    """The facts that it rests on: all that were received by the one that gives Day 0, and it."""
    own = {dates.anchor.fact_id, dates.trigger.fact_id}
    deciding = {"serious", "seriousness", "causality", "expectedness", "anticipated", "exemption"}
    return tuple(
        fact.fact_id
        for fact in case.facts
        if fact.fact_id in own or fact.kind in deciding or fact.kind == "criterion"
    )


def _telling(episode: Episode) -> Verdict:
    """The verdict to give as the reason: the one that rests least on what was not said."""
    return min(episode.verdicts, key=lambda verdict: len(verdict.unsaid))


def _told_before(fact: Fact, told: Sequence[datetime]) -> bool:
    return any(sent <= fact.received_at for sent in told)


def _runs_at(episode: Episode, fact: Fact) -> bool:
    ended = episode.ended
    begun = episode.began.received_at <= fact.received_at
    return begun and (ended is None or fact.received_at < ended.received_at)
