"""The obligations that episodes, new information and nullifications bring, clock by clock."""

from collections.abc import Iterator, Sequence
from typing import Literal

from services.safety.domain.completions import completions
from services.safety.domain.counting import Case, Dates, made
from services.safety.domain.episodes import Episode
from services.safety.domain.facts import Fact
from services.safety.domain.obligations import (
    Obligation,
    add_days,
)
from services.safety.domain.reasons import (
    day_zero_words,
    ended_words,
    fact_words,
    unsaid_words,
    verdict_words,
)
from services.safety.domain.reports import Owing, Report
from services.safety.domain.rule_sets import ClockRule


def fatal(case: Case, found: Sequence[Episode]) -> Iterator[Obligation]:
    """First reports of fatal or life-threatening cases, and their completions."""
    for episode in found:
        # Whether it was fatal may be what nobody has said.
        unsaid: tuple[Literal["fatal"], ...] = (
            () if any(verdict.fatal for verdict in episode.verdicts) else ("fatal",)
        )
        for clock in case.rules.clocks_of("fatal"):
            first = _of_episode(case, clock, episode, unsaid)
            yield first
            yield from completions(case, episode, first, unsaid)


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
    case: Case, reportable: Sequence[Episode], told: Sequence[Report]
) -> Iterator[Obligation]:
    """Significant information that was not in a report starts a clock at its own receipt; so does
    the correction of what a report told wrongly."""
    for fact in case.facts:
        if fact.kind != "follow_up" or not fact.value["significant"]:
            continue
        if _is_news(fact, told) and any(_runs_at(each, fact) for each in reportable):
            yield from _of_fact(case, "follow_up", fact, told)


def downgrades(
    case: Case, reportable: Sequence[Episode], told: Sequence[Report], reversed_by: Sequence[Fact]
) -> Iterator[Obligation]:
    """A reported case that is no longer reportable owes a last follow-up that says so, whether new
    information ended it or a correction (``reversed_by``). What was ``told`` may wait for its
    answer."""
    ended = (episode.ended for episode in reportable if episode.ended is not None)
    news = [fact for fact in ended if _is_news(fact, told)]
    for fact in news or reversed_by:
        if _is_news(fact, told):
            yield from _of_fact(case, "downgrade", fact, told)


def nullifications(case: Case, told: Sequence[Report]) -> Iterator[Obligation]:
    """A reported case that was nullified owes the nullification to whom it was reported; what was
    ``told`` may wait for its answer."""
    if case.nullified is not None and _is_news(case.nullified, told):
        yield from _of_fact(case, "nullification", case.nullified, told)


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
    dates = Dates(anchor, anchor, due_on, anchor.received_zone)
    reason = [verdict_words(episode.telling) + unsaid_words(unsaid)]
    reason.append(day_zero_words(anchor, case.missing))
    ended = episode.ended or case.nullified
    if ended is not None:
        reason.append(ended_words(ended))
    return made(
        case,
        clock,
        dates,
        " ".join(reason),
        episode.owing,
        provisional=bool(unsaid) or not episode.certain or bool(case.missing),
        ended=ended is not None,
    )


def _of_fact(
    case: Case,
    kind: Literal["follow_up", "downgrade", "nullification"],
    fact: Fact,
    told: Sequence[Report],
) -> Iterator[Obligation]:
    answered = _is_news(fact, [report for report in told if report.accepted])
    before = "Reported before." if answered else "Reported before, and not answered yet."
    for clock in case.rules.clocks_of(kind):
        due_on = add_days(fact.received_on, clock.days or 0)
        words = f"{before} Day 0 is {fact.received_on.isoformat()} in {fact.received_zone}"
        superseded = kind != "nullification" and case.nullified is not None
        yield made(
            case,
            clock,
            Dates(fact, fact, due_on, fact.received_zone),
            f"{words}: {fact_words(fact)}.",
            Owing(fact, fact.received_at),
            provisional=not answered,
            ended=superseded,
        )


def _is_news(fact: Fact, told: Sequence[Report]) -> bool:
    """Whether a report was made without the fact."""
    return any(not report.knew(fact) for report in told)


def _runs_at(episode: Episode, fact: Fact) -> bool:
    ended = episode.ended
    begun = episode.began.received_at <= fact.received_at
    return begun and (ended is None or fact.received_at < ended.received_at)
