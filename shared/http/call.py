"""One call of one operation: who asks, whether they may, and the transaction it runs in."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, TypeAdapter

from shared.clock import Clock, DatabaseClock, SimulatedClock
from shared.database import transact
from shared.database.idempotency import Answer, RequestKey, content_hash
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http import signatures
from shared.http.context import ServiceContext
from shared.http.models import STUDY_PATTERN, Instant
from shared.http.problems import (
    Forbidden,
    IdempotencyKeyMissing,
    MalformedRequest,
    NotFound,
    PreconditionMissing,
    Problem,
    SignatureRequired,
    Unauthenticated,
)
from shared.http.source import source_of
from shared.identity.matrix import Operation, matrix
from shared.identity.principal import Principal
from shared.identity.signatures import Signature
from shared.settings import Settings

T = TypeVar("T")
SIMULATED_TIME = "Induct-Simulated-Time"
REPLAYED = "Idempotent-Replayed"
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


class Call:
    """What an endpoint works with. ``change`` and ``read`` run a use case in a transaction.

    ``unsigned`` is why there is no electronic signature where one is needed, or why the one that
    came along cannot be taken.
    """

    def __init__(
        self,
        request: Request,
        context: ServiceContext,
        origin: Origin,
        unsigned: Problem | None = None,
    ) -> None:
        self._request = request
        self._context = context
        self._origin = origin
        self._unsigned = unsigned

    @property
    def principal(self) -> Principal:
        return self._origin.principal

    @property
    def settings(self) -> Settings:
        return self._context.settings

    async def read(self, use_case: Callable[[UnitOfWork], T]) -> T:
        """Run a reading use case and answer what it answers."""
        if self._unsigned is not None:
            raise self._unsigned
        return await self._context.runner.run(
            lambda engine: transact.read(engine, self._origin, use_case, self._context.sqlstates)
        )

    async def change(
        self,
        content: BaseModel | None,
        use_case: Callable[[UnitOfWork], Answer],
        *,
        replayed_as: int | None = None,
        witness: transact.Witness | None = None,
    ) -> Response:
        """Run a changing use case once for its Idempotency-Key.

        ``replayed_as`` is the status of a replay where it differs from the first answer's;
        ``witness`` keeps a record of every attempt (see ``transact.change``).

        A signature that cannot be taken stops the use case and not a replay: whoever repeats a
        request that was signed in its time need not sign again.
        """
        key = self._request_key(content)
        unsigned = self._unsigned
        if self._origin.signature is not None:
            unsigned = await signatures.misfit(self._origin.signature, self._request)

        def signed(work: UnitOfWork) -> Answer:
            if unsigned is not None:
                raise unsigned
            return use_case(work)

        answer, replayed = await self._context.runner.run(
            lambda engine: transact.change(
                engine,
                self._origin,
                key,
                signed,
                self._context.sqlstates,
                replayed_as=replayed_as,
                witness=witness,
            )
        )
        headers = dict(answer.headers)
        if replayed:
            headers[REPLAYED] = "true"
        return Response(answer.body, answer.status, headers, media_type="application/json")

    def if_match(self) -> str:
        """The ETag the change is based on; ``PreconditionMissing`` without one."""
        value = self._request.headers.get("If-Match", "").strip()
        if not value:
            raise PreconditionMissing
        return value

    def _request_key(self, content: BaseModel | None) -> RequestKey:
        keys = self._request.headers.getlist("Idempotency-Key")
        if len(keys) != 1 or not keys[0].strip():
            raise IdempotencyKeyMissing
        if len(keys[0]) > 255 or not keys[0].isascii() or not keys[0].isprintable():
            raise MalformedRequest("An Idempotency-Key is 1 to 255 printable ASCII characters.")
        body: Any = None if content is None else content.model_dump(mode="json")
        if_match = self._request.headers.get("If-Match")
        principal = self._origin.principal
        # The answer was made for a role and its sites: another one must not be told it.
        seen_as = f"as {principal.role} at {content_hash(principal.sites_setting())}"
        return RequestKey(
            client=principal.subject,
            route=f"{self._request.method} {self._request.url.path} {seen_as}",
            key=keys[0],
            content_hash=content_hash({"body": body, "if_match": if_match}),
        )


def answer(body: BaseModel, status: int = 201, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer of a change: the body's exact text is what a replay repeats."""
    return Answer(status, body.model_dump_json(), headers or {})


def operation(name: str) -> Any:
    """The dependency of a route: ``call: Annotated[Call, operation("service.operation")]``.

    The route (``StrictRoute``) has admitted the caller to the operation by then. Raises
    ``KeyError`` while the app is built where the role matrix does not know the operation.
    """
    rule = matrix().operations[name].signature

    async def enter(
        request: Request,
        study: Annotated[str, Path(pattern=STUDY_PATTERN, examples=["NCT05748171"])],
    ) -> Call:
        context: ServiceContext = request.app.state.context()
        principal: Principal = request.state.principal
        if not principal.may_enter(study):
            raise NotFound("There is no such study here.")
        clock = _clock(request, context)
        signature: Signature | None = None
        unsigned: Problem | None = None
        if rule is not None:
            try:
                signature = signatures.presented(request, context.signatures, rule, study)
                if signature is None and not rule.optional:
                    unsigned = SignatureRequired()
            except Problem as problem:
                unsigned = problem
        state = request.state
        origin = Origin(
            principal,
            study,
            state.request_id,
            clock,
            signature,
            state.trace,
            context.sightings,
            source_of(request),
        )
        return Call(request, context, origin, unsigned)

    async def enter_signed(
        call: Annotated[Call, Depends(enter)],
        # Declared for the description; what came is read where it is verified.
        presented: Annotated[
            str | None,
            Header(alias=signatures.HEADER, description=signatures.described(rule)),
        ] = None,
    ) -> Call:
        return call

    dependency: Any = enter if rule is None else enter_signed
    dependency.operation = name
    return Depends(dependency)


def admit(request: Request, rule: Operation) -> None:
    """Let a caller into an operation, before anything else of the request is looked at.

    Raises ``Unauthenticated`` without a valid bearer token, ``Forbidden`` where the token's role
    or scopes do not hold the operation.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthenticated
    context: ServiceContext = request.app.state.context()
    principal = context.verifier.verify(token.strip())
    request.state.principal = principal
    if principal.role not in rule.roles or rule.scope not in principal.scopes:
        raise Forbidden


def _clock(request: Request, context: ServiceContext) -> Clock:
    named = request.headers.get(SIMULATED_TIME)
    if named is None:
        return DatabaseClock()
    if not context.settings.sandbox:
        raise Forbidden("Only a sandbox lets a caller name the time.")
    try:
        return SimulatedClock(_INSTANT.validate_python(named))
    except ValueError:
        raise MalformedRequest(f"{SIMULATED_TIME} is no instant with an offset.") from None
