"""Routes of the face, by the addresses that the client's request classes make."""

import asyncio
import json
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from services.assessments.domain.rave.refusals import Code, RaveRefusedError, refuse
from services.assessments.rave import post_service, repository
from services.assessments.rave.app import PREFIX, FaceRoute, make_face, refused, xml
from services.assessments.rave.call import FaceCall, body, entered
from services.assessments.rave.problems import of_problem
from services.assessments.rave.read_endpoints import READS
from shared import __version__
from shared.http.faces import describe_face
from shared.http.problems import Problem

POST = "assessments.rave_post"
LARGE = 100_000


async def version(_request: Request) -> Response:
    return PlainTextResponse(__version__)


async def twohundred(_request: Request) -> Response:
    return PlainTextResponse("OK")


async def post(request: Request) -> Response:
    """``webservice.aspx?PostODMClinicalData``: a query that is a name without a value."""
    call = await entered(request, POST)
    if [name.lower() for name in request.query_params] != ["postodmclinicaldata"]:
        raise refuse(Code.NOT_FOUND)
    # Imported with the first file: reads, and a cold start, need no parser.
    from services.assessments.domain.rave.parser import parse
    from services.assessments.domain.rave.xml import MAX_BYTES

    raw = await body(request, MAX_BYTES)
    file_oid: str | None = None
    try:
        # A large one is read beside the event loop, which has other callers.
        document = await asyncio.to_thread(parse, raw) if len(raw) > LARGE else parse(raw)
        file_oid = document.file_oid
        answer = await call.change(
            file_oid, document.content_hash, lambda work: post_service.take(work, document)
        )
    except RaveRefusedError as refusal:
        return await _told(request, call, refusal.of_file(file_oid or refusal.file_oid))
    except Problem as problem:
        return await _told(request, call, of_problem(problem).of_file(file_oid))
    return xml(answer.body, answer.status, dict(answer.headers))


async def _told(request: Request, call: FaceCall, refusal: RaveRefusedError) -> Response:
    """The refusal's answer; all that is wrong is kept under its reference, in JSON."""
    reference = str(uuid.uuid4())
    errors = [
        {"code": one.code.reason, "location": one.location, "message": one.message}
        for one in refusal.refusals
    ]
    await call.read(lambda work: repository.add_refusal(work, reference, refusal.file_oid, errors))
    return refused(request, refusal, reference)


async def report(request: Request) -> Response:
    """All faults of a refused file, or the notes on one that was taken, by ReferenceNumber."""
    call = await entered(request, POST)
    try:
        reference = str(uuid.UUID(request.path_params["reference"]))
    except ValueError:
        raise refuse(Code.NOT_FOUND) from None
    found = await call.read(lambda work: repository.find_report(work, reference))
    if found is None:
        raise refuse(Code.NOT_FOUND)
    content = {"reference": reference, **found}
    return Response(json.dumps(content), media_type="application/json")


ROUTES = [
    FaceRoute("GET", "/version", None, version),
    FaceRoute("GET", "/version/build", None, version),
    FaceRoute("GET", "/twohundred", None, twohundred),
    FaceRoute("POST", "/webservice.aspx", POST, post),
    FaceRoute("GET", "/reports/{reference}", POST, report),
    *READS,
]


def describe() -> dict[str, Any]:
    """The OpenAPI document of the face."""
    from services.assessments.rave.description import telling

    return describe_face(PREFIX, ROUTES, telling())


face = make_face(ROUTES, describe)
