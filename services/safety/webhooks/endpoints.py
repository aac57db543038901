"""Routes about the endpoints that are told of cases or of broken glass, and their secrets."""

import asyncio
import secrets
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from services.safety import errors
from services.safety.webhooks import secret_service, service
from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.schemas import (
    UUID_PATTERN,
    RegisteredWebhook,
    SecretRotation,
    ShownSecret,
    Webhook,
    WebhookDecision,
    WebhookDisabling,
    WebhookRead,
    WebhookRegistration,
    Webhooks,
    WebhookSecret,
)
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.streams import Resolver, system_resolver
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.context import ServiceContext
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, Unavailable, documented
from shared.settings import Settings, SettingsError

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["webhooks"])

EndpointPath = Annotated[str, Path(pattern=UUID_PATTERN)]


def settings(request: Request) -> Settings:
    context: ServiceContext = request.app.state.context()
    return context.settings


def resolver() -> Resolver:
    """How names are resolved; a host or a test may override this dependency."""
    return system_resolver


def hosts() -> HostList:
    """The hosts that may be told; a host or a test may override this dependency."""
    return HostList.from_environment()


def randomness() -> service.Randomness:
    """Where secrets come from; a host or a test may override this dependency."""
    return secrets.token_bytes


Random = Annotated[service.Randomness, Depends(randomness)]


@router.post("/webhooks", status_code=201, response_model=RegisteredWebhook,
             responses=documented(errors.EndpointKnown, Unavailable))  # fmt: skip
async def register_webhook(
    body: WebhookRegistration,
    call: Annotated[Call, operation("safety.register_webhook")],
    deployment: Annotated[Settings, Depends(settings)],
    allowed: Annotated[HostList, Depends(hosts)],
    resolve: Annotated[Resolver, Depends(resolver)],
    random: Random,
) -> Response:
    """Propose a URL that is to be told of a topic. Only this answer shows its signing secret."""
    sealer = _sealer(deployment)
    # Outside the transaction and the event loop: name servers may be slow. A repeat of a request
    # is answered from the first time, whatever the name resolves to by now.
    refusal = await asyncio.to_thread(
        service.examine_url, body.url, allowed, resolve, sandbox=deployment.sandbox
    )
    response = await call.change(
        body, lambda work: answer(service.propose(work, body, refusal, sealer, random))
    )
    stored = RegisteredWebhook.model_validate_json(bytes(response.body))
    return await _shown(call, response, stored, stored.secrets[0].secret_id, sealer)


@router.get("/webhooks", responses=documented())
async def list_webhooks(
    call: Annotated[Call, operation("safety.list_webhooks")], at: Annotated[Page, page()]
) -> Webhooks:
    """The endpoints, without their secrets."""
    return await call.read(lambda work: service.list_endpoints(work, at))


@router.get("/webhooks/{endpoint}", responses=documented(NotFound))
async def read_webhook(
    endpoint: EndpointPath, call: Annotated[Call, operation("safety.read_webhook")]
) -> WebhookRead:
    """An endpoint, who let it in, what signs for it, and how its messages stand."""
    return await call.read(lambda work: service.read_endpoint(work, uuid.UUID(endpoint)))


@router.post("/webhooks/{endpoint}/decision", status_code=200, response_model=Webhook,
             responses=documented(NotFound, errors.EndpointState,
                                  errors.SecondPersonNeeded))  # fmt: skip
async def decide_webhook(
    endpoint: EndpointPath,
    body: WebhookDecision,
    call: Annotated[Call, operation("safety.decide_webhook")],
    random: Random,
) -> Response:
    """Approve, as a second person, or reject. An approved URL is sent a challenge, and is active
    once it has answered it."""
    key = uuid.UUID(endpoint)
    return await call.change(
        body, lambda work: answer(service.decide(work, key, body, random), 200)
    )


@router.post("/webhooks/{endpoint}/challenge", status_code=200, response_model=Webhook,
             responses=documented(NotFound, errors.EndpointState))  # fmt: skip
async def challenge_webhook(
    endpoint: EndpointPath,
    call: Annotated[Call, operation("safety.challenge_webhook")],
    random: Random,
) -> Response:
    """Send an approved URL a new challenge, at once."""
    key = uuid.UUID(endpoint)
    return await call.change(None, lambda work: answer(service.challenge(work, key, random), 200))


@router.post("/webhooks/{endpoint}/disabling", status_code=200, response_model=Webhook,
             responses=documented(NotFound, errors.EndpointState))  # fmt: skip
async def disable_webhook(
    endpoint: EndpointPath,
    body: WebhookDisabling,
    call: Annotated[Call, operation("safety.disable_webhook")],
) -> Response:
    """Stop an endpoint, with the reason; what waits for it becomes dead letters."""
    key = uuid.UUID(endpoint)
    return await call.change(body, lambda work: answer(service.disable(work, key, body), 200))


@router.post("/webhooks/{endpoint}/secrets", status_code=201, response_model=ShownSecret,
             responses=documented(NotFound, errors.EndpointState, errors.TwoSecrets,
                                  Unavailable))  # fmt: skip
async def rotate_secret(
    endpoint: EndpointPath,
    body: SecretRotation,
    call: Annotated[Call, operation("safety.rotate_secret")],
    deployment: Annotated[Settings, Depends(settings)],
    random: Random,
) -> Response:
    """A new secret, which only this answer shows; or a key pair. Both sign for a while."""
    sealer, key = _sealer(deployment), uuid.UUID(endpoint)
    response = await call.change(
        body, lambda work: answer(secret_service.rotate(work, key, body, sealer, random))
    )
    stored = ShownSecret.model_validate_json(bytes(response.body))
    return await _shown(call, response, stored, stored.secret_id, sealer)


@router.post("/webhooks/{endpoint}/secrets/{secret}/retirement", status_code=200,
             response_model=WebhookSecret,
             responses=documented(NotFound, errors.EndpointState, errors.LastSecret))  # fmt: skip
async def retire_secret(
    endpoint: EndpointPath,
    secret: Annotated[str, Path(pattern=UUID_PATTERN)],
    call: Annotated[Call, operation("safety.retire_secret")],
) -> Response:
    """Let a secret sign nothing from now on: it was exchanged, or is known to a stranger."""
    pair = uuid.UUID(endpoint), uuid.UUID(secret)
    return await call.change(None, lambda work: answer(secret_service.retire(work, *pair), 200))


async def _shown(
    call: Call, response: Response, stored: BaseModel, secret: str, sealer: Sealer
) -> Response:
    """The stored answer with the secret, for as long as it may be shown."""
    shown = await call.read(lambda work: secret_service.reveal(work, secret, sealer))
    content = stored.model_copy(update={"secret": shown}).model_dump_json()
    headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    return Response(content, response.status_code, headers)


def _sealer(deployment: Settings) -> Sealer:
    try:
        return Sealer(deployment.sealing_key)
    except SettingsError as error:
        raise Unavailable("This deployment has no key to seal secrets with.") from error
