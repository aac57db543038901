"""Routes about messages: what became of them, dead letters, tests, and sending again."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.safety import errors
from services.safety.webhooks import message_service
from services.safety.webhooks.endpoints import EndpointPath, Random
from services.safety.webhooks.message_schemas import (
    CASE_PATTERN,
    MESSAGE_PATTERN,
    Attempts,
    DeadLetters,
    FallbackNotices,
    Message,
    Messages,
    Replay,
    ReplayMade,
    Replays,
)
from services.safety.webhooks.schemas import UUID_PATTERN
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import Instant
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["webhooks"])


@router.get("/dead-letters", responses=documented())
async def list_dead_letters(
    call: Annotated[Call, operation("safety.list_dead_letters")],
    at: Annotated[Page, page()],
    endpoint: Annotated[str | None, Query(pattern=UUID_PATTERN)] = None,
    case: Annotated[str | None, Query(pattern=CASE_PATTERN)] = None,
    since: Instant | None = None,
    until: Instant | None = None,
) -> DeadLetters:
    """What endpoints did not take, by endpoint, case and the time of telling."""
    key = None if endpoint is None else uuid.UUID(endpoint)
    return await call.read(
        lambda work: message_service.list_dead_letters(
            work, at, endpoint=key, case=case, since=since, until=until
        )
    )


@router.get("/fallback-notices", responses=documented())
async def list_fallback_notices(
    call: Annotated[Call, operation("safety.list_fallback_notices")], at: Annotated[Page, page()]
) -> FallbackNotices:
    """What was told by another channel, where webhooks did not get through."""
    return await call.read(lambda work: message_service.list_fallbacks(work, at))


@router.get("/webhooks/{endpoint}/messages", responses=documented(NotFound))
async def list_messages(
    endpoint: EndpointPath,
    call: Annotated[Call, operation("safety.list_messages")],
    at: Annotated[Page, page()],
) -> Messages:
    """What was sent to an endpoint, what waits, and what was given up."""
    key = uuid.UUID(endpoint)
    return await call.read(lambda work: message_service.list_messages(work, key, at))


@router.get("/webhooks/{endpoint}/messages/{message}/attempts", responses=documented(NotFound))
async def list_attempts(
    endpoint: EndpointPath,
    message: Annotated[str, Path(pattern=MESSAGE_PATTERN)],
    call: Annotated[Call, operation("safety.list_attempts")],
) -> Attempts:
    """Every attempt of a message, with the bytes that left and the first 2 KB of the answer."""
    key = uuid.UUID(endpoint)
    return await call.read(lambda work: message_service.list_attempts(work, key, message))


@router.post("/webhooks/{endpoint}/tests", status_code=201, response_model=Message,
             responses=documented(NotFound, errors.EndpointState))  # fmt: skip
async def send_test(
    endpoint: EndpointPath,
    call: Annotated[Call, operation("safety.send_test")],
    random: Random,
) -> Response:
    """Send one signed message without any case's data, which says that it is a test."""
    key = uuid.UUID(endpoint)
    return await call.change(
        None, lambda work: answer(message_service.send_test(work, key, random))
    )


@router.post("/webhooks/{endpoint}/replays", status_code=201, response_model=ReplayMade,
             responses=documented(NotFound, errors.EndpointState,
                                  errors.ReplayRefused))  # fmt: skip
async def replay_messages(
    endpoint: EndpointPath,
    body: Replay,
    call: Annotated[Call, operation("safety.replay_messages")],
    random: Random,
) -> Response:
    """Send again what was told in a range of time, of a case, or one message; with the reason."""
    key = uuid.UUID(endpoint)
    return await call.change(
        body, lambda work: answer(message_service.replay(work, key, body, random))
    )


@router.get("/webhooks/{endpoint}/replays", responses=documented(NotFound))
async def list_replays(
    endpoint: EndpointPath,
    call: Annotated[Call, operation("safety.list_replays")],
    at: Annotated[Page, page()],
) -> Replays:
    """What was sent again, by whom and why."""
    key = uuid.UUID(endpoint)
    return await call.read(lambda work: message_service.list_replays(work, key, at))
