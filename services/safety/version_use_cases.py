"""What gives a case a version: new information, a correction, the nullification."""

from dataclasses import replace

from services.safety import contents, errors, repository, service, version_service
from services.safety.case_life import check_open
from services.safety.case_schemas import Nullification
from services.safety.domain import intake, telling
from services.safety.domain.case import Report, is_significant
from services.safety.domain.telling import Told
from services.safety.repository import Row, VersionFacts
from services.safety.schemas import Case, CaseAmendment, CaseFollowUp
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError


def follow_up(work: UnitOfWork, number: str, if_match: str, body: CaseFollowUp) -> Case:
    """New information about the version that ``if_match`` names. A locked case is reopened by it.

    What a due date hangs on is significant, whatever the person says.
    """
    safety = version_service.safety_of(work)
    case, rows, facts = version_service.changeable(work, number)
    before = _current(rows, if_match)
    report = contents.of_body(safety, body, work.now)
    version_service.refuse(intake.examine(work.definition(), report, work.now))
    significant = body.significant or is_significant(before, report)
    source, version = body.reporter or version_service.source_of(work), len(rows) + 1
    work.because("new information")
    told = [
        *version_service.reopened(work, facts, report.received_zone, source),
        *telling.newly_told(safety, before, report, body.received_by, source),
        version_service.follow_up_fact(report, source, version, significant=significant),
    ]
    about = VersionFacts(version, "follow_up", significant)
    version_service.add_version(work, case, report, about, told)
    return service.read_case(work, number)


def amend(work: UnitOfWork, number: str, if_match: str, body: CaseAmendment) -> Case:
    """Correct what was said wrongly in the version that ``if_match`` names. What was learned when
    stays as it was: Day 0 follows the corrected facts, from their own receipt."""
    safety = version_service.safety_of(work)
    case, rows, facts = version_service.changeable(work, number)
    check_open(facts)
    before = _current(rows, if_match)
    report = contents.of_body(safety, body, before.received_at)
    if body.received_zone is None:
        report = replace(report, received_zone=before.received_zone)
    version_service.refuse(intake.examine(work.definition(), report, work.now))
    work.because(body.reason)
    told = telling.corrections(safety, before, report, facts, version_service.source_of(work))
    about = VersionFacts(
        len(rows) + 1, "amendment", is_significant(before, report), reason=body.reason
    )
    version_service.add_version(work, case, report, about, told)
    return service.read_case(work, number)


def nullify(work: UnitOfWork, number: str, if_match: str, body: Nullification) -> Case:
    """Take back a case that never was one: invalid, or a duplicate of another. Signed.

    A case that turns out not serious, not related or expected is followed up and not nullified.
    """
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
    return service.read_case(work, number)


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
