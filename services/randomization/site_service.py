"""Use cases of sites, and of enrolment as a whole: open, pause, close, reopen."""

from collections.abc import Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.randomization import answers, errors, events, repository
from services.randomization.schemas import (
    EnrolmentChange,
    EnrolmentState,
    Site,
    SiteChange,
    SiteOpening,
    Sites,
)
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent, NotFound

# What the platform calls a study that enrols.
_AS_STORED = {"open": "active", "paused": "paused", "closed": "closed"}
_AS_TOLD: Mapping[str, Literal["open", "paused", "closed"]] = {
    "active": "open",
    "paused": "paused",
    "closed": "closed",
}


def open_site(work: UnitOfWork, opening: SiteOpening) -> Site:
    """Open a site. Opening it again on the same content changes nothing."""
    try:
        ZoneInfo(opening.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fault = FieldError("/time_zone", "zone-unknown", "This is no IANA time zone.")
        raise InvalidContent(errors=[fault]) from None
    if not repository.open_site(work, opening.model_dump()):
        site = answers.site(_found(repository.find_site(work, opening.site)))
        if site.model_dump(include=set(SiteOpening.model_fields)) != opening.model_dump():
            raise errors.SiteKnown
        return site
    publish(work, events.site_opened(opening.site, opening.country))
    return answers.site(_found(repository.find_site(work, opening.site)))


def list_sites(work: UnitOfWork, page: Page) -> Sites:
    rows = repository.list_sites(work, page.after, page.limit + 1)
    return Sites(
        items=[answers.site(row) for row in page.cut(rows)], next=page.next(rows, "site_id")
    )


def change_site(work: UnitOfWork, site: str, change: SiteChange) -> Site:
    """Pause, close or reopen a site, or set the end of its approval."""
    if not work.principal.may_see(site):
        raise NotFound
    before = _found(repository.lock_site(work, site))
    if change.state is None and change.approved_until is None:
        fault = FieldError("/state", "missing", "There is nothing to change.")
        raise InvalidContent(errors=[fault])
    state = change.state or before["state"]
    until = change.approved_until or before["approved_until"]
    if (state, until) == (before["state"], before["approved_until"]):
        raise errors.StateUnchanged
    work.because(change.reason)
    repository.change_site(work, site, state, until)
    if state != before["state"]:
        publish(work, events.enrolment_changed(site, state))
    return answers.site(_found(repository.find_site(work, site)))


def change_enrolment(work: UnitOfWork, change: EnrolmentChange) -> EnrolmentState:
    """Pause, close or reopen the study. A child who has an allocation is still told it."""
    work.because(change.reason)
    before = repository.set_enrolment(work, _AS_STORED[change.state])
    if _AS_TOLD[before] == change.state:
        raise errors.StateUnchanged
    publish(work, events.enrolment_changed(None, change.state))
    return EnrolmentState(study=work.study, state=change.state)


def _found(row: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if row is None:
        raise NotFound
    return row
