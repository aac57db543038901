"""Use cases of intake and reading. Each runs inside the caller's transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.safety import (
    contents,
    errors,
    events,
    fact_repository,
    obligation_service,
    repository,
    views,
)
from services.safety.case_life import is_locked
from services.safety.domain import intake, telling
from services.safety.domain.case import Report, is_significant
from services.safety.domain.duplicates import Known, suspects
from services.safety.domain.facts import Fact, known
from services.safety.domain.intake import IntakeFault
from services.safety.domain.records import of_record
from services.safety.domain.telling import Told
from services.safety.repository import VersionFacts
from services.safety.schemas import Case, CaseReport, Cases
from services.safety.views import Shown
from services.safety.webhooks import repository as webhooks
from shared.contracts.safety import CaseFollowedUp, CaseOpened
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound
from shared.study.safety import Safety

Row = Mapping[str, Any]


def open_case(work: UnitOfWork, body: CaseReport) -> Case:
    """Take a serious adverse event as far as it is known, and start its clocks.

    Reads nothing but the subject: intake works while every other service is down.
    """
    safety = safety_of(work)
    report = contents.of_body(safety, body, work.now)
    refuse(intake.examine(work.definition(), report, work.now))
    if not repository.subject_at_site(work, body.subject, body.site):
        detail = "There is no such subject at this site."
        raise errors.SubjectUnknown(errors=[FieldError("/subject", "subject-unknown", detail)])
    origin = "report" if report.serious else "special_interest"
    case = repository.add_case(work, body.subject, body.site, origin)
    told = telling.first_told(safety, report, body.received_by, body.reporter or "reporter unknown")
    _begin(work, case, report, told)
    return read_case(work, case["case_number"])


def read_case(work: UnitOfWork, case_number: str, as_of: datetime | None = None) -> Case:
    """A case as it is or was known, without what the caller's role may not see.

    Raises ``NotFound`` also where the case was not known yet at ``as_of``.
    """
    case = found(repository.find_case(work, case_number))
    versions = repository.versions(work, case["case_id"], as_of)
    if not versions:
        raise NotFound
    facts = fact_repository.facts(work, case["case_id"])
    at = work.now if as_of is None else as_of
    owed = obligation_service.owed(case["case_id"], facts, work.definition(), at)
    others = [] if as_of is not None else repository.other_cases(work, case)
    report = contents.of_row(versions[-1])
    alike = suspects(report, [Known(row["case_number"], contents.of_row(row)) for row in others])
    shown = Shown(case, versions[-1], known(facts, at), owed, alike)
    return views.case(shown, role=work.principal.role)


def list_cases(work: UnitOfWork, page: Page) -> Cases:
    rows = repository.list_cases(work, page.after, page.limit + 1)
    return Cases(
        items=[views.summary(row) for row in page.cut(rows)], next=page.next(rows, "case_number")
    )


def take_record(work: UnitOfWork, record: uuid.UUID, subject: str, site: str, at: datetime) -> None:
    """An adverse event record came or changed: its case is opened, or gains a version.

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
    case = repository.find_case_of_record(work, record)
    if case is not None:
        _follow_record(work, case["case_number"], report, record_version)
    elif report.serious:
        work.because("serious adverse event recorded")
        case = repository.add_case(work, subject, site, "assessment", record)
        source = f"Site {site}, record"
        told = [
            *telling.first_told(safety, report, "desk", source),
            *telling.related_by_record(None, report, source),
        ]
        _begin(work, case, report, told, record_version)


def add_version(
    work: UnitOfWork,
    case: Row,
    report: Report,
    about: VersionFacts,
    told: Sequence[Told],
    *,
    signature: str | None = None,
) -> Fact | None:
    """Give the case a version with the facts that it tells, and tell the desk of it.

    Answers the fact to name as the cause; None where the version tells nothing new.
    """
    repository.add_version(work, case, report, about)
    made = fact_repository.add(work, case, told, reason=about.reason, signature=signature)
    if not made:
        return None
    cause = next((fact for fact in made if fact.kind in {"follow_up", "nullification"}), made[0])
    owed = obligation_service.recompute(work, case, cause, version=about.version)
    if about.version == 1:
        opened = events.case_opened(case, report, owed.first_due_at)
        _tell(work, case, opened)
    else:
        followed = events.case_followed_up(
            case, report, owed.first_due_at, about.version, significant=about.significant
        )
        _tell(work, case, followed)
    return cause


def safety_of(work: UnitOfWork) -> Safety:
    """The safety section of the study. Raises ``NoSafetySection``."""
    safety = work.definition().safety
    if safety is None:
        raise errors.NoSafetySection
    return safety


def found(case: Row | None) -> Row:
    """The case. Raises ``NotFound`` where there is none in reach."""
    if case is None:
        raise NotFound
    return case


def refuse(faults: Sequence[IntakeFault]) -> None:
    """Raises ``ReportRefused`` with every fault."""
    if faults:
        raise errors.ReportRefused(errors=[FieldError(f.pointer, f.code, f.detail) for f in faults])


def _begin(
    work: UnitOfWork,
    case: Row,
    report: Report,
    told: Sequence[Told],
    record_version: int | None = None,
) -> None:
    about = VersionFacts(1, "initial", significant=True, record_version=record_version)
    add_version(work, case, report, about, told)


def _follow_record(work: UnitOfWork, number: str, report: Report, record_version: int) -> None:
    case = found(repository.lock_case(work, number))
    rows = repository.versions(work, case["case_id"])
    if (rows[-1]["record_version"] or 0) >= record_version:
        return
    before, safety = contents.of_row(rows[-1]), safety_of(work)
    significant = is_significant(before, report)
    work.because(f"version {record_version} of the adverse event record")
    source = f"Site {case['site_id']}, record"
    version = len(rows) + 1
    told = [
        *reopened(work, case, report, source),
        *telling.newly_told(safety, before, report, "desk", source),
        *telling.related_by_record(before, report, source),
        follow_up_fact(report, source, version, significant=significant),
    ]
    about = VersionFacts(
        version, "follow_up", significant, record_version=record_version
    )  # fmt: skip
    add_version(work, case, report, about, told)


def follow_up_fact(report: Report, source: str, version: int, *, significant: bool) -> Told:
    value = {"significant": significant, "version": version}
    return Told("follow_up", value, report.received_at, report.received_zone, source)


def reopened(work: UnitOfWork, case: Row, report: Report, source: str) -> list[Told]:
    """New information opens a locked case: a lock must not hold up what a child's safety needs."""
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    if not is_locked(facts):
        return []
    zone = report.received_zone
    return [Told("lock", {"locked": False}, work.now, zone, source)]


def _tell(work: UnitOfWork, case: Row, event: CaseOpened | CaseFollowedUp) -> None:
    publish(work, event)
    word = events.word_of_version(event, obligation_service.place_of(work, case), work.now)
    webhooks.enqueue(work, word.message_id, word.event_type, word.body)
