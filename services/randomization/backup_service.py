"""Late entries: children who were randomized from envelopes while the system was away.

An envelope that was opened has randomized its child, whatever the rules say: the late entry records
what was wrong about it and refuses only what cannot have been so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from services.randomization import (
    aftercare_repository,
    answers,
    envelopes_repository,
    errors,
    events,
    explanation,
    list_repository,
    replacement,
    strategy,
)
from services.randomization import allocation_repository as repository
from services.randomization.aftercare_service import record_true_stratum
from services.randomization.domain import envelopes, gate
from services.randomization.envelopes_schemas import BackupAllocation, BackupRequest, NamedEnvelope
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
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, InvalidContent

Row = Mapping[str, Any]
CONTRADICTED = "The values say another stratum than the envelope's"


@dataclass(frozen=True)
class _Entry:
    """What a late entry rests on. ``deviations`` are ids of rules, in order, each once."""

    request: BackupRequest
    passage: gate.Passage
    deviations: tuple[str, ...]
    weighed: Row
    submitted: str


def enter_backup(
    work: UnitOfWork, request: BackupRequest, vault: Vault
) -> tuple[BackupAllocation, bool]:
    """Enter a child who was randomized from an envelope; True where the entry is new.

    The stratum as used is the envelope's. Where the values say another, that one becomes the true
    stratum beside it. Study, site and caps are weighed as they are at the entry. Raises
    ``SubjectUnknown``, ``AlreadyAllocated``, ``EnvelopeUnknown``, ``EnvelopeOutOfOrder``,
    ``EnvelopeCode``, ``EnvelopeArm``, ``SealBroken``.
    """
    submitted = content_hash(request.model_dump(mode="json"))
    known = known_subject(work, request.subject, request.site)
    if known["allocated_on_hash"] is not None:
        if known["allocated_on_hash"] != submitted:
            raise errors.AlreadyAllocated
        return _answer(work, found(work, request.subject)), False
    check_signature(work, request.site)
    if known["time_zone"] is None:
        raise errors.SiteNotOpen
    if known["allocated_before"]:
        raise errors.AlreadyAllocated("The child has an allocation under an earlier number.")
    replacement.check(work, request.replaces)
    _check_opened_at(work, request)
    choice, taken = _take(work, request, vault)
    entry = _judge(work, request, known, submitted)
    row = _record(work, entry, choice, taken)
    return _answer(work, row), True


def _check_opened_at(work: UnitOfWork, request: BackupRequest) -> None:
    """An envelope is opened in the past, and after its list was put in force."""
    fault = None
    if request.opened_at > work.now:
        fault = FieldError("/opened_at", "in-the-future", "This moment is yet to come.")
    row = list_repository.find_list(work, request.envelope.list_id)
    active_since = None if row is None else row["activated_at"]
    if active_since is not None and request.opened_at < active_since:
        fault = FieldError("/opened_at", "before-activation", "There was no such envelope then.")
    if fault is not None:
        raise InvalidContent(errors=[fault])


def _take(work: UnitOfWork, request: BackupRequest, vault: Vault) -> tuple[strategy.Choice, Row]:
    """Take the slot behind the envelope, and hold code and arm against it, in this order."""
    told = request.envelope
    taken = repository.take_envelope(
        work,
        list=told.list_id,
        site=request.site,
        label=told.stratum,
        position=told.position,
        subject=request.subject,
    )
    if taken["refusal"] is not None:
        raise refused(work, request.subject, taken)
    check_code(work, vault, told.list_id, told)
    slot = TakenSlot.of(taken, label=told.stratum, list_id=told.list_id, position=told.position)
    published = vault.published(work.study, repository.find_published(work, told.list_id))
    choice = strategy.choose(work, vault, slot, published, strategy.levels_of(told.stratum))
    if choice.arm != request.arm:
        raise errors.EnvelopeArm
    return choice, taken


def check_code(work: UnitOfWork, vault: Vault, list_id: str, told: NamedEnvelope) -> None:
    """Raises ``EnvelopeCode`` where the code is not that of the envelope."""
    place = envelopes.Place(work.study, list_id, told.stratum, told.position)
    code = envelopes.code_of(vault.list_key(work.study, list_id), place)
    if not envelopes.same_code(code, told.code):
        raise errors.EnvelopeCode


def _judge(work: UnitOfWork, request: BackupRequest, known: Row, submitted: str) -> _Entry:
    """Everything that would have refused the child, had it been asked for at the opening."""
    told, caps = request.envelope, work.definition().randomization.caps
    passage = examine(work, request, known, at=request.opened_at)
    today = request.opened_at.astimezone(ZoneInfo(known["time_zone"])).date()
    weighed = aftercare_repository.weigh_entry(
        work, request.site, told.stratum, today, [cap.model_dump(mode="json") for cap in caps]
    )
    deviations = [fault.code for fault in passage.faults]
    if known["state"] != "screening":
        deviations.append("subject-withdrawn")
    deviations += weighed["deviations"]
    if passage.stratum is not None and passage.stratum != told.stratum:
        deviations.append("envelope-stratum")
    before = envelopes_repository.last_opened(work, told.list_id, told.stratum)
    if before is not None and request.opened_at < before:
        deviations.append("opened-before-earlier-envelope")
    return _Entry(request, passage, tuple(dict.fromkeys(deviations)), weighed, submitted)


def _record(work: UnitOfWork, entry: _Entry, choice: strategy.Choice, taken: Row) -> Row:
    work.because(entry.request.reason)
    row = repository.add_allocation(work, _facts(work, entry, choice, taken), entry.submitted)
    sign_allocation(work, row)
    publish(work, events.subject_randomized(row))
    if "envelope-stratum" in entry.deviations:
        true, levels = entry.passage.stratum or "", entry.passage.levels
        record_true_stratum(work, row, true, levels, CONTRADICTED)
    for alert in entry.weighed["alerts"] or ():
        publish(work, events.cap_threshold(alert))
    if strategy.runs_low(work.definition(), choice.position, purpose="downtime"):
        publish(work, events.list_low(choice.list_id, choice.label))
    return row


def _facts(work: UnitOfWork, entry: _Entry, choice: strategy.Choice, taken: Row) -> dict[str, Any]:
    request = entry.request
    return {
        "subject": request.subject,
        "site": request.site,
        "country": taken["country"],
        "number": randomization_number(work.study, request.subject),
        "source": "backup",
        "list": choice.list_id,
        "label": choice.label,
        "position": choice.position,
        "stratum": choice.label,
        "levels": strategy.levels_of(choice.label),
        "arm": choice.arm,
        "fake_arm": choice.fake_arm,
        "replaces": request.replaces,
        "at": request.opened_at,
        "gate": {"values": dict(request.values), "strata": dict(request.strata)},
        "opening": choice.opening,
        "explanation": _explanation(work, entry, choice),
    }


def _explanation(work: UnitOfWork, entry: _Entry, choice: strategy.Choice) -> dict[str, Any]:
    told = explanation.of(work, entry.passage, choice)
    return told | {
        "position_rule": "the next unopened envelope of the stratum at the site",
        "stratum": choice.label,
        "levels": strategy.levels_of(choice.label),
        "stratum_by_values": entry.passage.stratum,
        "rules_passed": [rule for rule in entry.passage.rules if rule not in entry.deviations],
        "deviations": list(entry.deviations),
        "contradicted": list(entry.passage.contradicted),
        "cap_reached": entry.weighed["cap"],
        "reason": entry.request.reason,
        "opened_at": entry.request.opened_at.isoformat(),
    }


def _answer(work: UnitOfWork, row: Row) -> BackupAllocation:
    told = repository.find_explanation(work, row["subject_id"])
    deviations = [] if told is None else told["explanation"].get("deviations", [])
    shown = answers.allocation(work, row)
    return BackupAllocation(**dict(shown), deviations=deviations)
