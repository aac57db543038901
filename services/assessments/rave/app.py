"""The face as an app of its own: every answer under its prefix is one that the client can read.

The client fails in its own code on problem documents, on JSON, and on answers without a media type,
so nothing of the service's usual handling shows here: also what the framework itself refuses, and
what goes wrong, becomes a ``<Response>``.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.assessments.domain.rave import response
from services.assessments.domain.rave.refusals import Code, RaveRefusedError, Refusal
from services.assessments.rave.access import NOT_PROVIDED, HeaderMissingError
from services.assessments.rave.problems import of_problem
from shared.http.logs import log_fault
from shared.http.problems import Problem

PREFIX = "/RaveWebServices"
XML = "text/xml"
CHALLENGE = {"WWW-Authenticate": 'Basic realm="Rave Web Services"'}
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class FaceRoute:
    """A route of the face. ``operation`` is that of the role matrix; None where anybody may ask
    and nothing of a trial is told."""

    method: str
    path: str
    operation: str | None
    endpoint: Endpoint


def xml(content: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An XML answer; its media type says the charset, which the document does not."""
    return Response(content, status, headers, media_type=XML)


def make_face(routes: list[FaceRoute], describe: Callable[[], dict[str, Any]]) -> Starlette:
    """The app of these routes. Its host sets ``state.host`` to the app it is mounted in."""
    face = Starlette(
        routes=[
            Route(route.path, guarded(route.endpoint, route.path), methods=[route.method])
            for route in routes
        ],
        exception_handlers={HTTPException: _refuse_http},
    )
    # A redirect would be followed by the client, as often as it is sent.
    face.router.redirect_slashes = False
    face.state.routes, face.state.name, face.state.describe = routes, "rave", describe
    return face


def guarded(endpoint: Endpoint, path: str) -> Endpoint:
    """The endpoint, whose every end is an answer that the client can read."""

    async def answered(request: Request) -> Response:
        request.scope["route"] = _Named(PREFIX + path)
        try:
            return await endpoint(request)
        except HeaderMissingError:
            return PlainTextResponse(NOT_PROVIDED, 401, CHALLENGE)
        except RaveRefusedError as refusal:
            return refused(request, refusal, str(uuid.uuid4()))
        except Problem as problem:
            return refused(request, of_problem(problem), str(uuid.uuid4()))
        except ClientDisconnect:
            raise
        except Exception as error:  # the last net: a fault of ours, told without its words
            log_fault("assessments", request.state.request_id, request.method, error)
            return refused(request, RaveRefusedError([Refusal(Code.FAULT)]), str(uuid.uuid4()))

    return answered


@dataclass(frozen=True)
class _Named:
    """What the log calls the route."""

    path: str


def refused(request: Request, refusal: RaveRefusedError, reference: str) -> Response:
    """The first of the refusals; ``reference`` leads to all of them where they were kept."""
    first = refusal.first
    request.state.problem = first.code.reason
    headers = dict(CHALLENGE) if first.code.status == 401 else {}
    if first.code in {Code.IN_FLIGHT, Code.UNAVAILABLE}:
        headers["Retry-After"] = "1"
    body = response.failure(reference, first, refusal.file_oid)
    return xml(body, first.code.status, headers)


async def _refuse_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    code = Code.METHOD if status == 405 else Code.NOT_FOUND
    answer = refused(request, RaveRefusedError([Refusal(code)]), str(uuid.uuid4()))
    allowed = getattr(error, "headers", None) or {}
    answer.headers.update(allowed)
    return answer
