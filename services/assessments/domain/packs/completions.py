"""Derivations over partial dates: a verdict counts only if it holds for every completion."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from math import prod
from typing import Any

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import Record
from services.assessments.domain.packs.result import InputRef, Result, Verdict
from services.assessments.domain.packs.spans import Span
from shared.study.dates import PartialDate

PARTIAL_DATE = "Whatever the missing parts of partial dates are, the result is the same."
# A bound on work, no rule: beyond it a derivation is open (NE), never guessed.
MOST_COMPLETIONS = 400


@dataclass(frozen=True, slots=True)
class _Open:
    form: str
    index: int
    item: str
    days: Span


def for_every_completion(
    facts: SubjectFacts,
    items: Mapping[str, str],
    derive: Callable[[SubjectFacts], Mapping[str, Result]],
    window: Span | None = None,
) -> dict[str, Result]:
    """What `derive` answers where it answers the same whatever the dates really are.

    `items` maps forms to the item whose dates `derive` reads; it sees full dates only. A date that
    lies outside `window` for certain is given any one of its days: the caller knows that no such
    day matters. A result is NE (`partial_date`, note `query_partial_date`) where completions
    differ, or are too many to look at.
    """
    every_gap = tuple(_open_dates(facts, items))
    gaps = tuple(gap for gap in every_gap if window is None or _touches(gap.days, window))
    fixed = tuple(gap for gap in every_gap if gap not in gaps)
    whole = next(_completed(facts, fixed, first_day_only=True))
    if not gaps:
        return dict(derive(whole))
    completed = _completed(whole, gaps)
    first = derive(next(completed))
    same = dict.fromkeys(first, True)
    if prod((gap.days.latest - gap.days.earliest).days + 1 for gap in gaps) > MOST_COMPLETIONS:
        same = dict.fromkeys(first, False)
        completed = iter(())
    for each in completed:
        found = derive(each)
        for name in first:
            same[name] &= name in found and _answer(found[name]) == _answer(first[name])
    incomplete = [_record(facts, gap).ref(gap.item) for gap in gaps]
    told = tuple(f"{_record(facts, gap).record}: {gap.item} {gap.days}" for gap in gaps)
    return {
        name: _settled(result, told) if same[name] else _undecided(result, told, incomplete)
        for name, result in first.items()
    }


def _touches(days: Span, window: Span) -> bool:
    return days.latest >= window.earliest and days.earliest <= window.latest


def _settled(result: Result, told: tuple[str, ...]) -> Result:
    return replace(result, tried=(*result.tried, Verdict("partial_date", PARTIAL_DATE, True, told)))


def _answer(result: Result) -> tuple[object, ...]:
    return result.value, result.status, result.reason, result.rule


def _undecided(result: Result, told: tuple[str, ...], incomplete: Iterable[InputRef]) -> Result:
    # What one completion found along the way would be told as if it were so.
    return replace(
        result,
        value=None,
        status="ne",
        reason="partial_date",
        rule="partial_date",
        tried=(Verdict("partial_date", PARTIAL_DATE, None, told),),
        inputs=tuple(sorted({*result.inputs, *incomplete})),
        notes=("query_partial_date",),
    )


def _open_dates(facts: SubjectFacts, items: Mapping[str, str]) -> Iterator[_Open]:
    for form, item in items.items():
        # By record: the order in which records were entered shows in no trace.
        ordered = sorted(enumerate(getattr(facts, form)), key=lambda each: each[1].record)
        for index, record in ordered:
            value = getattr(record, item)
            if isinstance(value, PartialDate) and value.earliest != value.latest:
                yield _Open(form, index, item, Span.of(value))


def _record(facts: SubjectFacts, gap: _Open) -> Record:
    record: Record = getattr(facts, gap.form)[gap.index]
    return record


def _completed(
    facts: SubjectFacts, gaps: tuple[_Open, ...], *, first_day_only: bool = False
) -> Iterator[SubjectFacts]:
    for days in product(*(_days(gap.days)[: 1 if first_day_only else None] for gap in gaps)):
        changed: dict[tuple[str, int], dict[str, PartialDate]] = {}
        for gap, day in zip(gaps, days, strict=True):
            changed.setdefault((gap.form, gap.index), {})[gap.item] = day
        yield _with(facts, changed)


def _with(
    facts: SubjectFacts, changed: Mapping[tuple[str, int], Mapping[str, PartialDate]]
) -> SubjectFacts:
    forms = {form: list(getattr(facts, form)) for form, _ in changed}
    for (form, index), items in changed.items():
        forms[form][index] = replace(forms[form][index], **items)
    whole: dict[str, Any] = {form: tuple(records) for form, records in forms.items()}
    return replace(facts, **whole)


def _days(span: Span) -> list[PartialDate]:
    count = (span.latest - span.earliest).days + 1
    found = (span.earliest + timedelta(days=number) for number in range(count))
    return [PartialDate(day.isoformat(), "day", day, day) for day in found]
