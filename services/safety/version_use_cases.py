"""What gives a case a version: new information, a correction, the nullification."""

from collections.abc import Sequence
from dataclasses import replace

from services.safety import (
    contents,
    errors,
    fact_repository,
    obligation_service,
    repository,
    service,
    version_service,
)
from services.safety.attachment_service import check_attachments
from services.safety.case_life import check_open
from services.safety.case_schemas import Nullification
from services.safety.domain import correcting, intake, telling
from services.safety.domain.case import Report, is_significant
from services.safety.domain.facts import Fact
from services.safety.domain.inheriting import inherited
from services.safety.domain.postponing import put_off
from services.safety.domain.telling import Told
from services.safety.intake_schemas import CaseAmendment, CaseFollowUp
from services.safety.repository import Row, VersionFacts
from services.safety.schemas import Case
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, SignatureRequired


def follow_up(work: UnitOfWork, number: str, if_match: str, body: CaseFollowUp) -> Case:
    """New information about the version that ``if_match`` names. A locked case is reopened by it.

    What a due date hangs on is significant, whatever the person says.
    """
    safety = version_service.safety_of(work)
    case, rows, facts = version_service.changeable(work, number)
    before = _current(rows, if_match)
    report = contents.of_body(safety, body, work.now, rows)
    version_service.refuse(intake.examine(work.definition(), report, work.now))
    check_attachments(work, case["subject_id"], report)
    significant = body.significant or is_significant(before, report)
    source, version = body.reporter or version_service.source_of(work), len(rows) + 1
    work.because("new information")
    told = [
        *version_service.reopened(work, facts, report.received_zone, source),
        *telling.newly_told(safety, before, report, facts, body.received_by, source),
        version_service.follow_up_fact(report, source, version, significant=significant),
    ]
    about = VersionFacts(version, "follow_up", significant)
    version_service.add_version(work, case, report, about, told)
    return service.read_case(work, number)


def amend(work: UnitOfWork, number: str, if_match: str, body: CaseAmendment) -> Case:
    """Correct what was said wrongly in the version that ``if_match`` names. What was learned when
    stays as it was: Day 0 follows the corrected facts, from their own receipt.

    Raises ``SignatureRequired`` where that puts off a due date, or takes one away: later is never a
    side effect. What a report told before is to be told anew.
    """
    safety = version_service.safety_of(work)
    case, rows, facts = version_service.changeable(work, number)
    check_open(facts)
    before = _current(rows, if_match)
    report = contents.of_body(safety, body, before.received_at, rows)
    if body.received_zone is None:
        report = replace(report, received_zone=before.received_zone)
    version_service.refuse(intake.examine(work.definition(), report, work.now))
    check_attachments(work, case["subject_id"], report)
    work.because(body.reason)
    source, version = version_service.source_of(work), len(rows) + 1
    significant = is_significant(before, report)
    told = [
        *correcting.corrections(safety, before, report, facts, source),
        correcting.correction_fact(
            version, work.now, safety.receiver_time_zone, source, significant=significant
        ),
    ]
    signature = _signed_where_later(work, case, version, told, body.reason)
    about = VersionFacts(version, "amendment", significant, reason=body.reason)
    version_service.add_version(work, case, report, about, told, signature=signature)
    return service.read_case(work, number)


def _signed_where_later(
    work: UnitOfWork, case: Row, version: int, told: Sequence[Told], reason: str
) -> str | None:
    """The signature under a correction that puts off a due date; None where it puts off none."""
    facts = fact_repository.facts(work, case["case_id"])
    corrected = [*facts, *fact_repository.as_recorded(work, told)]
    before, after = (
        obligation_service.owed(case["case_id"], each, work.definition(), work.now).obligations
        for each in (facts, corrected)
    )
    later = put_off(before, after)
    if not later:
        return None
    if work.signature is None:
        raise SignatureRequired("The correction puts off a due date, or takes one away.")
    made = sign(
        work,
        table="safety.case_version",
        key=f"{case['case_id']}/{version}",
        content={
            "case": case["case_number"],
            "puts_off": [[each.clock_id, each.due_at.isoformat()] for each in later],
            "words": reason,
        },
        subject=case["subject_id"],
        site=case["site_id"],
    )
    return made.signature_id


def nullify(work: UnitOfWork, number: str, if_match: str, body: Nullification) -> Case:
    """Take back a case that never was one: invalid, or a duplicate of another. Signed.

    A case that turns out not serious, not related or expected is followed up and not nullified.
    """
    _hold_both(work, number, body.duplicate_of)
    case, rows, facts = version_service.changeable(work, number)
    check_open(facts)
    report = _current(rows, if_match)
    _check_duplicate(work, case, body)
    work.because(body.reason)
    version = len(rows) + 1
    value = {"reason": body.reason_code, "duplicate_of": body.duplicate_of}
    made = sign(
        work,
        table="safety.case_version",
        key=f"{case['case_id']}/{version}",
        content={"case": number, **value, "words": body.reason},
        subject=case["subject_id"],
        site=case["site_id"],
    )
    zone = version_service.safety_of(work).receiver_time_zone
    told = [Told("nullification", value, work.now, zone, version_service.source_of(work))]
    about = VersionFacts(version, "nullification", significant=True, reason=body.reason)
    version_service.add_version(work, case, report, about, told, signature=made.signature_id)
    if body.duplicate_of is not None:
        _pass_on(work, number, report, facts, body)
    return service.read_case(work, number)


def _pass_on(
    work: UnitOfWork, number: str, nullified: Report, facts: Sequence[Fact], body: Nullification
) -> None:
    """Give the case that remains what was known by the duplicate, and count its clocks anew."""
    case, rows, own = version_service.changeable(work, body.duplicate_of or "")
    zone, source = version_service.safety_of(work).receiver_time_zone, f"Case {number}"
    told = [
        *inherited(facts, nullified, contents.of_row(rows[-1]), number),
        *version_service.reopened(work, own, zone, source),
    ]
    made = fact_repository.add(work, case, told, reason=body.reason)
    # Every case was received by somebody.
    cause = next(fact for fact in made if fact.kind == "receipt")
    obligation_service.recompute(work, case, cause)


def _hold_both(work: UnitOfWork, number: str, other: str | None) -> None:
    """Hold both cases, always in one order: two such calls must not wait for each other."""
    for name in sorted({number, other or number}):
        repository.lock_case(work, name)


def _current(rows: list[Row], if_match: str) -> Report:
    version_service.check_version(rows, if_match)
    return contents.of_row(rows[-1])


def _check_duplicate(work: UnitOfWork, case: Row, body: Nullification) -> None:
    if (body.reason_code == "duplicate") != (body.duplicate_of is not None):
        detail = "A duplicate names the case that remains; an invalid case names none."
        raise _refused("duplicate-of", detail)
    if body.duplicate_of is None:
        return
    other = repository.find_case(work, body.duplicate_of)
    if other is None or other["subject_id"] != case["subject_id"] or other == case:
        raise _refused("no-duplicate", "That is no other case of the same subject.")
    if repository.versions(work, other["case_id"])[-1]["kind"] == "nullification":
        raise _refused("nullified", "That case is nullified itself: none would remain.")


def _refused(code: str, detail: str) -> errors.NullificationRefused:
    return errors.NullificationRefused(errors=[FieldError("/duplicate_of", code, detail)])
