"""Use cases of subjects. Each runs inside the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from services.assessments import answers, errors, events, subject_repository
from services.assessments.domain.faults import Fault
from services.assessments.domain.identifiers import names_child
from services.assessments.schemas import Registration, Subject, Subjects
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent, NotFound
from shared.http.refusals import pointer

T = TypeVar("T")


def register_subject(work: UnitOfWork, registration: Registration) -> tuple[Subject, bool]:
    """Take a child into screening; True where it is new. Again on the same content is no change."""
    known = subject_repository.find_subject(work, registration.subject)
    if known is None:
        _check_registration(work, registration)
        if subject_repository.add_subject(work, registration.model_dump()):
            publish(work, events.subject_registered(registration))
            return read_subject(work, registration.subject), True
        known = subject_repository.find_subject(work, registration.subject)
    if known is None:
        raise errors.SubjectKnown
    subject = answers.subject(known)
    if subject.model_dump(include=set(Registration.model_fields)) != registration.model_dump():
        raise errors.SubjectKnown
    return subject, False


def _check_registration(work: UnitOfWork, registration: Registration) -> None:
    site = subject_repository.find_site(work, registration.site)
    # A site that is not the caller's is refused exactly as one that does not exist.
    if site is None or not work.principal.may_see(registration.site):
        raise NotFound("There is no such site here.")
    if site["state"] != "open":
        raise errors.SiteNotOpen
    faults = []
    if registration.consented_on > local_date(work.now, site["time_zone"]):
        faults.append(Fault(("consented_on",), "date-in-future", "This day has not come yet."))
    if registration.birth_year_month > registration.consented_on.isoformat()[:7]:
        faults.append(Fault(("birth_year_month",), "after-consent", "This is after the consent."))
    if names_child(registration.subject, registration.birth_year_month):
        words = "a subject number tells nothing of the child: no name, no date of birth"
        faults.append(Fault(("subject",), "identifier-refused", words))
    if not _may_be_screened_again(work, registration):
        where = ("rescreening_of",)
        faults.append(Fault(where, "not-rescreenable", "There is no such failed screening."))
    if faults:
        raise invalid(faults)


def _may_be_screened_again(work: UnitOfWork, registration: Registration) -> bool:
    """A child may get another screening number while the earlier one led to no allocation."""
    if registration.rescreening_of is None:
        return True
    before = subject_repository.find_subject(work, registration.rescreening_of)
    return (
        before is not None
        and before["randomized_at"] is None
        and before["subject_id"] != registration.subject
        and before["birth_year_month"] == registration.birth_year_month
    )


def list_subjects(work: UnitOfWork, page: Page) -> Subjects:
    rows = subject_repository.list_subjects(work, page.after, page.limit + 1)
    return Subjects(
        items=[answers.subject(row) for row in page.cut(rows)], next=page.next(rows, "subject_id")
    )


def read_subject(work: UnitOfWork, subject: str) -> Subject:
    return answers.subject(found(subject_repository.find_subject(work, subject)))


def local_date(instant: datetime, time_zone: str | None) -> date:
    """The calendar date of an instant at a site."""
    return instant.astimezone(ZoneInfo(time_zone or "UTC")).date()


def invalid(faults: Sequence[Fault]) -> InvalidContent:
    """The problem that tells all faults of a request body."""
    return InvalidContent(
        errors=[FieldError(pointer(("body", *f.where)), f.code, f.detail) for f in faults]
    )


def found(thing: T | None) -> T:
    """The thing; ``NotFound`` where there is none, or none that the caller may see."""
    if thing is None:
        raise NotFound
    return thing
