"""Rows of ADRS that are of a visit: each response, and each result of residual disease."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from services.analytics.domain.adam.assessments import Assessment, amount, analysed, status
from services.analytics.domain.adam.cells import day_of
from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.subject_rows import (
    Values,
    about,
    flag,
    flags,
    source,
    study_day,
)
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.subjects import Subject
from shared.study.derivation import Record

_NEVER = date.max


def assessment_rows(
    model: Model, subjects: Sequence[Subject], sets: Sequence[Membership]
) -> Iterator[Values]:
    """By parameter in the order of the rule pack, then by subject, then by date."""
    for found in model.assessments:
        for subject in subjects:
            common = about(model, subject) | flags(model, subject, sets)
            key = analysed(model.definition, found, subject)
            for record in _by_date(model, found, subject):
                yield common | _row(model, found, subject, record, key)


def in_sequence(rows: Iterable[Values]) -> Iterator[Values]:
    """The rows numbered within each subject."""
    numbers: Counter[object] = Counter()
    for row in rows:
        numbers[row["USUBJID"]] += 1
        yield row | {"ASEQ": numbers[row["USUBJID"]]}


def _by_date(model: Model, found: Assessment, subject: Subject) -> list[Record]:
    own = [record for record in subject.records if record.form == found.form]
    return sorted(own, key=lambda each: (_dated(model, found, each) or _NEVER, each.key))


def _dated(model: Model, found: Assessment, record: Record) -> date | None:
    item = model.definition.form(found.form).date_item
    return None if item is None else day_of(record.values.get(item))


def _row(
    model: Model, found: Assessment, subject: Subject, record: Record, key: str | None
) -> Values:
    on = _dated(model, found, record)
    return {
        "PARAMCD": found.paramcd,
        "PARAM": found.param,
        "AVISIT": record.visit,
        "ADT": on,
        "ADY": study_day(model, subject, on),
        "AVAL": amount(found, record),
        "AVALC": status(model.definition, found, record) or None,
        "ANL01FL": flag(record.key == key) if found.tells_analysed else None,
        "MASKFL": flag(not found.tells_analysed),
        **source(subject, record.key, found.item),
    }
