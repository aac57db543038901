"""Completions of first reports of fatal or life-threatening cases."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.safety.domain.counting import Case, Dates, made
from services.safety.domain.episodes import Episode
from services.safety.domain.facts import Fact
from services.safety.domain.obligations import Obligation, add_days
from services.safety.domain.reasons import (
    day_zero_words,
    ended_words,
    fact_words,
    unsaid_words,
    verdict_words,
)
from services.safety.domain.reports import Owing, Report
from services.safety.domain.rule_sets import ClockRule


def completions(
    case: Case, episode: Episode, first: Obligation, unsaid: Sequence[str]
) -> Iterator[Obligation]:
    anchor = case.day_zero_fact(episode.began)
    told = (r for r in case.reports if r.accepted and _is_first_fatal(r, episode, first))
    sent = next(told, None)
    ended = episode.ended or case.nullified
    for clock in case.rules.clocks_of("completion"):
        dates, why = _completion_dates(clock, anchor, sent)
        complete = sent is not None and sent.complete
        words = [verdict_words(episode.telling) + unsaid_words(unsaid), why]
        if complete:
            words.append("The first report was complete: nothing is left to add.")
        if ended is not None:
            words.append(ended_words(ended))
        waits = sent is None and clock.counts_from == "report_sent"
        yield made(
            case,
            clock,
            dates,
            " ".join(words),
            Owing(dates.trigger, _since(episode, anchor, sent)),
            provisional=first.provisional or waits,
            ended=ended is not None or complete,
        )


def _is_first_fatal(report: Report, episode: Episode, first: Obligation) -> bool:
    return report.covers(first.obligation_id, "fatal", episode.owing)


def _since(episode: Episode, anchor: Fact, sent: Report | None) -> datetime:
    return anchor.received_at if sent is None else max(episode.began.received_at, sent.fixed_at)


def _completion_dates(clock: ClockRule, anchor: Fact, sent: Report | None) -> tuple[Dates, str]:
    day_zero = day_zero_words(anchor, ())
    if clock.counts_from == "day_zero" or clock.at_most_days is None:
        due_on = add_days(anchor.received_on, clock.days or 0)
        return Dates(anchor, anchor, due_on, anchor.received_zone), day_zero
    last = add_days(anchor.received_on, clock.at_most_days)
    if sent is None:
        why = f"{day_zero} Counts from the first report once it is sent."
        return Dates(anchor, anchor, last, anchor.received_zone), why
    due_on = min(last, add_days(sent.fact.received_on, clock.days or 0))
    why = f"{day_zero} Counts from {fact_words(sent.fact)}."
    return Dates(anchor, sent.fact, due_on, anchor.received_zone), why
