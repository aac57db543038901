"""Every request for an allocation leaves a trace, whatever it was answered."""

from collections.abc import Callable
from typing import TypeVar

from services.randomization import allocation_repository as repository
from services.randomization import errors, list_events
from services.randomization.domain.sealing import SealBroken
from shared.database.outbox import publish
from shared.database.transact import Witness
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.problems import Problem

T = TypeVar("T")


def witness(subject: str, site: str, operation: str) -> Witness:
    """Records an attempt; where a list failed its check, the list is suspended as well.

    A refusal's transaction is given up, so both happen in one of their own, before the caller is
    told.
    """

    def record(work: UnitOfWork, status: int, problem: Problem | None) -> None:
        repository.add_attempt(
            work,
            subject=subject,
            site=site,
            operation=operation,
            outcome=status,
            problem=None if problem is None else problem.kind,
            rules=[] if problem is None else sorted({error.code for error in problem.errors}),
        )
        suspending(work, status, problem)

    return record


def suspending(work: UnitOfWork, _status: int, problem: Problem | None) -> None:
    """Suspends a list that failed its check; a witness of what is no attempt at an allocation."""
    if isinstance(problem, errors.ListBroken):
        _suspend(work, problem.list_id)


def unbroken(use_case: Callable[[], T]) -> T:
    """What the use case answers. Raises ``ListBroken`` where a slot was not as it was sealed."""
    try:
        return use_case()
    except SealBroken as broken:
        raise errors.ListBroken(broken.list_id) from None


def _suspend(work: UnitOfWork, list_id: str) -> None:
    work.because("the list failed its check")
    if repository.suspend_list(work, list_id):
        publish(work, list_events.suspended(list_id, "check-failed"))
    log("randomization list failed its check", level="critical", study=work.study)
