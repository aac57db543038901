"""Subjects with records, for tests of what is judged over a whole subject."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition
from tests.services.assessments.domain.builders import history

RANDOMIZED = date(2024, 1, 29)
TODAY = date(2024, 6, 1)


def record(
    definition: StudyDefinition,
    form: str,
    *versions: Mapping[str, str | None],
    visit: str = "UNSCHEDULED",
    key: str = "r1",
) -> History:
    """A record with a version for each mapping, dated as its form says."""
    found = history(form, *versions)
    items = found.items()
    dated_by = definition.form(form).date_item
    text = items[dated_by].text if dated_by is not None and dated_by in items else None
    day = date.fromisoformat(text) if text is not None and len(text) == 10 else None
    dated = tuple(replace(each, observed_on=day) for each in found.versions)
    return replace(found, record_id=key, visit=visit, versions=dated)


def subject(*records: History, born: str = "2011-09", randomized: bool = True) -> SubjectState:
    """A child with these records; each gets a record id of its own."""
    return SubjectState(
        subject="S01-001",
        site="S01",
        birth_year_month=born,
        sex="female",
        consented_on=date(2024, 1, 20),
        allocated_on=RANDOMIZED if randomized else None,
        today=TODAY,
        histories=records,
    )
