"""Use cases of intake and reading. Each runs inside the caller's transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.safety import (
    contents,
    errors,
    fact_repository,
    obligation_repository,
    obligation_service,
    reconciliation_repository,
    repository,
    version_service,
    views,
)
from services.safety.attachment_service import check_attachments
from services.safety.domain import intake, telling
from services.safety.domain.case import Report, is_significant
from services.safety.domain.codes import Kept, codes
from services.safety.domain.duplicates import Known, Suspect, cited_numbers, suspects
from services.safety.domain.facts import known
from services.safety.domain.records import Recorded, followed_up, of_record
from services.safety.domain.telling import Told
from services.safety.intake_schemas import CaseReport
from services.safety.repository import VersionFacts
from services.safety.schemas import Case, Cases
from services.safety.unblinded_repository import note_logged_read
from services.safety.views import Shown
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound

Row = Mapping[str, Any]


def open_case(work: UnitOfWork, body: CaseReport) -> Case:
    """Take a serious adverse event as far as it is known, and start its clocks.

    Reads nothing but the subject: intake works while every other service is down.
    """
    safety = version_service.safety_of(work)
    report = contents.of_body(safety, body, work.now)
    version_service.refuse(intake.examine(work.definition(), report, work.now))
    if not repository.subject_at_site(work, body.subject, body.site):
        detail = "There is no such subject at this site."
        raise errors.SubjectUnknown(errors=[FieldError("/subject", "subject-unknown", detail)])
    check_attachments(work, body.subject, report)
    origin = "report" if report.serious else "special_interest"
    case = repository.add_case(work, body.subject, body.site, origin)
    told = telling.first_told(safety, report, body.received_by, body.reporter or "reporter unknown")
    _begin(work, case, report, told)
    return read_case(work, case["case_number"])


def read_case(work: UnitOfWork, case_number: str, as_of: datetime | None = None) -> Case:
    """A case as it is or was known, without what the caller's role may not see.

    Raises ``NotFound`` also where the case was not known yet at ``as_of``.
    """
    case = version_service.found(repository.find_case(work, case_number))
    versions = repository.versions(work, case["case_id"], as_of)
    if not versions:
        raise NotFound
    note_logged_read(work, "safety.read_case", case_number)
    facts = fact_repository.facts(work, case["case_id"])
    at = work.now if as_of is None else as_of
    # By the rules that were in force then: what was answered then is answered again.
    definition = work.definition() if as_of is None else work.definition_at(as_of)
    owed = obligation_service.owed(case["case_id"], facts, definition, at)
    alike = () if as_of is not None else _suspects(work, case, contents.of_row(versions[-1]))
    born = repository.birth_month(work, case["subject_id"])
    kept = [Kept(row["recorded_at"], contents.of_row(row)) for row in versions]
    standing = known(facts, at)
    moved = obligation_repository.moved(work, case["case_id"])
    shown = Shown(case, versions[-1], standing, owed, alike, born, codes(standing, kept), moved)
    return views.case(shown, role=work.principal.role)


def _suspects(work: UnitOfWork, case: Row, report: Report) -> tuple[Suspect, ...]:
    """What may be a duplicate. Whose number it cites is no matter of who must not see it."""
    cited = views.sees_arm(work.principal.role)
    others = repository.other_cases(work, case, cited_numbers(report) if cited else ())
    return suspects(
        Known(case["case_number"], case["subject_id"], report),
        [Known(row["case_number"], row["subject_id"], contents.of_row(row)) for row in others],
        cited=cited,
    )


def list_cases(work: UnitOfWork, page: Page) -> Cases:
    rows = repository.list_cases(work, page.after, page.limit + 1)
    return Cases(
        items=[views.summary(row) for row in page.cut(rows)], next=page.next(rows, "case_number")
    )


def take_record(work: UnitOfWork, record: uuid.UUID, subject: str, site: str, at: datetime) -> None:
    """An adverse event record came or changed: its case is opened, or gains a version. Serious or
    not, it is kept as it is now, to be held against the cases.

    One case a record. The record is read as it is now, so that events about it may arrive late,
    repeated or in any order. Raises ``LookupError`` where the record cannot be seen yet.
    """
    safety = work.definition().safety
    if safety is None:
        return
    # Two events about one record must not both find no case.
    repository.lock_numbers(work)
    items, record_version = repository.record_items(work, record)
    if not items:
        raise LookupError("an event names a record that cannot be read")
    report = of_record(work.definition(), safety, items, site=site, at=at)
    work.because("adverse event recorded")
    before = reconciliation_repository.seen_last(work, record)
    reconciliation_repository.see(work, record, subject, site, Recorded(record_version, report))
    if all(value is None for value in items.values()):
        # Taken back: what the case said stands, and the reconciliation shows what differs now.
        return
    case = repository.find_case_of_record(work, record)
    if case is not None:
        _follow_record(work, case["case_number"], before, Recorded(record_version, report))
    elif report.serious:
        work.because("serious adverse event recorded")
        case = repository.add_case(work, subject, site, "assessment", record)
        source = f"Site {site}, record"
        told = [
            *telling.first_told(safety, report, "desk", source),
            *telling.related_by_record(None, report, source),
        ]
        _begin(work, case, report, told, record_version)


def _begin(
    work: UnitOfWork,
    case: Row,
    report: Report,
    told: Sequence[Told],
    record_version: int | None = None,
) -> None:
    about = VersionFacts(1, "initial", significant=True, record_version=record_version)
    version_service.add_version(work, case, report, about, told)


def _follow_record(work: UnitOfWork, number: str, seen: Row | None, record: Recorded) -> None:
    case = version_service.found(repository.lock_case(work, number))
    rows = repository.versions(work, case["case_id"])
    record_version = record.version
    if (rows[-1]["record_version"] or 0) >= record_version:
        return
    before, safety = contents.of_row(rows[-1]), version_service.safety_of(work)
    report = followed_up(before, seen, record.report)
    significant = is_significant(before, report)
    work.because(f"version {record_version} of the adverse event record")
    source = f"Site {case['site_id']}, record"
    version = len(rows) + 1
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    told = [
        *version_service.reopened(work, facts, report.received_zone, source),
        *telling.newly_told(safety, before, report, facts, "desk", source),
        *telling.related_by_record(before, report, source),
        version_service.follow_up_fact(report, source, version, significant=significant),
    ]
    about = VersionFacts(
        version, "follow_up", significant, record_version=record_version
    )  # fmt: skip
    version_service.add_version(work, case, report, about, told)
