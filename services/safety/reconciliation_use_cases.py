"""Reconciliation of safety cases with clinical adverse events: computed when it is asked for."""

import uuid
from collections.abc import Sequence
from datetime import date

from services.safety import fact_repository, reconciliation_repository, repository
from services.safety.case_life import is_nullified
from services.safety.domain.facts import known
from services.safety.domain.reconciliation import Difference, Side, reconcile
from services.safety.reconciliation_schemas import DifferenceNote, DifferenceShown, Reconciliation
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound


def read_reconciliation(work: UnitOfWork) -> Reconciliation:
    """What differs now, each with its newest note."""
    cases, records = _cases(work), _records(work)
    notes = reconciliation_repository.notes(work)
    return Reconciliation(
        cases=len(cases),
        records=len(records),
        items=[_shown(each, notes.get(each.difference_id)) for each in reconcile(cases, records)],
    )


def note_difference(work: UnitOfWork, difference: str, body: DifferenceNote) -> Reconciliation:
    """Say what is done about a difference that stands. Raises ``NotFound`` for any other."""
    name = uuid.UUID(difference)
    standing = reconcile(_cases(work), _records(work))
    found = next((each for each in standing if each.difference_id == name), None)
    if found is None:
        raise NotFound
    work.because(body.reason)
    place = {"site": found.site, "subject": found.subject}
    reconciliation_repository.add_note(work, name, place, body.model_dump())
    return read_reconciliation(work)


def _cases(work: UnitOfWork) -> Sequence[Side]:
    """The cases that stand: a nullified one was none."""
    found = []
    for row in repository.every_case(work):
        if is_nullified(known(fact_repository.facts(work, row["case_id"]), work.now)):
            continue
        record = None if row["record_id"] is None else str(row["record_id"])
        found.append(_side(row, row["case_number"], record))
    return found


def _records(work: UnitOfWork) -> Sequence[Side]:
    rows = reconciliation_repository.seen(work)
    return [_side({**row, "event_term": row["term"]}, str(row["record_id"]), None) for row in rows]


def _side(row: Row, key: str, record: str | None) -> Side:
    return Side(
        key=key,
        site=row["site_id"],
        subject=row["subject_id"],
        record=record,
        serious=row["serious"],
        onset_on=row["onset_on"],
        values={
            "term": row["event_term"],
            "onset": _day(row["onset_on"]),
            "end": _day(row["ended_on"]),
            "grade": None if row["grade"] is None else str(row["grade"]),
            "serious": "yes" if row["serious"] else "no",
            "criteria": ", ".join(sorted(row["seriousness"])),
            "outcome": row["outcome"],
        },
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _shown(found: Difference, note: Row | None) -> DifferenceShown:
    return DifferenceShown(
        difference_id=str(found.difference_id),
        kind=found.kind,
        site=found.site,
        subject=found.subject,
        case_number=found.case,
        record_id=found.record,
        field=found.field,
        case_value=found.case_value,
        record_value=found.record_value,
        status="open" if note is None else note["status"],
        owner=None if note is None else note["owner"],
        reason=None if note is None else note["reason"],
        noted_at=None if note is None else note["noted_at"],
        noted_by=None if note is None else note["actor"],
    )
