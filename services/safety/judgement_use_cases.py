"""Medical judgement: causality by each party, expectedness, anticipated events, exemptions.

Each is a signed fact with author, time and reason. None of them delays Day 0; each may start, end
or change what is owed from the instant at which it was given.
"""

import uuid
from typing import Any

from services.safety import (
    errors,
    fact_repository,
    obligation_service,
    repository,
    service,
    version_service,
)
from services.safety.case_life import check_open
from services.safety.contents import of_row
from services.safety.domain.case import Report
from services.safety.domain.facts import Kind
from services.safety.domain.judged import as_judged
from services.safety.domain.reference import day_of, find, proposals, regions_on
from services.safety.domain.telling import Told
from services.safety.judgement_schemas import (
    AnticipatedJudgement,
    CausalityJudgement,
    ExemptionJudgement,
    ExpectednessJudgement,
    Judgement,
    Judgements,
    JudgementShown,
    Proposal,
)
from services.safety.repository import Row
from services.safety.schemas import Case
from services.safety.unblinded_repository import note_logged_read
from shared.database.signatures import SignatureRecord, sign, signatures_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, SignatureRequired
from shared.http.signatures import shown
from shared.study.safety import Safety

KINDS = ("causality", "expectedness", "anticipated", "exemption")
_ANSWERS = {
    "causality": "related", "expectedness": "expected", "anticipated": "listed",
    "exemption": "applies",
}  # fmt: skip


def judge(work: UnitOfWork, number: str, body: Judgement) -> Case:
    """Record a judgement of whoever signs: the investigator's, or else the sponsor's."""
    case, rows, facts = version_service.changeable(work, number)
    check_open(facts)
    report, safety = of_row(rows[-1]), version_service.safety_of(work)
    kind, value = _value(work, safety, report, body)
    words = body.judgement.reason
    work.because(words)
    fact_id = uuid.uuid4()
    made = sign(
        work,
        table="safety.case_fact",
        key=str(fact_id),
        content={"case": number, "version": len(rows), "kind": kind, **value, "words": words},
        subject=case["subject_id"],
        site=case["site_id"],
    )
    zone, source = safety.receiver_time_zone, f"{made.role} {made.name}"
    told = Told(kind, value, work.now, zone, source, fact_id=fact_id)
    (fact,) = fact_repository.add(work, case, [told], reason=words, signature=made.signature_id)
    obligation_service.recompute(work, case, fact)
    return service.read_case(work, number)


def list_judgements(work: UnitOfWork, number: str) -> Judgements:
    """Every judgement of a case that was given, first to last, and what the lists propose."""
    case = version_service.found(repository.find_case(work, number))
    note_logged_read(work, "safety.list_judgements", number)
    report = of_row(repository.versions(work, case["case_id"])[-1])
    rows = fact_repository.rows(work, case["case_id"])
    return Judgements(
        items=[_shown(work, row) for row in rows if _is_judgement(row)],
        proposals=[
            Proposal(
                event=each.event,
                product=each.product,
                reference=each.reference,
                regions=list(each.regions),
                in_force_on=each.day,
                term_listed=each.listed,
            )
            for each in proposals(version_service.safety_of(work), report)
        ],
    )


def _is_judgement(row: Row) -> bool:
    """Not the plain fact that a version's term is on no list: nobody judged that."""
    unlisted = row["kind"] == "anticipated" and not row["value"]["listed"]
    return row["kind"] in KINDS and not (unlisted and row["signature_id"] is None)


def _value(
    work: UnitOfWork, safety: Safety, report: Report, body: Judgement
) -> tuple[Kind, dict[str, Any]]:
    said = body.judgement
    event = next((each for each in report.events if each.number == said.event), None)
    if event is None:
        raise _refused("event", "event-unknown", "The case has no such event.")
    party, of = _party(work), as_judged(event)
    match said:
        case CausalityJudgement():
            _check_suspect(report, said.product)
            return "causality", {
                "party": party, "product": said.product, "event": said.event,
                "related": said.related, "of": of,
            }  # fmt: skip
        case ExpectednessJudgement():
            _check_sponsors(party)
            _check_suspect(report, said.product)
            return "expectedness", _expectedness(safety, report, said) | {"of": of}
        case AnticipatedJudgement():
            _check_sponsors(party)
            listed = None if safety.anticipated is None else safety.anticipated.version
            return "anticipated", {
                "event": said.event, "listed": said.listed, "list": listed, "of": of,
            }  # fmt: skip
        case ExemptionJudgement():
            _check_sponsors(party)
            return "exemption", _exemption(safety, said) | {"of": of}


def _expectedness(safety: Safety, report: Report, said: ExpectednessJudgement) -> dict[str, Any]:
    reference = find(safety, said.product, said.reference)
    regions = () if reference is None else regions_on(reference, day_of(report, said.event))
    if not regions:
        detail = "That version was in force nowhere on the day of onset."
        raise _refused("reference", "reference-not-in-force", detail)
    onset = next(each.onset_on for each in report.events if each.number == said.event)
    return {
        "product": said.product,
        "event": said.event,
        "expected": said.expected,
        "rsi": said.reference,
        "regions": list(regions),
        "onset_on": None if onset is None else onset.isoformat(),
    }


def _exemption(safety: Safety, said: ExemptionJudgement) -> dict[str, Any]:
    known = next((each for each in safety.exemptions if each.id == said.exemption), None)
    if known is None:
        raise _refused("exemption", "exemption-unknown", "The protocol has no such exemption.")
    return {
        "event": said.event,
        "exemption": said.exemption,
        "applies": said.applies,
        "days": known.days,
        "rule_sets": list(known.rule_sets),
        "unless_suspected": known.unless_suspected,
    }


def _party(work: UnitOfWork) -> str:
    if work.signature is None:
        raise SignatureRequired
    return "investigator" if work.signature.role == "investigator" else "sponsor"


def _check_sponsors(party: str) -> None:
    if party != "sponsor":
        raise errors.NotYoursToJudge


def _check_suspect(report: Report, product: str) -> None:
    if product not in report.products:
        raise _refused("product", "product-not-suspect", "That is no suspect product of the case.")


def _refused(field: str, code: str, detail: str) -> errors.JudgementRefused:
    return errors.JudgementRefused(errors=[FieldError(f"/judgement/{field}", code, detail)])


def _shown(work: UnitOfWork, row: Row) -> JudgementShown:
    value, kind = row["value"], row["kind"]
    return JudgementShown(
        fact_id=str(row["fact_id"]),
        kind=kind,
        event=value["event"],
        party=value.get("party") if kind == "causality" else None,
        product=value.get("product"),
        answer=value[_ANSWERS[kind]],
        reference=value.get("rsi") or value.get("exemption") or value.get("list"),
        regions=value.get("regions"),
        reason=row["reason"],
        judged_at=row["received_at"],
        zone=row["received_zone"],
        actor=row["actor"],
        role=row["actor_role"],
        signature=None if (made := _signature(work, row)) is None else shown(made),
    )


def _signature(work: UnitOfWork, row: Row) -> SignatureRecord | None:
    found = signatures_of(work, "safety.case_fact", str(row["fact_id"]))
    return found[0] if found else None
