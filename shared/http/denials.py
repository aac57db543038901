"""Who was refused what is written down before the refusal is told, and told in any case."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request

from shared.clock import DatabaseClock
from shared.database import signing_lock, transact
from shared.database.access import denial
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.context import ServiceContext
from shared.http.logs import log
from shared.http.models import STUDY_PATTERN
from shared.http.problems import (
    Forbidden,
    Problem,
    SignatureInvalid,
    SignatureNotFitting,
)
from shared.http.source import source_of
from shared.identity.networks import FromElsewhere, address
from shared.identity.principal import Principal

DENIALS = (Forbidden, SignatureInvalid, SignatureNotFitting)
# What is written down of a call from another network: its caller is told what anybody is.
ELSEWHERE = "other-network"


@dataclass(frozen=True)
class Denied:
    """A refusal: of whom, in which study, of which operation. ``request_id`` is the request's."""

    context: ServiceContext
    principal: Principal
    study: str
    operation: str
    request_id: str


async def note(request: Request, operation: str, problem: Problem) -> None:
    """Write down a refusal, unless the same one was just now, or the database is away.

    A refusal needs no database: where it cannot be written down the log line of the request is
    what is left, and it is told as ever.
    """
    principal: Principal | None = getattr(request.state, "principal", None)
    study = str(request.path_params.get("study", ""))
    if principal is None or not isinstance(problem, (*DENIALS, FromElsewhere)):
        return
    # Nothing of the request was looked at yet, and rows are of studies of the caller's alone.
    if not re.fullmatch(STUDY_PATTERN, study) or not principal.may_enter(study):
        return
    context: ServiceContext = request.app.state.context()
    denied = Denied(context, principal, study, operation, request.state.request_id)
    if isinstance(problem, FromElsewhere):
        await note_elsewhere(denied, source_of(request))
        return
    signing = problem.kind in signing_lock.FAILURES
    most = signing_lock.rules()["most_failures"] if signing else 1

    def lock(work: UnitOfWork) -> None:
        if signing and signing_lock.is_locked(work):
            log("signing locked", level="warning", study=study, role=principal.role)

    await _write(denied, problem.kind, most, None, lock)


async def note_elsewhere(denied: Denied, source: str) -> None:
    """Write down that an account's own key came from a network that it is not bound to: the key is
    in other hands, or the system has moved. A warning in the log is said every time."""
    log("call from another network", level="warning", service=denied.context.settings.service,
        study=denied.study, role=denied.principal.role, request_id=denied.request_id)  # fmt: skip
    known = address(source)
    await _write(denied, ELSEWHERE, 1, None if known is None else str(known), lambda _: None)


async def _write(
    denied: Denied,
    problem: str,
    most: int,
    source: str | None,
    beside: Callable[[UnitOfWork], None],
) -> None:
    context, principal = denied.context, denied.principal
    if not context.denials.is_due(principal.subject, denied.operation, problem, most):
        return
    # Without its source: the row is ours, and is written wherever the caller is.
    origin = Origin(principal, denied.study, denied.request_id, DatabaseClock())
    statement, values = denial(
        principal, denied.study, denied.operation, problem, denied.request_id, source
    )

    def write(work: UnitOfWork) -> None:
        work.send(statement, **values)
        beside(work)

    try:
        await context.runner.run(
            lambda engine: transact.read(engine, origin, write, context.sqlstates)
        )
    except Problem as failure:
        context.denials.pause()
        log("denial not written down", level="error", problem=failure.kind,
            service=context.settings.service, request_id=denied.request_id)  # fmt: skip
