"""How a case gains a version, whoever gives it: a person, a record, a nullification."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.safety import (
    contents,
    errors,
    events,
    fact_repository,
    obligation_service,
    repository,
)
from services.safety.case_life import is_locked, is_nullified
from services.safety.domain.case import Report
from services.safety.domain.facts import Fact, known
from services.safety.domain.intake import IntakeFault
from services.safety.domain.telling import Told
from services.safety.repository import VersionFacts
from services.safety.webhooks.notices import tell
from shared.contracts.safety import CaseFollowedUp, CaseOpened
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound, PreconditionFailed
from shared.study.safety import Safety

Row = Mapping[str, Any]


def changeable(work: UnitOfWork, case_number: str) -> tuple[Row, list[Row], tuple[Fact, ...]]:
    """The case, its versions and the facts that stand, held until the transaction ends.

    Raises ``NotFound`` where there is none in reach, ``CaseNullified`` where it takes no change.
    """
    case, rows, facts = held(work, case_number)
    if is_nullified(facts):
        raise errors.CaseNullified
    return case, rows, facts


def held(work: UnitOfWork, case_number: str) -> tuple[Row, list[Row], tuple[Fact, ...]]:
    """As ``changeable``, nullified or not: for what is still owed of a case that never was one."""
    case = found(repository.lock_case(work, case_number))
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    return case, repository.versions(work, case["case_id"]), facts


def check_version(rows: Sequence[Row], if_match: str) -> None:
    """Raises ``PreconditionFailed`` where the caller knows another version than the newest."""
    if if_match != contents.etag(len(rows)):
        raise PreconditionFailed


def add_version(
    work: UnitOfWork,
    case: Row,
    report: Report,
    about: VersionFacts,
    told: Sequence[Told],
    *,
    signature: str | None = None,
) -> None:
    """Give the case a version with the facts that it tells, and tell the desk of it."""
    repository.add_version(work, case, report, about)
    if told:
        made = fact_repository.add(work, case, told, reason=about.reason, signature=signature)
        cause = min(made, key=_tells_most)
        due = obligation_service.recompute(work, case, cause, version=about.version).first_due_at
    else:
        # Nothing that a due date hangs on: the version alone is news.
        due = obligation_service.first_due(work, case)
    if about.version == 1:
        _tell(work, case, events.case_opened(case, report, due))
    else:
        number, significant = about.version, about.significant
        event = events.case_followed_up(case, report, due, number, significant=significant)
        _tell(work, case, event)


def follow_up_fact(report: Report, source: str, version: int, *, significant: bool) -> Told:
    value = {"significant": significant, "version": version}
    return Told("follow_up", value, report.received_at, report.received_zone, source)


def reopened(work: UnitOfWork, facts: Sequence[Fact], zone: str, source: str) -> list[Told]:
    """New information opens a locked case: a lock must not hold up what a child's safety needs."""
    if not is_locked(facts):
        return []
    return [Told("lock", {"locked": False}, work.now, zone, source)]


def safety_of(work: UnitOfWork) -> Safety:
    """The safety section of the study. Raises ``NoSafetySection``."""
    safety = work.definition().safety
    if safety is None:
        raise errors.NoSafetySection
    return safety


def source_of(work: UnitOfWork) -> str:
    """Who tells it, where a person with an account does."""
    return f"{work.principal.role} {work.principal.subject}"


def found(case: Row | None) -> Row:
    """The case. Raises ``NotFound`` where there is none in reach."""
    if case is None:
        raise NotFound
    return case


def refuse(faults: Sequence[IntakeFault]) -> None:
    """Raises ``ReportRefused`` with every fault."""
    if faults:
        raise errors.ReportRefused(errors=[FieldError(f.pointer, f.code, f.detail) for f in faults])


def _tells_most(fact: Fact) -> int:
    """Of facts recorded together, the one to name as the cause comes first."""
    order = ("nullification", "follow_up", "receipt")
    return order.index(fact.kind) if fact.kind in order else len(order)


def _tell(work: UnitOfWork, case: Row, event: CaseOpened | CaseFollowedUp) -> None:
    publish(work, event)
    word = events.word_of_version(event, obligation_service.place_of(work, case), work.now)
    tell(work, case["case_id"], word)
