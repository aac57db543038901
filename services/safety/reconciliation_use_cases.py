"""Reconciliation of safety cases with clinical adverse events: computed when it is asked for."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date

from services.safety import fact_repository, reconciliation_repository, repository
from services.safety.case_life import is_nullified
from services.safety.contents import of_row
from services.safety.domain import relatedness
from services.safety.domain.case import FIRST, Event
from services.safety.domain.facts import known
from services.safety.domain.reconciliation import ACTION, Difference, Side, Value, reconcile
from services.safety.reconciliation_schemas import DifferenceNote, DifferenceShown, Reconciliation
from services.safety.repository import Row
from services.safety.views import sees_arm
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound
from shared.study.anchors import RecordAnchor
from shared.study.safety import Safety


def read_reconciliation(work: UnitOfWork, status: str | None = None) -> Reconciliation:
    """What differs now, each with its newest note; with a ``status``, only those that have it.

    Of a single product it is shown to those alone who may know the arm.
    """
    cases, records = _cases(work), _records(work)
    notes = reconciliation_repository.notes(work)
    shown = [
        _shown(each, notes.get(each.difference_id))
        for each in _in_sight(work, reconcile(cases, records))
    ]
    return Reconciliation(
        cases=len({side.key for side in cases}),
        records=len(records),
        items=[each for each in shown if status in {None, each.status}],
    )


def note_difference(work: UnitOfWork, difference: str, body: DifferenceNote) -> Reconciliation:
    """Say what is done about a difference that stands. Raises ``NotFound`` for any other."""
    name = uuid.UUID(difference)
    standing = _in_sight(work, reconcile(_cases(work), _records(work)))
    found = next((each for each in standing if each.difference_id == name), None)
    if found is None:
        raise NotFound
    work.because(body.reason)
    place = {"site": found.site, "subject": found.subject}
    reconciliation_repository.add_note(work, name, place, body.model_dump())
    return read_reconciliation(work)


def _in_sight(work: UnitOfWork, found: Sequence[Difference]) -> list[Difference]:
    open_sight = sees_arm(work.principal.role)
    return [each for each in found if open_sight or not each.tells_arm]


def _cases(work: UnitOfWork) -> Sequence[Side]:
    """Every event of the cases that stand: a nullified one was none."""
    found = []
    for row in repository.every_case(work):
        facts = known(fact_repository.facts(work, row["case_id"]), work.now)
        if is_nullified(facts):
            continue
        record = None if row["record_id"] is None else str(row["record_id"])
        report = of_row(row)
        for event in report.events:
            own = record if event.number == FIRST else None
            said = relatedness.of_case(facts, event.number)
            died = event.ended_on if _fatal(event.seriousness, event.outcome) else None
            place = (row["case_number"], row["site_id"], row["subject_id"])
            acted = _actions(report.actions) if event.number == FIRST else {}
            found.append(_side(place, event, own, said | acted | {"death": _day(died)}))
    return found


def _records(work: UnitOfWork) -> Sequence[Side]:
    safety = work.definition().safety
    if safety is None:
        return []
    wanted = [each.item for each in safety.relations]
    if safety.relationship_item is not None:
        wanted.append(safety.relationship_item)
    relations = reconciliation_repository.items(work, safety.form, wanted)
    died = _deaths(work, safety)
    found = []
    for row in reconciliation_repository.seen(work):
        key = str(row["record_id"])
        event = Event(
            number=FIRST,
            term=row["term"],
            grade=row["grade"],
            serious=row["serious"],
            seriousness=tuple(row["seriousness"]),
            onset_on=row["onset_on"],
            ended_on=row["ended_on"],
            outcome=row["outcome"],
        )
        said = relatedness.of_record(safety, relations.get(key, {}))
        fatal = _fatal(event.seriousness, event.outcome)
        death = died.get(row["subject_id"]) if fatal else None
        place = (key, row["site_id"], row["subject_id"])
        acted = _actions(row["actions"])
        found.append(_side(place, event, None, said | acted | {"death": death}))
    return found


def _deaths(work: UnitOfWork, safety: Safety) -> dict[str, str]:
    """The date of death of each subject, as the site's form of survival has it."""
    if safety.death is None:
        return {}
    anchor = work.definition().anchor(safety.death)
    if not isinstance(anchor, RecordAnchor):
        return {}
    form, item = anchor.select.form, anchor.select.date
    records = reconciliation_repository.items(work, form, [item])
    told = sorted((each[item], each["subject_id"]) for each in records.values())
    return {subject: day for day, subject in told}


def _actions(told: Mapping[str, str]) -> dict[str, Value]:
    return {ACTION + product: what for product, what in told.items()}


def _fatal(criteria: Sequence[str], outcome: str | None) -> bool:
    return "death" in criteria or outcome == "FATAL"


def _side(
    place: tuple[str, str, str], event: Event, record: str | None, more: Mapping[str, Value]
) -> Side:
    key, site, subject = place
    return Side(
        key=key,
        site=site,
        subject=subject,
        record=record,
        serious=event.serious,
        onset_on=event.onset_on,
        event=event.number,
        values={
            "term": event.term,
            "onset": _day(event.onset_on),
            "end": _day(event.ended_on),
            "grade": None if event.grade is None else str(event.grade),
            "serious": "yes" if event.serious else "no",
            "criteria": ", ".join(sorted(event.seriousness)),
            "outcome": event.outcome,
            **more,
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
        event=found.event,
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
