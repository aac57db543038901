"""Use cases of records; those of subjects are in subject_service."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.assessments import answers, errors, events, repository, subject_repository
from services.assessments.domain import correction, entry, prerequisites
from services.assessments.domain.faults import RefusedError
from services.assessments.domain.history import History, seen
from services.assessments.domain.seriousness import is_serious
from services.assessments.domain.sight import Sight
from services.assessments.schemas import (
    Assessment,
    Assessments,
    Correction,
    Entry,
    Versions,
)
from services.assessments.subject_service import found, invalid, local_date
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent, PreconditionFailed
from shared.http.refusals import pointer
from shared.identity.matrix import matrix
from shared.study.anchors import AllocationAnchor

FIRST_ENTRY = "first entry"


def record(work: UnitOfWork, subject: str, body: Entry) -> tuple[Assessment, bool]:
    """Enter a form; True where the record is new. Again on the same content is no change."""
    owner = found(subject_repository.lock_subject(work, subject))
    sight = _sight(work)
    try:
        taken = entry.examine(sight, entry.Submission(**dict(body)))
    except RefusedError as refusal:
        raise invalid(refusal.faults) from None
    needed = prerequisites.forms_read(work.definition(), taken.form)
    histories = repository.histories_for_entry(work, subject, taken, needed)
    place = (taken.form.id, taken.visit, taken.repeat)
    for history in histories:
        if (history.form, history.visit, history.repeat) == place:
            same = history.items(), history.latest.observed_on
            if same != (taken.items, taken.observed_on):
                raise errors.RecordExists
            return _answer(work, sight, history), False
    _check_prerequisites(work, owner, taken, [h for h in histories if h.form in needed])
    empty = repository.add_record(work, subject, owner["site_id"], taken)
    history = repository.append(work, empty, taken.items, taken.observed_on, FIRST_ENTRY)
    _tell(work, history)
    return _answer(work, sight, history), True


def correct(
    work: UnitOfWork, subject: str, record_id: str, if_match: str, body: Correction
) -> Assessment:
    """Correct items of a record at the version that ``if_match`` names."""
    found(subject_repository.lock_subject(work, subject))
    sight = _sight(work)
    history = _visible(work, sight, subject, record_id, repository.last_position(work))
    if if_match != answers.etag(history.latest.number):
        raise PreconditionFailed
    try:
        wanted = correction.examine(sight, history, body.items)
    except RefusedError as refusal:
        raise invalid(refusal.faults) from None
    if wanted.changes:
        work.because(body.reason)
        history = repository.append(work, history, wanted.changes, wanted.observed_on, body.reason)
        _tell(work, history)
    return _answer(work, sight, history)


def read_assessment(
    work: UnitOfWork, subject: str, record_id: str, as_of: datetime | None
) -> Assessment:
    """A record as of an instant, or now."""
    sight, position = _sight(work), _position(work, as_of)
    history = _visible(work, sight, subject, record_id, position)
    return answers.assessment(work.study, history, sight, position)


def list_assessments(
    work: UnitOfWork, subject: str, as_of: datetime | None, page: Page
) -> Assessments:
    """A subject's records as of an instant, or now."""
    found(subject_repository.find_subject(work, subject))
    sight, position = _sight(work), _position(work, as_of)
    histories = repository.list_histories(
        work, subject, sight.form_ids(), position, after=page.after, limit=page.limit + 1
    )
    shown = [seen(history, sight) for history in page.cut(histories)]
    return Assessments(
        items=[answers.assessment(work.study, h, sight, position) for h in shown if h is not None],
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


def _check_prerequisites(
    work: UnitOfWork, owner: Mapping[str, Any], taken: entry.Entry, histories: Sequence[History]
) -> None:
    randomized = owner["randomized_at"]
    allocated_on = None if randomized is None else local_date(randomized, owner["time_zone"])
    missing = prerequisites.undated(work.definition(), taken.form, histories, allocated_on)
    if missing:
        faults = [
            FieldError("/form", "anchor-missing", f"{anchor.label}: no date yet ({anchor.id})")
            for anchor in missing
        ]
        early = any(isinstance(anchor, AllocationAnchor) for anchor in missing)
        raise (errors.NotRandomized if early else errors.AnchorMissing)(errors=faults)


def _tell(work: UnitOfWork, history: History) -> None:
    """Publish the latest version, as far as a masked role may know of it.

    A serious event is told in any case: its clocks run.
    """
    definition = work.definition()
    serious = is_serious(definition, definition.form(history.form), history.items())
    told = history if serious else seen(history, Sight(definition, sees_arm=False))
    if told is not None and told.latest.position == history.latest.position:
        publish(work, events.assessment_recorded(told, serious=serious))


def _answer(work: UnitOfWork, sight: Sight, history: History) -> Assessment:
    return answers.assessment(work.study, history, sight, history.latest.position)
