"""Use cases of the randomization service. Each runs inside the caller's transaction."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.randomization import errors, events, repository
from services.randomization.domain import gate, slots
from services.randomization.schemas import (
    ActiveList,
    Allocation,
    AllocationRequest,
    Allocations,
    Enrolment,
    ListActivation,
    Site,
    SiteEnrolment,
    SiteOpening,
    Sites,
    UploadedListBody,
)
from shared.database.idempotency import content_hash
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent, NotFound


def open_site(work: UnitOfWork, opening: SiteOpening) -> Site:
    """Open a site. Opening it again on the same content changes nothing."""
    try:
        ZoneInfo(opening.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fault = FieldError("/time_zone", "zone-unknown", "This is no IANA time zone.")
        raise InvalidContent(errors=[fault]) from None
    if not repository.open_site(work, **opening.model_dump()):
        site = _site(repository.find_site(work, opening.site) or {})
        if site.model_dump(include=set(SiteOpening.model_fields)) != opening.model_dump():
            raise errors.SiteKnown
        return site
    publish(work, events.site_opened(opening.site, opening.country))
    return _site(repository.find_site(work, opening.site) or {})


def list_sites(work: UnitOfWork, page: Page) -> Sites:
    rows = repository.list_sites(work, page.after, page.limit + 1)
    return Sites(items=[_site(row) for row in page.cut(rows)], next=page.next(rows, "site_id"))


def activate_list(work: UnitOfWork, body: ListActivation) -> ActiveList:
    """Generate or take a list and make it the one that allocations are taken from."""
    definition = work.definition()
    if repository.active_list(work) is not None:
        raise errors.ListActive
    if isinstance(body, UploadedListBody):
        content = [slots.Slot(s.stratum, s.position, s.arm) for s in body.slots]
        faults = slots.examine(definition, content)
        if faults:
            raise errors.ListRefused(errors=[_list_fault(fault) for fault in faults[:100]])
    else:
        try:
            content = slots.generate(definition, body.list_id, bytes.fromhex(body.secret))
        except ValueError as error:
            fault = FieldError("/method", "wrong-method", str(error))
            raise errors.ListRefused(errors=[fault]) from None
    work.because("list activated")
    repository.load_list(work, body.list_id, body.method, slots.content_hash(content), content)
    publish(work, events.list_activated(body.list_id))
    return ActiveList(
        study=work.study,
        list_id=body.list_id,
        method=body.method,
        state="active",
        activated_at=work.now,
    )


def allocate(work: UnitOfWork, request: AllocationRequest) -> tuple[Allocation, bool]:
    """Give a child its arm; True where the child is new.

    A child that was allocated before on the same content gets the same answer, whatever has become
    of the study, the site or the child's age since: a retry never turns into a refusal.
    """
    submitted = content_hash(request.model_dump(mode="json"))
    known = repository.read_gate(work, request.subject)
    if known is None or known["site_id"] != request.site:
        raise errors.SubjectUnknown(errors=[_pointing("/subject", "subject-unknown")])
    if known["allocated_on_hash"] is not None:
        if known["allocated_on_hash"] != submitted:
            raise errors.AlreadyAllocated
        return read_allocation(work, request.subject), False
    if known["time_zone"] is None:
        raise errors.SiteNotOpen
    if known["state"] != "screening":
        raise errors.SubjectUnknown(errors=[_pointing("/subject", "subject-withdrawn")])
    passage = gate.examine(
        work.definition(),
        request.values,
        request.strata,
        gate.Known(
            today=work.now.astimezone(ZoneInfo(known["time_zone"])).date(),
            consented_on=known["consented_on"],
        ),
    )
    if passage.stratum is None:
        raise errors.NotEligible(errors=[_gate_fault(fault) for fault in passage.faults])
    allocation = _allocation(
        repository.allocate(
            work,
            subject=request.subject,
            site=request.site,
            number=randomization_number(work.study, request.subject),
            stratum=passage.stratum,
            gate={"values": dict(request.values), "strata": dict(request.strata)},
            content_hash=submitted,
        )
    )
    publish(work, events.subject_randomized(allocation))
    return allocation, True


def randomization_number(study: str, subject: str) -> str:
    """An opaque number: it tells neither arm, nor stratum, nor order."""
    digest = hashlib.sha256(f"{study}\x00{subject}".encode()).digest()
    return "R" + base64.b32encode(digest)[:9].decode()


def read_allocation(work: UnitOfWork, subject: str) -> Allocation:
    row = repository.find_allocation(work, subject)
    if row is None:
        raise NotFound
    return _allocation(row)


def list_allocations(work: UnitOfWork, page: Page) -> Allocations:
    rows = repository.list_allocations(work, page.after, page.limit + 1)
    return Allocations(
        items=[_allocation(row) for row in page.cut(rows)], next=page.next(rows, "subject_id")
    )


def read_enrolment(work: UnitOfWork) -> Enrolment:
    sites = [
        SiteEnrolment(site=r["site_id"], screened=r["screened"], randomized=r["randomized"])
        for r in repository.enrolment(work)
        if work.principal.may_see(r["site_id"])
    ]
    return Enrolment(
        study=work.study,
        planned=work.definition().identity.planned_subjects,
        screened=sum(site.screened for site in sites),
        randomized=sum(site.randomized for site in sites),
        sites=sites,
    )


def _site(row: Mapping[str, Any]) -> Site:
    return Site(
        study=row["study_id"],
        site=row["site_id"],
        name=row["name"],
        country=row["country"],
        time_zone=row["time_zone"],
        state=row["state"],
        opened_at=row["opened_at"],
    )


def _allocation(row: Mapping[str, Any]) -> Allocation:
    return Allocation(
        allocation_id=str(row["allocation_id"]),
        study=row["study_id"],
        subject=row["subject_id"],
        site=row["site_id"],
        randomization_number=row["randomization_number"],
        arm=row["arm"],
        stratum=row["stratum"],
        list_id=row["list_id"],
        definition_version=row["definition_version"],
        randomized_at=row["randomized_at"],
    )


def _list_fault(fault: slots.ListFault) -> FieldError:
    pointer = "/slots" if fault.row is None else f"/slots/{fault.row}"
    return FieldError(pointer, fault.code, fault.detail)


def _gate_fault(fault: gate.GateFault) -> FieldError:
    pointer = "/values" if fault.item is None else f"/values/{fault.item}"
    if fault.code.startswith(("stratum-", "unknown-factor")):
        pointer = f"/strata/{fault.item}"
    return FieldError(pointer, fault.code, fault.detail, fault.source)


def _pointing(pointer: str, code: str) -> FieldError:
    return FieldError(pointer, code, "There is no such subject in screening at this site.")
