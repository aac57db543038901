"""The allocation: the one use case that everything else here serves.

It runs inside the caller's transaction and draws no randomness: what a child gets was fixed when
the list was sealed.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.randomization import allocation_repository as repository
from services.randomization import answers, errors, events, explanation, replacement, strategy
from services.randomization.domain import cross_check, gate
from services.randomization.schemas import (
    Allocation,
    AllocationDetail,
    AllocationRequest,
    Allocations,
)
from services.randomization.unblinded_repository import note_logged_read
from services.randomization.vault import TakenSlot, Vault
from shared.database.errors import Overtaken
from shared.database.idempotency import content_hash
from shared.database.outbox import publish
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound, SignatureNotFitting, SignatureRequired

Row = Mapping[str, Any]


def allocate(work: UnitOfWork, request: AllocationRequest, vault: Vault) -> tuple[Allocation, bool]:
    """Give a child its arm; True where the child is new.

    A child that was allocated before on the same content gets the same answer, whatever has become
    of the study, the site or the child's age since: a retry never turns into a refusal.
    """
    submitted = content_hash(request.model_dump(mode="json"))
    known = known_subject(work, request.subject, request.site)
    if known["allocated_on_hash"] is not None:
        if known["allocated_on_hash"] != submitted:
            raise errors.AlreadyAllocated
        return answers.allocation(work, found(work, request.subject)), False
    check_signature(work, request.site)
    check_enrolling(known)
    replacement.check(work, request.replaces)
    passage = examine(work, request, known)
    if passage.faults or passage.stratum is None:
        raise errors.NotEligible(errors=[gate_fault(fault) for fault in passage.faults])
    decision, taken = _take(work, request, passage, known, vault)
    row = _record(work, request, passage, decision, taken, submitted)
    return answers.allocation(work, row), True


def known_subject(work: UnitOfWork, subject: str, site: str) -> Row:
    """What is known of a child in screening. Raises ``SubjectUnknown``, whether there is no such
    child or it is another site's. A child whose withdrawal is on record is a withdrawn one."""
    known = repository.read_gate(work, subject)
    if known is None or known["site_id"] != site:
        raise errors.SubjectUnknown(errors=[_at_subject("subject-unknown")])
    if cross_check.withdrawn(work.definition(), known["recorded"]):
        return {**known, "state": "withdrawn"}
    return known


def check_enrolling(known: Row) -> None:
    """Raises a problem where the child cannot be allocated whatever its values are."""
    if known["time_zone"] is None:
        raise errors.SiteNotOpen
    if known["allocated_before"]:
        raise errors.AlreadyAllocated("The child has an allocation under an earlier number.")
    if known["state"] != "screening":
        raise errors.SubjectUnknown(errors=[_at_subject("subject-withdrawn")])


def check_signature(work: UnitOfWork, site: str) -> None:
    """The investigator's signature, where the study asks for one: of somebody at the site."""
    if work.signature is None and work.definition().randomization.request_signature:
        raise SignatureRequired
    if work.signature is not None and not work.signature.may_see(site):
        raise SignatureNotFitting("The signer is not of this site.")


def examine(
    work: UnitOfWork, request: AllocationRequest, known: Row, at: datetime | None = None
) -> gate.Passage:
    """The gate, by the local date of the site; ``at`` where it was passed before now."""
    year, month = known["birth_year_month"].split("-")
    return gate.examine(
        work.definition(),
        request.values,
        request.strata,
        gate.Known(
            today=(at or work.now).astimezone(ZoneInfo(known["time_zone"])).date(),
            consented_on=known["consented_on"],
            born=(int(year), int(month)),
            recorded=known["recorded"],
        ),
    )


def gate_fault(fault: gate.GateFault) -> FieldError:
    pointer = "/values" if fault.item is None else f"/values/{fault.item}"
    if fault.code.startswith(("stratum-", "unknown-factor")):
        pointer = f"/strata/{fault.item}"
    return FieldError(pointer, fault.code, fault.detail, fault.source)


def randomization_number(study: str, subject: str) -> str:
    """An opaque number: it tells neither arm, nor stratum, nor order."""
    digest = hashlib.sha256(f"{study}\x00{subject}".encode()).digest()
    return "R" + base64.b32encode(digest)[:9].decode()


def read_allocation(work: UnitOfWork, subject: str) -> AllocationDetail:
    row = repository.find_allocation(work, subject)
    if row is None:
        raise NotFound
    note_logged_read(work, "read_allocation", subject)
    return answers.detail(work, row)


def list_allocations(work: UnitOfWork, page: Page) -> Allocations:
    rows = repository.list_allocations(work, page.after, page.limit + 1)
    note_logged_read(work, "list_allocations", f"after {page.after}")
    return Allocations(
        items=[answers.detail(work, row) for row in page.cut(rows)],
        next=page.next(rows, "subject_id"),
    )


def found(work: UnitOfWork, subject: str) -> Row:
    row = repository.find_allocation(work, subject)
    if row is None:
        raise AssertionError("an allocation that was there is there for good")
    return row


def _take(
    work: UnitOfWork, request: AllocationRequest, passage: gate.Passage, known: Row, vault: Vault
) -> tuple[strategy.Choice, Row]:
    """Lock, take the next slot, open it, and read off (or work out) the arm."""
    randomization = work.definition().randomization
    label = strategy.label(work.definition(), passage.stratum or "")
    place = {
        "site": request.site,
        "label": label,
        "stratum": passage.stratum,
        "subject": request.subject,
        "today": work.now.astimezone(ZoneInfo(known["time_zone"])).date(),
    }
    caps = [cap.model_dump(mode="json") for cap in randomization.caps]
    taken = repository.take_slot(work, place, caps, randomization.locks_whole_study)
    if taken["held"]:
        raise errors.AllocationHeld
    if taken["refusal"] is not None:
        raise refused(work, request.subject, taken)
    slot = TakenSlot.of(taken, label=label, list_id=taken["list_id"], position=taken["position"])
    published = vault.published(work.study, taken)
    return strategy.choose(work, vault, slot, published, passage.levels), taken


def refused(work: UnitOfWork, subject: str, taken: Row) -> Exception:
    """Why a child gets no slot. ``Overtaken`` where it has one by now: the same request was
    quicker, and took what this one is refused, be it the last slot or the next envelope."""
    if repository.find_allocation(work, subject) is not None:
        return Overtaken()
    return refusal(taken)


def refusal(taken: Row) -> Exception:
    """The problem behind what the database said; a cap is told by its id."""
    if taken["refusal"] == "list-broken":
        return errors.ListBroken(taken["list_id"])
    problem = errors.REFUSALS[taken["refusal"]]
    if taken.get("cap") is None:
        return problem()
    return problem(errors=[FieldError("/site", taken["cap"], "This limit is reached.")])


def _record(
    work: UnitOfWork,
    request: AllocationRequest,
    passage: gate.Passage,
    choice: strategy.Choice,
    taken: Row,
    submitted: str,
) -> Row:
    facts = {
        "subject": request.subject,
        "site": request.site,
        "country": taken["country"],
        "number": randomization_number(work.study, request.subject),
        "source": "system",
        "list": choice.list_id,
        "label": choice.label,
        "position": choice.position,
        "stratum": passage.stratum,
        "levels": dict(passage.levels),
        "arm": choice.arm,
        "fake_arm": choice.fake_arm,
        "replaces": request.replaces,
        "at": work.origin.clock.now(taken["taken_at"]),
        "gate": {"values": dict(request.values), "strata": dict(request.strata)},
        "opening": choice.opening,
        "explanation": explanation.of(work, passage, choice),
    }
    row = repository.add_allocation(work, facts, submitted)
    if work.signature is not None:
        sign_allocation(work, row)
    publish(work, events.subject_randomized(row), at=row["randomized_at"])
    for alert in taken["alerts"] or ():
        publish(work, events.cap_threshold(alert))
    if strategy.runs_low(work.definition(), choice.position):
        publish(work, events.list_low(choice.list_id, choice.label))
    return row


def sign_allocation(work: UnitOfWork, row: Row) -> None:
    """Bind the signature to what was asked and decided, but for the arm: that stays the list's."""
    content = {
        "subject": row["subject_id"],
        "site": row["site_id"],
        "stratum": row["stratum"],
        "randomization_number": row["randomization_number"],
    }
    sign(
        work,
        table="randomization.allocation",
        key=str(row["allocation_id"]),
        content=content,
        subject=row["subject_id"],
        site=row["site_id"],
    )


def _at_subject(code: str) -> FieldError:
    detail = {
        "subject-unknown": "There is no such subject at this site.",
        "subject-withdrawn": "The subject is withdrawn, or not in screening any more.",
    }[code]
    return FieldError("/subject", code, detail)
