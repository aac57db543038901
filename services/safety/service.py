"""Use cases of the safety service. Each runs inside the caller's transaction."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.safety import errors, events, repository, views
from services.safety.domain import clocks, intake
from services.safety.domain.case import Report, is_significant
from services.safety.schemas import Case, CaseReport, Cases
from services.safety.webhooks import repository as webhooks
from shared.contracts.safety import CaseFollowedUp, CaseOpened
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.pagination import Page
from shared.http.problems import FieldError, NotFound
from shared.study.safety import Safety

Row = Mapping[str, Any]


def open_case(work: UnitOfWork, body: CaseReport) -> Case:
    """Take a serious adverse event as far as it is known, and start its clocks.

    Reads nothing but the subject: intake works while every other service is down.
    """
    report = _report(_safety(work), body, work.now)
    faults = intake.examine(work.definition(), report, work.now)
    if faults:
        raise errors.ReportRefused(errors=[FieldError(f.pointer, f.code, f.detail) for f in faults])
    if not repository.subject_at_site(work, body.subject, body.site):
        detail = "There is no such subject at this site."
        raise errors.SubjectUnknown(errors=[FieldError("/subject", "subject-unknown", detail)])
    case = repository.add_case(work, body.subject, body.site, "report")
    _begin(work, case, report)
    return read_case(work, case["case_number"])


def read_case(work: UnitOfWork, case_number: str) -> Case:
    """A case at its newest version, without what the caller's role may not see."""
    case = repository.find_case(work, case_number)
    if case is None:
        raise NotFound
    return views.case(
        case,
        repository.versions(work, case["case_id"]),
        repository.obligations(work, case["case_id"]),
        role=work.principal.role,
    )


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
    report = intake.of_record(work.definition(), safety, items, site=site, at=at)
    case = repository.find_case_of_record(work, record)
    if case is not None:
        _follow_up(work, case, report, record_version)
    elif report.serious:
        work.because("serious adverse event recorded")
        case = repository.add_case(work, subject, site, "assessment", record)
        _begin(work, case, report, record_version)


def _safety(work: UnitOfWork) -> Safety:
    safety = work.definition().safety
    if safety is None:
        raise errors.NoSafetySection
    return safety


def _report(safety: Safety, body: CaseReport, now: datetime) -> Report:
    return Report(
        serious=True,
        seriousness=tuple(body.seriousness),
        aware_at=body.aware_at,
        received_at=body.received_at or now,
        received_zone=body.received_zone or safety.receiver_time_zone,
        event_term=body.event_term,
        grade=body.grade,
        onset_on=body.onset_on,
        reporter=body.reporter,
        suspect_product=body.suspect_product,
        narrative=body.narrative,
    )


def _begin(work: UnitOfWork, case: Row, report: Report, record_version: int | None = None) -> None:
    version = {"version": 1, "significant": True, "record_version": record_version}
    repository.add_version(work, case, report, version)
    due = _owe(work, case, [report])
    _tell(work, events.case_opened(case, report, due), 1)


def _follow_up(work: UnitOfWork, case: Row, report: Report, record_version: int) -> None:
    rows = repository.versions(work, case["case_id"])
    if (rows[-1]["record_version"] or 0) >= record_version:
        return
    before = [views.report(row) for row in rows]
    number, significant = len(rows) + 1, is_significant(before[-1], report)
    work.because(f"version {record_version} of the adverse event record")
    version = {
        "version": number, "significant": significant, "record_version": record_version,
    }  # fmt: skip
    repository.add_version(work, case, report, version)
    due = _owe(work, case, [*before, report])
    event = events.case_followed_up(case, report, due, number, significant=significant)
    _tell(work, event, number)


def _owe(work: UnitOfWork, case: Row, reports: Sequence[Report]) -> datetime | None:
    """Write down what the case owes; answers the first open due date."""
    due = clocks.obligations(case["case_id"], work.definition(), reports)
    repository.keep_obligations(work, case, due)
    first = views.first_due(repository.obligations(work, case["case_id"]))
    if first is None:
        # A serious case that no rule classifies is an alarm, never a silence.
        log("case without a due date", level="error", service="safety", study=work.study)
    return first


def _tell(work: UnitOfWork, event: CaseOpened | CaseFollowedUp, version: int) -> None:
    publish(work, event)
    word = events.word_to_desk(event, work.study, version, work.now)
    webhooks.enqueue(work, word.message_id, word.event_type, word.body)
