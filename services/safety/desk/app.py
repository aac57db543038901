"""The door for the desk's system, an app of its own: it comes without a bearer token.

A sender of Standard Webhooks signs what it sends and knows no OAuth; the gateway's authorizer has
nothing to look at, and the signature is looked at here before anything else of the body.
"""

import re
import uuid
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.safety import errors
from services.safety.desk import intake
from services.safety.desk.intake import Incoming
from services.safety.webhooks.sealing import Sealer
from shared.clock import DatabaseClock
from shared.database import transact
from shared.http.call import REPLAYED
from shared.http.context import ServiceContext
from shared.http.denials import Denied, note_elsewhere
from shared.http.faces import describe_face
from shared.http.logs import log_fault
from shared.http.models import STUDY_PATTERN
from shared.http.problems import (
    MEDIA_TYPE,
    Forbidden,
    IdempotencyKeyReused,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
)
from shared.http.refusals import MethodNotAllowed
from shared.http.source import source_of
from shared.identity.matrix import matrix
from shared.settings import SettingsError

PREFIX = "/safety-desk"
PATH = "/v1/studies/{study}/senders/{sender}/messages"
OPERATION = "safety.send_desk_message"
MAX_BYTES = 65_536
_STUDY = re.compile(STUDY_PATTERN, re.ASCII)


async def take_message(request: Request) -> Response:
    """Verify, read, apply once; every end of it is an answer of RFC 9457 or a 200."""
    request.scope["route"] = _Named(PREFIX + PATH)
    try:
        return await _taken(request)
    except Problem as problem:
        return _refused(request, problem)
    except ClientDisconnect:
        raise
    except Exception as error:  # the last net: a fault of ours, told without its words
        log_fault("safety", request.state.request_id, request.method, error)
        return _refused(request, Problem())


async def _taken(request: Request) -> Response:
    context: ServiceContext = request.app.state.host.state.context()
    came = await _incoming(request)
    sealer = _sealer(context)
    clock = DatabaseClock()
    try:
        held = await context.runner.run(
            lambda engine: transact.read(
                engine,
                came.origin(clock),
                lambda work: intake.verified(work, came, sealer),
                context.sqlstates,
            )
        )
    except errors.SentFromElsewhere:
        denied = Denied(context, came.principal, came.study, OPERATION, came.request_id)
        await note_elsewhere(denied, came.source)
        raise
    if intake.ROLE not in matrix().operations[OPERATION].roles:
        raise Forbidden
    message = intake.readable(came)
    signature = intake.signature_of(came, held.message_id, message)
    try:
        answer, replayed = await context.runner.run(
            lambda engine: transact.change(
                engine,
                came.origin(clock, signature),
                intake.key_of(came, held.message_id),
                intake.use_case(came, held.message_id, message),
                context.sqlstates,
                witness=intake.witness(came, held.message_id, message),
            )
        )
    except IdempotencyKeyReused:
        raise errors.MessageIdReused from None
    headers = {REPLAYED: "true"} if replayed else {}
    return Response(answer.body, answer.status, headers, media_type="application/json")


async def _incoming(request: Request) -> Incoming:
    study, name = request.path_params["study"], request.path_params["sender"]
    try:
        sender = uuid.UUID(name)
    except ValueError:
        raise errors.Unverified from None
    if not _STUDY.fullmatch(study) or str(sender) != name:
        raise errors.Unverified
    state, headers = request.state, _headers(request)
    body = await _body(request)
    where = source_of(request)
    return Incoming(study, sender, state.request_id, state.trace, headers, body, where)


def _headers(request: Request) -> dict[str, str]:
    """The three headers; one that stands twice is none, because senders and proxies would differ
    in which of them counts."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    found = {name: request.headers.getlist(name) for name in names}
    return {name: values[0] for name, values in found.items() if len(values) == 1}


async def _body(request: Request) -> bytes:
    received = bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > MAX_BYTES:
            raise TooLarge(f"At most {MAX_BYTES} bytes are accepted.")
    return bytes(received)


def _sealer(context: ServiceContext) -> Sealer:
    try:
        return Sealer(context.settings.sealing_key)
    except SettingsError as error:
        raise Unavailable("This deployment has no key to seal secrets with.") from error


def _refused(request: Request, problem: Problem) -> Response:
    request.state.problem = problem.kind
    return JSONResponse(problem.to_json(), problem.status, dict(problem.headers()), MEDIA_TYPE)


async def _refuse_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    return _refused(request, MethodNotAllowed(["POST"]) if status == 405 else NotFound())


@dataclass(frozen=True)
class _Named:
    """What the log calls the route."""

    path: str


@dataclass(frozen=True)
class FaceRoute:
    """A route of the face, and the operation of the role matrix that it is."""

    method: str
    path: str
    operation: str


ROUTES = [FaceRoute("POST", PATH, OPERATION)]


def describe() -> dict[str, Any]:
    """The OpenAPI document of the face."""
    from services.safety.desk.description import telling

    return describe_face(PREFIX, ROUTES, telling())


face = Starlette(
    routes=[Route(PATH, take_message, methods=["POST"])],
    exception_handlers={HTTPException: _refuse_http},
)
face.router.redirect_slashes = False
face.state.routes, face.state.name, face.state.describe = ROUTES, "desk", describe
