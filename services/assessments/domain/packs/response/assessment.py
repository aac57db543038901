"""A marrow with the counts and the extramedullary assessment that are read with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import (
    BloodCount,
    Extramedullary,
    Marrow,
    SupportiveCare,
)
from services.assessments.domain.packs.spans import Span
from shared.rules.model import Pack
from shared.study.dates import PartialDate

Dated = TypeVar("Dated", Marrow, BloodCount, Extramedullary)


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The last values before treatment; None where there are none."""

    marrow: Marrow | None = None
    count: BloodCount | None = None
    extramedullary: Extramedullary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is judged together. `*_too_far`: there were some, but further off than is allowed."""

    marrow: Marrow
    count: BloodCount | None = None
    extramedullary: Extramedullary | None = None
    baseline: Baseline = Baseline()
    care: tuple[SupportiveCare, ...] = ()
    recurred: tuple[date, ...] = ()
    count_too_far: bool = False
    extramedullary_too_far: bool = False


def day_of(when: PartialDate) -> date:
    """The day of a full date; ValueError for a partial one, which must be completed before."""
    day = Span.of(when).exact
    if day is None:
        raise ValueError("a full date is needed here")
    return day


def day_of_record(record: Marrow | BloodCount | Extramedullary) -> date:
    """The date of a record that dates itself in full."""
    if isinstance(record, Extramedullary):
        return day_of(record.assessment_date)
    return day_of(record.sample_date)


def baseline(facts: SubjectFacts, day1: date, pack: Pack) -> Baseline:
    """The last marrow, count and extramedullary assessment up to Day 1, not older than allowed."""
    oldest = day1 - timedelta(days=pack.integer("baseline_days"))

    def last(records: Iterable[Dated]) -> Dated | None:
        found = [each for each in records if oldest <= day_of_record(each) <= day1]
        return max(found, key=lambda each: (day_of_record(each), each.record), default=None)

    return Baseline(
        marrow=last(facts.marrow),
        count=last(facts.blood_count),
        extramedullary=last(facts.extramedullary),
    )


def assessment_of(
    facts: SubjectFacts,
    marrow: Marrow,
    before: Baseline,
    counts: Callable[[date], bool],
    pack: Pack,
) -> Assessment:
    """The marrow with the nearest blood counts and extramedullary assessment of a day that counts.

    Of two that are as near the later one is read.
    """
    day, reach = day_of_record(marrow), pack.integer("max_gap_days")

    def nearest(records: Iterable[Dated]) -> tuple[Dated | None, bool]:
        known = [each for each in records if counts(day_of_record(each))]
        near = [each for each in known if abs((day_of_record(each) - day).days) <= reach]
        picked = min(
            near,
            key=lambda each: (
                abs((day_of_record(each) - day).days),
                day_of_record(each) < day,
                each.record,
            ),
            default=None,
        )
        return picked, bool(known) and picked is None

    count, count_far = nearest(facts.blood_count)
    extramedullary, extramedullary_far = nearest(facts.extramedullary)
    return Assessment(
        marrow=marrow,
        count=count,
        extramedullary=extramedullary,
        baseline=before,
        care=facts.supportive_care,
        recurred=tuple(
            day_of(each.event_date) for each in facts.relapse_progression if each.event == "RELAPSE"
        ),
        count_too_far=count_far,
        extramedullary_too_far=extramedullary_far,
    )


def _recurrences(facts: SubjectFacts) -> tuple[date, ...]:
    found = (each for each in facts.relapse_progression if each.event == "RELAPSE")
    return tuple(day_of(each.event_date) for each in found)
