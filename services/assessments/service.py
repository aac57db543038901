"""Use cases of records; those of subjects are in subject_service."""

from collections.abc import Sequence
from datetime import datetime

from services.assessments import answers, errors, flag_views, repository, subject_repository
from services.assessments.domain.faults import Fault
from services.assessments.domain.history import History, seen
from services.assessments.domain.row import Row
from services.assessments.domain.sight import Sight
from services.assessments.schemas import (
    Assessment,
    Assessments,
    Correction,
    Entry,
    Versions,
)
from services.assessments.subject_service import found, invalid
from services.assessments.submission_repository import Source
from services.assessments.submission_service import RowOutcome, write
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent, PreconditionFailed, Problem
from shared.http.refusals import pointer
from shared.identity.matrix import matrix


def record(work: UnitOfWork, subject: str, body: Entry) -> tuple[Assessment, bool]:
    """Enter a form; True where the record is new. Again on the same content is no change."""
    row = Row(subject=subject, mode="insert", **dict(body))
    outcome = _written(work, row, Source("record"))
    return _answer(work, outcome.history), outcome.state == "created"


def correct(
    work: UnitOfWork, subject: str, record_id: str, if_match: str, body: Correction
) -> Assessment:
    """Correct items of a record at the version that ``if_match`` names."""
    found(subject_repository.lock_subject(work, subject))
    sight = _sight(work)
    history = _visible(work, sight, subject, record_id, repository.last_position(work))
    if if_match != answers.etag(history.latest.number):
        raise PreconditionFailed
    form, visit, repeat = history.place
    row = Row(
        subject=subject,
        form=form,
        visit=visit,
        repeat=repeat,
        items=body.items,
        reason=body.reason,
        mode="update",
    )
    return _answer(work, _written(work, row, Source("correction")).history)


def _written(work: UnitOfWork, row: Row, source: Source) -> RowOutcome:
    """Write one record. Raises the problem of its faults."""
    (outcome,) = write(work, [row], source).outcomes
    if outcome.faults:
        raise problem_of(outcome.faults)
    return outcome


def problem_of(faults: Sequence[Fault]) -> Problem:
    """The problem of a record that was refused: a conflict where one is among the faults."""
    for fault in faults:
        kind = errors.BY_FAULT.get(fault.code)
        if kind is not None:
            own = [each for each in faults if errors.BY_FAULT.get(each.code) is kind]
            return kind(
                errors=[FieldError(pointer(("body", *f.where)), f.code, f.detail) for f in own]
            )
    return invalid(faults)


def read_assessment(
    work: UnitOfWork, subject: str, record_id: str, as_of: datetime | None
) -> Assessment:
    """A record as of an instant, or now."""
    sight, position = _sight(work), _position(work, as_of)
    history = _visible(work, sight, subject, record_id, position)
    answer = answers.assessment(work.study, history, sight, position)
    return flag_views.flagged(work, [history], [answer], as_of)[0]


def list_assessments(
    work: UnitOfWork, subject: str, as_of: datetime | None, page: Page
) -> Assessments:
    """A subject's records as of an instant, or now."""
    found(subject_repository.find_subject(work, subject))
    sight, position = _sight(work), _position(work, as_of)
    histories = repository.list_histories(
        work, subject, sight.form_ids(), position, after=page.after, limit=page.limit + 1
    )
    cut = [seen(history, sight) for history in page.cut(histories)]
    shown = [history for history in cut if history is not None]
    items = [answers.assessment(work.study, history, sight, position) for history in shown]
    return Assessments(
        items=flag_views.flagged(work, shown, items, as_of),
        next=page.next([{"record_id": history.record_id} for history in histories], "record_id"),
        as_of_position=answers.told_position(sight, position),
    )


def list_versions(
    work: UnitOfWork, subject: str, record_id: str, as_of: datetime | None
) -> Versions:
    """How a record came to be what it was at an instant, or is now."""
    sight, position = _sight(work), _position(work, as_of)
    history = _visible(work, sight, subject, record_id, position)
    return answers.versions(history, sight, position)


def _sight(work: UnitOfWork) -> Sight:
    return Sight(work.definition(), matrix().roles[work.principal.role].sees_arm)


def _position(work: UnitOfWork, as_of: datetime | None) -> int:
    if as_of is None:
        return repository.last_position(work)
    position = repository.position_at(work, as_of)
    if position is None:
        fault = FieldError(
            pointer(("query", "as_of")), "in-the-future", "This instant has not come yet."
        )
        raise InvalidContent(errors=[fault])
    return position


def _visible(
    work: UnitOfWork, sight: Sight, subject: str, record_id: str, position: int
) -> History:
    history = repository.find_history(work, subject, record_id, position)
    return found(None if history is None else seen(history, sight))


def _answer(work: UnitOfWork, history: History | None) -> Assessment:
    sight = _sight(work)
    shown = found(None if history is None else seen(history, sight))
    answer = answers.assessment(work.study, shown, sight, shown.latest.position)
    return flag_views.flagged(work, [shown], [answer])[0]
