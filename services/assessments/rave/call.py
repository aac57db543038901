"""One request to the face: who asks, in which study, and the transaction it runs in."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request

from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.rave.access import admit, enter
from shared.clock import DatabaseClock
from shared.database import transact
from shared.database.idempotency import Answer, RequestKey, with_receipt
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.context import ServiceContext
from shared.http.problems import RequestInFlight
from shared.http.source import source_of
from shared.identity.principal import Principal

T = TypeVar("T")
# Of the same file at once one is worked on and the others wait for its answer, without holding a
# connection: the client sends nothing again by itself.
PATIENCE_SECONDS = 12.0
PAUSE_SECONDS = 0.05
ROUTE = "POST RaveWebServices"


class FaceCall:
    """What an endpoint of the face works with."""

    def __init__(self, context: ServiceContext, principal: Principal, request: Request) -> None:
        (study,) = principal.studies
        self.principal = principal
        self._context = context
        state = request.state
        self._origin = Origin(
            principal, study, state.request_id, DatabaseClock(), trace=state.trace
        )

    async def read(self, use_case: Callable[[UnitOfWork], T]) -> T:
        """Run a use case in a transaction of its own; it may write."""
        return await self._context.runner.run(
            lambda engine: transact.read(engine, self._origin, use_case, self._context.sqlstates)
        )

    async def change(
        self, file_oid: str | None, content_hash: str, use_case: Callable[[UnitOfWork], Answer]
    ) -> Answer:
        """Run a changing use case once for a FileOID; the same file again is the same answer.

        A file without a name is taken as often as it comes. Raises ``RequestInFlight`` where the
        same file is still being worked on after ``PATIENCE_SECONDS``.
        """
        if file_oid is None:
            return await self.read(lambda work: with_receipt(work, use_case(work)))
        key = RequestKey(self.principal.subject, ROUTE, file_oid, content_hash)
        waited = 0.0
        while True:
            try:
                return await self._once(key, use_case)
            except RequestInFlight:
                if waited >= PATIENCE_SECONDS:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
            waited += PAUSE_SECONDS

    async def _once(self, key: RequestKey, use_case: Callable[[UnitOfWork], Answer]) -> Answer:
        answer, _ = await self._context.runner.run(
            lambda engine: transact.change(
                engine, self._origin, key, use_case, self._context.sqlstates
            )
        )
        return answer


async def entered(request: Request, operation: str) -> FaceCall:
    """Let a caller into an operation, before anything else of the request is looked at."""
    context: ServiceContext = request.app.state.host.state.context()
    header = request.headers.get("Authorization")
    principal = await enter(
        context, header, request.state.request_id, operation, source_of(request)
    )
    request.state.principal = principal
    admit(principal, operation)
    return FaceCall(context, principal, request)


async def body(request: Request, limit: int) -> bytes:
    """The body, at most ``limit`` bytes. What is more is read to its end and dropped, so that the
    client has sent everything when it hears that it was too much; up to a limit of that too."""
    received = bytearray()
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            received += chunk
        elif size > 8 * limit:
            break
    if size > limit:
        raise refuse(Code.TOO_LARGE)
    return bytes(received)
