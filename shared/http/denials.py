"""Who was refused what is written down before the refusal is told, and told in any case."""

import re

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
from shared.identity.principal import Principal

DENIALS = (Forbidden, SignatureInvalid, SignatureNotFitting)


async def note(request: Request, operation: str, problem: Problem) -> None:
    """Write down a refusal, unless the same one was just now, or the database is away.

    A refusal needs no database: where it cannot be written down the log line of the request is
    what is left, and it is told as ever.
    """
    principal: Principal | None = getattr(request.state, "principal", None)
    study = str(request.path_params.get("study", ""))
    if principal is None or not isinstance(problem, DENIALS):
        return
    # Nothing of the request was looked at yet, and rows are of studies of the caller's alone.
    if not re.fullmatch(STUDY_PATTERN, study) or not principal.may_enter(study):
        return
    context: ServiceContext = request.app.state.context()
    signing = problem.kind in signing_lock.FAILURES
    most = signing_lock.rules()["most_failures"] if signing else 1
    if not context.denials.is_due(principal.subject, operation, problem.kind, most):
        return
    origin = Origin(principal, study, request.state.request_id, DatabaseClock())
    statement, values = denial(principal, study, operation, problem.kind, request.state.request_id)

    def write(work: UnitOfWork) -> None:
        work.send(statement, **values)
        if signing and signing_lock.is_locked(work):
            log("signing locked", level="warning", study=study, role=principal.role)

    try:
        await context.runner.run(
            lambda engine: transact.read(engine, origin, write, context.sqlstates)
        )
    except Problem as failure:
        context.denials.pause()
        log("denial not written down", level="error", problem=failure.kind,
            service=context.settings.service, request_id=request.state.request_id)  # fmt: skip
