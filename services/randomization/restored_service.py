"""Allocations that were lost with a restore come back as what they were: child, position, arm, id,
number and instant.

The list says the arm; the site's confirmation has to agree. The position is the next one of its
stratum, so that the order of the list stays whole: what lies before it is entered, or voided,
first. As with an envelope, rules refuse nothing: the child is randomized already.
"""

import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.randomization import (
    aftercare_repository,
    answers,
    errors,
    events,
    explanation,
    replacement,
    strategy,
)
from services.randomization import allocation_repository as repository
from services.randomization import restored_repository as restored
from services.randomization.domain import gate
from services.randomization.restored_schemas import LostAllocation, RestoredAllocation
from services.randomization.schemas import AllocationRequest
from services.randomization.service import (
    check_signature,
    examine,
    found,
    known_subject,
    randomization_number,
    refused,
    sign_allocation,
)
from services.randomization.vault import TakenSlot, Vault
from shared.database.idempotency import content_hash
from shared.database.outbox import publish, publish_again
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, InvalidContent

Row = Mapping[str, Any]
# A printed confirmation tells seconds.
PRINTED = timedelta(seconds=1)
POSITION_RULE = "the position that it had before the database was restored"


def enter_lost(
    work: UnitOfWork, request: LostAllocation, vault: Vault
) -> tuple[RestoredAllocation, bool]:
    """Enter an allocation that a site holds; True where it was not there.

    Its content hash is that of the first request, so that a caller who never learnt of the restore
    and asks again gets this answer. Raises ``NotHeld``, ``SubjectUnknown``, ``AlreadyAllocated``,
    ``PositionUnknown``, ``PositionOutOfOrder``, ``ProofRefused``, ``NotAsSeen``, ``SealBroken``.
    """
    submitted = content_hash(_as_requested(request).model_dump(mode="json"))
    known = known_subject(work, request.subject, request.site)
    if known["allocated_on_hash"] is not None:
        return _as_there(work, request, submitted == known["allocated_on_hash"]), False
    check_signature(work, request.site)
    if known["time_zone"] is None:
        raise errors.SiteNotOpen
    if known["allocated_before"]:
        raise errors.AlreadyAllocated("The child has an allocation under an earlier number.")
    replacement.check(work, request.replaces)
    seen = _seen(work, request)
    passage = examine(work, request, known, at=seen["randomized_at"])
    choice, taken = _take(work, request, vault, passage)
    weighed, deviations = _weigh(work, request, known, passage, seen)
    facts = _facts(work, request, passage, choice, seen) | {"country": taken["country"]}
    facts["explanation"] = _explained(work, request, passage, choice) | {
        "deviations": deviations, "cap_reached": weighed["cap"],
    }  # fmt: skip
    work.because(request.reason)
    row = repository.add_allocation(work, facts, submitted)
    sign_allocation(work, row)
    _tell(work, row, seen, weighed)
    return _answer(work, row), True


def _as_requested(request: LostAllocation) -> AllocationRequest:
    return AllocationRequest(**{name: getattr(request, name)
                                for name in AllocationRequest.model_fields})  # fmt: skip


def _as_there(work: UnitOfWork, request: LostAllocation, same: bool) -> RestoredAllocation:
    """The allocation that there is, where it is the one that was sent."""
    row, proof = found(work, request.subject), request.proof
    opening = row["opening"] or {}
    if not same or row["source"] != "restored" or opening.get("commitment") != proof.commitment:
        raise errors.AlreadyAllocated
    return _answer(work, row)


def _seen(work: UnitOfWork, request: LostAllocation) -> dict[str, Any]:
    """Id and instant of the allocation: an event's, where others hold one; else as the site says.

    Raises ``NotAsSeen`` where the two differ, ``InvalidContent`` for an instant that cannot be."""
    if request.randomized_at > work.now:
        fault = FieldError("/randomized_at", "in-the-future", "This moment is yet to come.")
        raise InvalidContent(errors=[fault])
    event = restored.lost_of(work, request.subject)
    if event is None:
        return {"allocation_id": request.allocation_id, "randomized_at": request.randomized_at,
                "event_id": None}  # fmt: skip
    differs = [
        FieldError(f"/{name}", "not-as-seen", "An event tells it otherwise.")
        for name, agrees in {
            "site": event["site_id"] == request.site,
            "allocation_id": request.allocation_id in (None, event["allocation_id"]),
            "randomized_at": abs(event["randomized_at"] - request.randomized_at) < PRINTED,
        }.items()
        if not agrees
    ]
    if differs:
        raise errors.NotAsSeen(errors=differs)
    return {name: event[name] for name in ("allocation_id", "randomized_at", "event_id")}


def _take(
    work: UnitOfWork, request: LostAllocation, vault: Vault, passage: gate.Passage
) -> tuple[strategy.Choice, Row]:
    """Take the position, and hold commitment and arm against it, in this order."""
    proof = request.proof
    taken = restored.take_lost(
        work,
        list=proof.list_id,
        site=request.site,
        label=proof.stratum,
        position=proof.position,
        subject=request.subject,
    )
    if taken["refusal"] is not None:
        raise refused(work, request.subject, taken)
    if not hmac.compare_digest(bytes(taken["commitment"]).hex(), proof.commitment):
        raise errors.ProofRefused
    if proof.stratum == "*" and passage.stratum is None:
        raise errors.StratumRefused
    slot = TakenSlot.of(
        taken, label=proof.stratum, list_id=proof.list_id, position=taken["position"]
    )
    published = vault.published(work.study, repository.find_published(work, proof.list_id))
    choice = strategy.choose(work, vault, slot, published, passage.levels)
    if choice.arm != request.arm:
        raise errors.NotAsSeen(errors=[FieldError("/arm", "not-as-sealed", "The list differs.")])
    return choice, taken


def _weigh(
    work: UnitOfWork, request: LostAllocation, known: Row, passage: gate.Passage, seen: Row
) -> tuple[Row, list[str]]:
    """What the caps say now, and every rule that what is known now would have refused it by."""
    label, caps = _stratum(request, passage), work.definition().randomization.caps
    today = seen["randomized_at"].astimezone(ZoneInfo(known["time_zone"])).date()
    weighed = aftercare_repository.weigh_entry(
        work, request.site, label, today, [cap.model_dump(mode="json") for cap in caps]
    )
    deviations = [fault.code for fault in passage.faults]
    if known["state"] == "withdrawn":  # randomized it may be called already: its event was kept
        deviations.append("subject-withdrawn")
    deviations += weighed["deviations"]
    if passage.stratum is not None and passage.stratum != label:
        deviations.append("restored-stratum")
    return weighed, list(dict.fromkeys(deviations))


def _stratum(request: LostAllocation, passage: gate.Passage) -> str:
    """The stratum as it was used: a list's own, and for minimisation that of the values."""
    return request.proof.stratum if request.proof.stratum != "*" else passage.stratum or ""


def _facts(
    work: UnitOfWork, request: LostAllocation, passage: gate.Passage, choice: strategy.Choice,
    seen: Row,
) -> dict[str, Any]:  # fmt: skip
    stratum = _stratum(request, passage)
    return {
        "allocation_id": seen["allocation_id"],
        "subject": request.subject,
        "site": request.site,
        "number": randomization_number(work.study, request.subject),
        "source": "restored",
        "list": choice.list_id,
        "label": choice.label,
        "position": choice.position,
        "stratum": stratum,
        "levels": strategy.levels_of(stratum),
        "arm": choice.arm,
        "fake_arm": choice.fake_arm,
        "replaces": request.replaces,
        "at": seen["randomized_at"],
        "gate": {"values": dict(request.values), "strata": dict(request.strata)},
        "opening": choice.opening,
    }


def _explained(
    work: UnitOfWork, request: LostAllocation, passage: gate.Passage, choice: strategy.Choice
) -> dict[str, Any]:
    stratum = _stratum(request, passage)
    return explanation.of(work, passage, choice) | {
        "position_rule": POSITION_RULE,
        "stratum": stratum,
        "levels": strategy.levels_of(stratum),
        "reason": request.reason,
    }


def _tell(work: UnitOfWork, row: Row, seen: Row, weighed: Row) -> None:
    """The same event again, where others hold it: an id has one content."""
    if seen["event_id"] is None or not publish_again(work, seen["event_id"]):
        publish(work, events.subject_randomized(row), at=row["randomized_at"])
    for alert in weighed["alerts"] or ():
        publish(work, events.cap_threshold(alert))


def _answer(work: UnitOfWork, row: Row) -> RestoredAllocation:
    told = repository.find_explanation(work, row["subject_id"])
    deviations = [] if told is None else told["explanation"].get("deviations", [])
    shown = answers.allocation(work, row)
    return RestoredAllocation(**dict(shown), deviations=deviations)
