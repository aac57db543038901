"""Routes of the safety service."""

import asyncio
import secrets
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response

from services.safety import (
    case_endpoints,
    errors,
    icsr_endpoints,
    judgement_endpoints,
    reconciliation_endpoints,
    report_endpoints,
    service,
)
from services.safety.contents import etag
from services.safety.desk import endpoints as desk_endpoints
from services.safety.parameters import AsOf, CasePath
from services.safety.schemas import Case, CaseReport, Cases
from services.safety.webhooks import service as webhooks
from services.safety.webhooks.schemas import (
    ENDPOINT_PATTERN,
    Messages,
    RegisteredWebhook,
    WebhookRegistration,
    Webhooks,
)
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.streams import Resolver, system_resolver
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.context import ServiceContext
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, Unavailable, documented
from shared.settings import Settings, SettingsError

own = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["safety"])


def settings(request: Request) -> Settings:
    context: ServiceContext = request.app.state.context()
    return context.settings


def resolver() -> Resolver:
    """How names are resolved; a host or a test may override this dependency."""
    return system_resolver


def randomness() -> webhooks.Randomness:
    """Where secrets come from; a host or a test may override this dependency."""
    return secrets.token_bytes


@own.post("/cases", status_code=201, response_model=Case,
             responses=documented(errors.NoSafetySection))  # fmt: skip
async def open_case(
    body: CaseReport, call: Annotated[Call, operation("safety.open_case")]
) -> Response:
    """Report a serious adverse event. What is missing may follow; its clocks start now."""
    return await call.change(body, lambda work: answer(service.open_case(work, body)))


@own.get("/cases", responses=documented())
async def list_cases(
    call: Annotated[Call, operation("safety.list_cases")], at: Annotated[Page, page()]
) -> Cases:
    """The cases at the caller's sites, in the order of their numbers."""
    return await call.read(lambda work: service.list_cases(work, at))


@own.get("/cases/{case}", responses=documented(NotFound))
async def read_case(
    case: CasePath,
    call: Annotated[Call, operation("safety.read_case")],
    response: Response,
    as_of: AsOf = None,
) -> Case:
    """A case by its number: its newest version, what it owes, and why; now or as of an instant.
    Its ETag is what a new version names."""
    found = await call.read(lambda work: service.read_case(work, case, as_of))
    response.headers["ETag"] = etag(found.version)
    return found


@own.post("/webhooks", status_code=201, response_model=RegisteredWebhook,
             responses=documented(errors.EndpointKnown, Unavailable))  # fmt: skip
async def register_webhook(
    body: WebhookRegistration,
    call: Annotated[Call, operation("safety.register_webhook")],
    deployment: Annotated[Settings, Depends(settings)],
    resolve: Annotated[Resolver, Depends(resolver)],
    random: Annotated[webhooks.Randomness, Depends(randomness)],
) -> Response:
    """Register a URL that is told of cases. Only this answer shows its signing secret."""
    sealer = _sealer(deployment)
    # Outside the transaction and the event loop: name servers may be slow. A repeat of a request
    # is answered from the first time, whatever the name resolves to by now.
    refusal = await asyncio.to_thread(
        webhooks.examine_url, body.url, resolve, sandbox=deployment.sandbox
    )
    response = await call.change(
        body, lambda work: answer(webhooks.register(work, body, refusal, sealer, random))
    )
    stored = RegisteredWebhook.model_validate_json(bytes(response.body))
    shown = await call.read(lambda work: webhooks.with_secret(work, stored, sealer))
    headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    return Response(shown.model_dump_json(), response.status_code, headers)


@own.get("/webhooks", responses=documented())
async def list_webhooks(
    call: Annotated[Call, operation("safety.list_webhooks")], at: Annotated[Page, page()]
) -> Webhooks:
    """The registered URLs, without their secrets."""
    return await call.read(lambda work: webhooks.list_endpoints(work, at))


@own.get("/webhooks/{endpoint}/messages", responses=documented(NotFound))
async def list_messages(
    endpoint: Annotated[str, Path(pattern=ENDPOINT_PATTERN)],
    call: Annotated[Call, operation("safety.list_messages")],
    at: Annotated[Page, page()],
) -> Messages:
    """What was sent to an endpoint, what waits, and what was given up."""
    return await call.read(lambda work: webhooks.list_messages(work, uuid.UUID(endpoint), at))


def _sealer(deployment: Settings) -> Sealer:
    try:
        return Sealer(deployment.sealing_key)
    except SettingsError as error:
        raise Unavailable("This deployment has no key to seal secrets with.") from error


router = APIRouter()
_ROOMS = (
    own,
    case_endpoints.router,
    judgement_endpoints.router,
    icsr_endpoints.router,
    icsr_endpoints.answers,
    report_endpoints.router,
    reconciliation_endpoints.router,
    desk_endpoints.router,
)
for room in _ROOMS:
    router.routes.extend(room.routes)
