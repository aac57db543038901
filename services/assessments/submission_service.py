"""Writes records: the one way in for a form by hand, a file, and an EDC.

Each write locks its subjects, judges every row against the subject as it then is, stores set-based,
and takes the study's next position last. It runs inside the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from services.assessments import (
    derivation_service,
    events,
    flag_service,
    known_repository,
    query_service,
    repository,
)
from services.assessments import submission_repository as store
from services.assessments.domain import checks, identifiers, submission, withdrawal
from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.faults import Fault, RefusedError
from services.assessments.domain.history import History, Version, seen
from services.assessments.domain.row import Row
from services.assessments.domain.seriousness import is_serious
from services.assessments.domain.sight import Sight
from services.assessments.domain.subject_state import SubjectState
from services.assessments.domain.submission import Plan
from services.assessments.subject_service import local_date
from services.assessments.submission_repository import Position, Source
from shared.contracts.assessments import AssessmentRecorded
from shared.database.outbox import publish_all
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix

Outcome = Literal["created", "corrected", "unchanged", "refused"]


@dataclass(frozen=True)
class RowOutcome:
    """What became of a row. `history` is the record as it is now; None where it was refused."""

    state: Outcome
    history: History | None
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Written:
    """What became of a submission. `position` is None where nothing was stored."""

    submission_id: str | None
    position: Position | None
    outcomes: tuple[RowOutcome, ...]

    @property
    def faulty(self) -> bool:
        return any(each.faults for each in self.outcomes)


@dataclass
class _Batch:
    """A submission while its rows are judged: the subjects as the rows before leave them."""

    sight: Sight
    states: dict[str, SubjectState]
    closed: Mapping[str, tuple[Fault, ...]]
    written: dict[tuple[str, str, str, int], History] = field(default_factory=dict)
    created: list[History] = field(default_factory=list)


def write(
    work: UnitOfWork,
    rows: Sequence[Row],
    source: Source,
    *,
    atomic: bool = True,
    dry_run: bool = False,
    owners: Mapping[str, Mapping[str, Any]] | None = None,
) -> Written:
    """Store what the rows ask for. A row with a fault stores nothing; with `atomic` none does then.

    Rows are judged in their order, each against what those before it leave behind. A record is
    written once in a submission. `dry_run` judges and stores nothing. `owners` are the subjects of
    the rows, where the caller has locked them already.
    """
    sight = Sight(work.definition(), matrix().roles[work.principal.role].sees_arm)
    if owners is None:
        owners = store.lock_subjects(work, {row.subject for row in rows})
    (submission_id, *ids), histories = store.open_write(work, owners, len(rows) + 1)
    states = _states(work, owners, histories)
    batch = _Batch(sight, states, _closed(work, states, rows))
    outcomes = [_judge(work, batch, *each) for each in zip(rows, ids, strict=True)]
    held = atomic and any(outcome.faults for outcome in outcomes)
    if dry_run or held or not batch.written:
        return Written(None, None, tuple(outcomes))
    position = _store(work, batch, submission_id, source)
    stamped = [_stamped(outcome, position) for outcome in outcomes]
    return Written(submission_id, position, tuple(stamped))


def open_submission(work: UnitOfWork) -> str:
    """The id of a submission that writes no record; `close_submission` writes it, last."""
    return store.new_id(work)


def close_submission(work: UnitOfWork, submission_id: str, source: Source) -> Position:
    """Write a submission that has no records, and take the study's next position for it."""
    return store.close(work, submission_id, source)


def load_states(work: UnitOfWork, subjects: set[str]) -> dict[str, SubjectState]:
    """The subjects within reach with all their records, locked until the transaction ends."""
    owners = store.lock_subjects(work, subjects)
    return _states(work, owners, repository.histories_of(work, owners))


def _states(
    work: UnitOfWork, owners: Mapping[str, Mapping[str, Any]], found: Sequence[History]
) -> dict[str, SubjectState]:
    histories: dict[str, list[History]] = {subject: [] for subject in owners}
    for history in found:
        histories[history.subject].append(history)
    return {subject: state_of(work, owner, histories[subject]) for subject, owner in owners.items()}


def _closed(
    work: UnitOfWork, states: Mapping[str, SubjectState], rows: Sequence[Row]
) -> dict[str, tuple[Fault, ...]]:
    """Why records that the rows would correct take no correction."""
    wanted = {(row.subject, row.form, row.visit or UNSCHEDULED, row.repeat) for row in rows}
    records = [
        history.record_id
        for state in states.values()
        for history in state.histories
        if (state.subject, *history.place) in wanted
    ]
    return {record: (fault,) for record, fault in flag_service.closed(work, records).items()}


def state_of(
    work: UnitOfWork, owner: Mapping[str, Any], histories: Sequence[History]
) -> SubjectState:
    """A subject's row and records as one."""
    zone, randomized = owner["time_zone"], owner["randomized_at"]
    return SubjectState(
        subject=owner["subject_id"],
        site=owner["site_id"],
        birth_year_month=owner["birth_year_month"],
        sex=owner["sex"],
        consented_on=owner["consented_on"],
        allocated_on=None if randomized is None else local_date(randomized, zone),
        today=local_date(work.now, zone),
        histories=tuple(histories),
    )


def _judge(work: UnitOfWork, batch: _Batch, row: Row, new_id: str) -> RowOutcome:
    state = batch.states.get(row.subject)
    if state is None:
        words = "there is no such subject here"
        return RowOutcome("refused", None, (Fault(("subject",), "subject-unknown", words),))
    if (row.subject, row.form, row.visit or UNSCHEDULED, row.repeat) in batch.written:
        words = "this record stands in the submission before"
        return RowOutcome("refused", None, (Fault((), "duplicate-target", words),))
    try:
        plan = submission.plan(batch.sight, state, row)
        if plan.state == "unchanged":
            return RowOutcome("unchanged", plan.record)
        return _accept(work, batch, state, plan, new_id)
    except RefusedError as refusal:
        return RowOutcome("refused", None, refusal.faults)


def _accept(
    work: UnitOfWork, batch: _Batch, state: SubjectState, plan: Plan, new_id: str
) -> RowOutcome:
    history = _next(work, state, plan, new_id)
    after = state.having(history)
    faults = [
        *identifiers.identifying(batch.sight.definition, state, history),
        *withdrawal.collection_faults(batch.sight.definition, state, history),
        *batch.closed.get(history.record_id, ()),
        *checks.hard_faults(batch.sight.definition, after, history),
    ]
    if faults:
        raise RefusedError(faults)
    batch.states[state.subject] = after
    batch.written[(state.subject, *history.place)] = history
    if plan.record is None:
        batch.created.append(history)
    return RowOutcome(plan.state, history)


def _next(work: UnitOfWork, state: SubjectState, plan: Plan, new_id: str) -> History:
    """The record with the version that the plan adds; position and instant are not known yet."""
    version = Version(
        number=1 if plan.record is None else plan.record.latest.number + 1,
        changes=plan.changes,
        observed_on=plan.observed_on,
        position=0,
        recorded_at=work.now,
        actor=work.principal.subject,
        role=work.principal.role,
        reason=plan.reason,
        definition_version=work.definition().version,
    )
    if plan.record is not None:
        return replace(plan.record, versions=(*plan.record.versions, version))
    place = (plan.form, plan.visit, plan.repeat)
    return History(new_id, state.subject, state.site, *place, (version,))


def _store(work: UnitOfWork, batch: _Batch, submission_id: str, source: Source) -> Position:
    changed = list(batch.written.values())
    touched = sorted({history.subject for history in changed})
    known = known_repository.known(work, touched)
    store.add_records(work, batch.created)
    for reason, histories in _by_reason(changed).items():
        work.because("" if reason == submission.FIRST_ENTRY else reason)
        store.add_items(work, histories)
    work.because(source.kind)
    flag_service.void(work, changed, submission_id)
    for subject in touched:
        own = [history for history in changed if history.subject == subject]
        query_service.check(work, batch.states[subject], own, known[subject], submission_id)
    derivation_service.rederive_all(
        work, [batch.states[subject] for subject in touched], known, submission_id
    )
    position = store.close(work, submission_id, source, changed)
    publish_all(work, [event for event in map(_event(work), changed) if event is not None])
    return position


def _by_reason(changed: Sequence[History]) -> dict[str, list[History]]:
    """The trail has one reason for a statement."""
    found: dict[str, list[History]] = {}
    for history in changed:
        found.setdefault(history.latest.reason, []).append(history)
    return found


def _event(work: UnitOfWork) -> Any:
    """The event of a record's latest version, as far as a masked role may know of it.

    A serious event is told in any case: its clocks run.
    """
    definition = work.definition()
    open_sight = Sight(definition, sees_arm=False)
    of_events = None if definition.safety is None else definition.safety.form

    def event(history: History) -> AssessmentRecorded | None:
        serious = is_serious(definition, definition.form(history.form), history.items())
        told = history if serious else seen(history, open_sight)
        if told is None or told.latest.position != history.latest.position:
            return None
        return events.assessment_recorded(
            told, serious=serious, adverse_event=history.form == of_events
        )

    return event


def _stamped(outcome: RowOutcome, position: Position) -> RowOutcome:
    """The outcome with the position and the instant that its version got."""
    history = outcome.history
    if history is None or outcome.state not in {"created", "corrected"}:
        return outcome
    latest = replace(history.latest, position=position.position, recorded_at=position.recorded_at)
    return replace(outcome, history=replace(history, versions=(*history.versions[:-1], latest)))
