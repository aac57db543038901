"""How this service reads for a caller, and how it refuses.

For the blinded it reads as a role of the database that is granted nothing closed. What is closed
and refused is written down.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import Request
from fastapi.responses import Response

from services.analytics import repository
from services.analytics.unblinded_repository import note_refusal
from shared.clock import DatabaseClock
from shared.database import transact
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call
from shared.http.context import ServiceContext
from shared.http.logs import log
from shared.http.models import STUDY_PATTERN
from shared.http.problems import Forbidden, Problem
from shared.identity.matrix import matrix
from shared.identity.principal import Principal

T = TypeVar("T")
_CLOSED = "analytics/closed"


async def read(call: Call, use_case: Callable[[UnitOfWork], T]) -> T:
    """Run a reading use case in a transaction of the role that the caller's class has."""

    def reading(work: UnitOfWork) -> T:
        if work.principal.role not in matrix().operations["analytics.read_closed_results"].roles:
            repository.read_as_blinded(work)
        return use_case(work)

    return await call.read(reading)


class WatchedRoute(StrictRoute):
    """A route that writes down who was refused what is closed; the answer is that of any other."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Handle a request, and note a refusal before it is told."""
        handle = super().get_route_handler()
        if matrix().operations[self.operation].scope != _CLOSED:
            return handle

        async def watched(request: Request) -> Response:
            try:
                response: Response = await handle(request)
            except Forbidden:
                await _note(request, self.operation)
                raise
            return response

        return watched


async def _note(request: Request, operation: str) -> None:
    principal: Principal = request.state.principal
    study = request.path_params["study"]
    # Nothing of the request was looked at yet.
    if not re.fullmatch(STUDY_PATTERN, study) or not principal.may_enter(study):
        return
    context: ServiceContext = request.app.state.context()
    origin = Origin(principal, study, request.state.request_id, DatabaseClock())
    try:
        await context.runner.run(
            lambda engine: transact.read(
                engine, origin, lambda work: note_refusal(work, operation), context.sqlstates
            )
        )
    except Problem as problem:
        log("refusal not written down", level="error", service="analytics",
            request_id=request.state.request_id, problem=problem.kind)  # fmt: skip
