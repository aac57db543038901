"""Use cases that read stored derivations, as far as the caller's role may know of them."""

from datetime import datetime

from pydantic import TypeAdapter

from services.assessments import derivation_answers as answers
from services.assessments import derivation_view_repository as reads
from services.assessments import repository, subject_repository
from services.assessments.derivation_schemas import Derivations, Explained, Impacts
from services.assessments.domain.derivation_history import seen, told_trace
from services.assessments.domain.outcomes import with_outcomes
from services.assessments.events import hidden_forms
from services.assessments.subject_service import found
from shared.database.unit_of_work import UnitOfWork
from shared.http.models import Instant
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent
from shared.http.refusals import pointer
from shared.identity.matrix import matrix

POSITION_DIGITS = 18
LAST = 2**62
"""Behind every position there will be."""
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def list_derivations(
    work: UnitOfWork, subject: str, as_of: datetime | None, page: Page
) -> Derivations:
    """A subject's derivations as of an instant, or now."""
    found(subject_repository.find_subject(work, subject))
    sees_arm = _sees_arm(work)
    histories = reads.page(
        work,
        subject,
        _position(work, as_of, "as_of"),
        hidden_forms(work.definition()),
        sees_arm=sees_arm,
        after=page.after,
        limit=page.limit + 1,
    )
    shown = [seen(history, sees_arm=sees_arm) for history in page.cut(histories)]
    return Derivations(
        items=[answers.derivation(history) for history in shown],
        next=page.next([{"id": history.derivation_id} for history in histories], "id"),
        as_of_position=_told_position(work, as_of),
    )


def read_derivation(
    work: UnitOfWork, subject: str, derivation: str, as_of: datetime | None
) -> Explained:
    """A derivation in words and as its trace, with its versions, as of an instant, or now."""
    sees_arm = _sees_arm(work)
    history = found(
        reads.one(
            work,
            subject,
            derivation,
            _position(work, as_of, "as_of"),
            hidden_forms(work.definition()),
            sees_arm=sees_arm,
        )
    )
    shown = seen(history, sees_arm=sees_arm)
    told = told_trace(shown.latest, sees_arm=sees_arm)
    result = reads.result_of(work, derivation, shown.latest.position) if told else None
    return answers.explained(shown, result, _told_position(work, as_of))


def list_impact(work: UnitOfWork, since: str, until: str | None, page: Page) -> Impacts:
    """The derivations that feed an outcome and moved between two instants or positions."""
    rows = reads.impact(
        work,
        _place(work, since, "since"),
        LAST if until is None else _place(work, until, "until"),
        with_outcomes(),
        sees_arm=_sees_arm(work),
        after=page.after,
        limit=page.limit + 1,
    )
    return Impacts(
        items=[answers.impact(row) for row in page.cut(rows)], next=page.next(rows, "place")
    )


def _place(work: UnitOfWork, told: str, name: str) -> int:
    """The position that a position or an instant names.

    Positions are not for masked roles: gaps in them are entries that must stay hidden.
    """
    if told.isascii() and told.isdecimal() and len(told) <= POSITION_DIGITS and _sees_arm(work):
        return int(told)
    try:
        instant = _INSTANT.validate_python(told)
    except ValueError:
        words = "an instant with an offset, or a position where the role may know positions"
        fault = FieldError(pointer(("query", name)), "no-instant", words)
        raise InvalidContent(errors=[fault]) from None
    position = _position(work, instant, name)
    return LAST if position is None else position


def _position(work: UnitOfWork, at: datetime | None, name: str) -> int | None:
    """The study's last position by an instant, for good; None for now."""
    if at is None:
        return None
    if repository.position_at(work, at) is None:
        fault = FieldError(
            pointer(("query", name)), "in-the-future", "This instant has not come yet."
        )
        raise InvalidContent(errors=[fault])
    return reads.position_at(work, at)


def _told_position(work: UnitOfWork, at: datetime | None) -> int | None:
    """The last position of records within reach; none for roles that must not know of gaps."""
    if not _sees_arm(work):
        return None
    return repository.last_position(work) if at is None else repository.position_at(work, at)


def _sees_arm(work: UnitOfWork) -> bool:
    return matrix().roles[work.principal.role].sees_arm
