"""What is done about a case beside its versions: receipts, lock, links, waivers."""

import uuid
from collections.abc import Iterator, Sequence

from services.safety import (
    errors,
    fact_repository,
    obligation_repository,
    obligation_service,
    repository,
    service,
    version_service,
)
from services.safety.case_life import is_locked
from services.safety.case_schemas import CaseLink, CaseLock, Receipt, Waiver
from services.safety.domain.case import FIRST
from services.safety.domain.facts import Fact, Kind
from services.safety.domain.intake import IntakeFault, later_than, unknown_zone
from services.safety.domain.obligations import RUNNING
from services.safety.domain.telling import Told
from services.safety.repository import Row
from services.safety.schemas import Case
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound
from shared.study.safety import Safety


def add_receipt(work: UnitOfWork, number: str, body: Receipt) -> Case:
    """Another receipt by the sponsor's side: the earliest counts, whenever it is recorded."""
    safety = version_service.safety_of(work)
    case, _, facts = version_service.changeable(work, number)
    zone = body.received_zone or safety.receiver_time_zone
    version_service.refuse(list(_receipt_faults(work, safety, body, zone)))
    work.because(body.reason)
    told = [
        Told("receipt", {"party": body.party, "reference": body.reference}, body.received_at, zone,
             body.source),
        *held_then(safety, facts, body, zone),
        *version_service.reopened(work, facts, zone, body.source),
    ]  # fmt: skip
    made = fact_repository.add(work, case, told, reason=body.reason)
    obligation_service.recompute(work, case, made[0])
    return service.read_case(work, number)


def change_lock(work: UnitOfWork, number: str, body: CaseLock) -> Case:
    """Lock a case, or unlock it. New information unlocks it by itself."""
    case, _, facts = version_service.changeable(work, number)
    if is_locked(facts) == body.locked:
        raise errors.LockUnchanged
    work.because(body.reason)
    zone = version_service.safety_of(work).receiver_time_zone
    told = Told("lock", {"locked": body.locked}, work.now, zone, version_service.source_of(work))
    fact_repository.add(work, case, [told], reason=body.reason)
    return service.read_case(work, number)


def link(work: UnitOfWork, number: str, body: CaseLink) -> Case:
    """Name another report that belongs to this case; neither is changed by it."""
    case, _, _ = version_service.changeable(work, number)
    if body.case_number is not None:
        other = repository.find_case(work, body.case_number)
        if other is None or other == case:
            detail = "There is no such other case."
            raise errors.LinkRefused(errors=[FieldError("/case_number", "no-case", detail)])
    if (body.case_number is None) == (body.external_id is None):
        detail = "A link names a case or an external identifier."
        raise errors.LinkRefused(errors=[FieldError("/case_number", "one-of-two", detail)])
    work.because(body.reason)
    zone = version_service.safety_of(work).receiver_time_zone
    value = {
        "case": body.case_number, "external_id": body.external_id, "relation": body.relation,
    }  # fmt: skip
    told = Told("link", value, work.now, zone, version_service.source_of(work))
    fact_repository.add(work, case, [told], reason=body.reason)
    return service.read_case(work, number)


def waive(work: UnitOfWork, number: str, obligation: str, body: Waiver) -> Case:
    """Close an obligation unmet: documented and signed. Its due date stays what it is."""
    case, _, _ = version_service.held(work, number)
    row = running(work, case, obligation)
    work.because(body.reason)
    value = {"obligation": obligation}
    fact_id = uuid.uuid4()
    made = sign(
        work,
        table="safety.case_fact",
        key=str(fact_id),
        content={
            "case": number,
            "waived": obligation,
            "due_at": row["due_at"].isoformat(),
            "words": body.reason,
        },
        subject=case["subject_id"],
        site=case["site_id"],
    )
    zone = version_service.safety_of(work).receiver_time_zone
    told = Told("waiver", value, work.now, zone, version_service.source_of(work), fact_id=fact_id)
    (fact,) = fact_repository.add(
        work, case, [told], reason=body.reason, signature=made.signature_id
    )
    obligation_service.recompute(work, case, fact)
    return service.read_case(work, number)


def running(work: UnitOfWork, case: Row, obligation: str) -> Row:
    """An obligation that is still to be met. Raises ``NotFound``, ``ObligationState``."""
    for row in obligation_repository.of_case(work, case["case_id"]):
        if str(row["obligation_id"]) == obligation:
            if row["state"] not in RUNNING:
                raise errors.ObligationState
            return row
    raise NotFound


def _receipt_faults(
    work: UnitOfWork, safety: Safety, body: Receipt, zone: str
) -> list[IntakeFault]:
    found = [
        *later_than("/received_at", body.received_at, work.now),
        *unknown_zone("/received_zone", zone),
    ]
    known = {criterion.code for criterion in safety.seriousness}
    for index, code in enumerate(body.seriousness or ()):
        if code not in known:
            detail = "The study definition has no such seriousness criterion."
            found.append(IntakeFault(f"/seriousness/{index}", "criterion-unknown", detail))
    return found


def held_then(safety: Safety, facts: Sequence[Fact], body: Receipt, zone: str) -> Iterator[Told]:
    """What the receiver knew then. A receipt takes nothing back: criteria that it does not name
    were not known yet only where every word on them came later."""

    def told(kind: Kind, **value: object) -> Told:
        return Told(kind, value, body.received_at, zone, body.source)

    named = body.seriousness or ()
    for name in body.criteria:
        yield told("criterion", criterion=name, held=True)
    if named or _is_first_of(facts, body):
        yield told("serious", event=FIRST, serious=True)
    for each in safety.seriousness if named else ():
        if each.code in named:
            yield told("seriousness", event=FIRST, criterion=each.code, held=True)
        elif _only_later(facts, body, each.code):
            yield told("seriousness", event=FIRST, criterion=each.code, held=False)


def _is_first_of(facts: Sequence[Fact], body: Receipt) -> bool:
    """Whether the receipt came before the first word on the event, which says that it is serious:
    then what was received is that event, and nobody has said that it was not serious yet."""
    said = [f for f in facts if f.kind == "serious" and f.value["event"] == FIRST]
    return bool(said) and said[0].value["serious"] and body.received_at < said[0].received_at


def _only_later(facts: Sequence[Fact], body: Receipt, criterion: str) -> bool:
    about = (FIRST, criterion)
    said = [
        fact.received_at
        for fact in facts
        if fact.kind == "seriousness" and (fact.value["event"], fact.value["criterion"]) == about
    ]
    return bool(said) and body.received_at < min(said)
