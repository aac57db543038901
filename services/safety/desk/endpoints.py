"""Routes about the desk's system: its senders and secrets, what it sent, what it says of a case."""

import secrets
import uuid
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response

from services.safety import errors
from services.safety.desk import queries, senders
from services.safety.desk.schemas import (
    DeskFile,
    DeskMessage,
    DeskMessages,
    DeskQueries,
    DeskQuery,
    DeskSender,
    DeskSenders,
    DeskSenderWithSecret,
    NetworksBound,
    QueryAnswer,
    SecretRotation,
    SenderRequest,
    Settlement,
)
from services.safety.parameters import UUID_PATTERN, CasePath
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.service import Randomness
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import Model
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, Unavailable, documented
from shared.settings import SettingsError

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["desk"])
SenderPath = Annotated[str, Path(pattern=UUID_PATTERN)]


def randomness() -> Randomness:
    """Where secrets come from; a host or a test may override this dependency."""
    return secrets.token_bytes


def sealer(request: Request) -> Sealer:
    try:
        return Sealer(request.app.state.context().settings.sealing_key)
    except SettingsError as error:
        raise Unavailable("This deployment has no key to seal secrets with.") from error


Random = Annotated[Randomness, Depends(randomness)]
Seal = Annotated[Sealer, Depends(sealer)]


@router.post("/desk-senders", status_code=201, response_model=DeskSender,
             responses=documented())  # fmt: skip
async def request_desk_sender(
    body: SenderRequest,
    call: Annotated[Call, operation("safety.request_desk_sender")],
    random: Random,
) -> Response:
    """Ask that a system of the desk may call us; somebody else approves it."""
    return await call.change(body, lambda work: answer(senders.request_sender(work, body, random)))


@router.get("/desk-senders", responses=documented())
async def list_desk_senders(
    call: Annotated[Call, operation("safety.list_desk_senders")],
) -> DeskSenders:
    """Who may call us, without secrets."""
    return await call.read(senders.list_senders)


@router.post("/desk-senders/{sender}/approval", status_code=201,
             response_model=DeskSenderWithSecret,
             responses=documented(NotFound, errors.SenderState, Unavailable))  # fmt: skip
async def approve_desk_sender(
    sender: SenderPath,
    call: Annotated[Call, operation("safety.approve_desk_sender")],
    seal: Seal,
    random: Random,
) -> Response:
    """Approve a sender that somebody else asked for. Only this answer shows its secret."""
    made = uuid.UUID(sender)
    return await _with_secret(call, None, seal, lambda w: senders.approve(w, made, seal, random))


@router.post("/desk-senders/{sender}/secrets", status_code=201,
             response_model=DeskSenderWithSecret,
             responses=documented(NotFound, errors.SenderState, Unavailable))  # fmt: skip
async def rotate_desk_secret(
    sender: SenderPath,
    body: SecretRotation,
    call: Annotated[Call, operation("safety.rotate_desk_secret")],
    seal: Seal,
    random: Random,
) -> Response:
    """Make a new secret. The one so far holds for the overlap, or ends at once with 0 hours."""
    made = uuid.UUID(sender)
    return await _with_secret(
        call, body, seal, lambda work: senders.rotate(work, made, body, seal, random)
    )


@router.post("/desk-senders/{sender}/networks", status_code=201, response_model=DeskSender,
             responses=documented(NotFound, errors.SenderState))  # fmt: skip
async def bind_desk_sender(
    sender: SenderPath,
    body: NetworksBound,
    call: Annotated[Call, operation("safety.bind_desk_sender")],
) -> Response:
    """Say from which networks a sender may send, from now; a message from another is refused."""
    return await call.change(body, lambda work: answer(senders.bind(work, uuid.UUID(sender), body)))


@router.post("/desk-senders/{sender}/retirement", status_code=201, response_model=DeskSender,
             responses=documented(NotFound, errors.SenderState))  # fmt: skip
async def retire_desk_sender(
    sender: SenderPath, call: Annotated[Call, operation("safety.retire_desk_sender")]
) -> Response:
    """Take nothing of a sender any more, from now."""
    return await call.change(None, lambda work: answer(senders.retire(work, uuid.UUID(sender))))


@router.get("/desk-messages", responses=documented())
async def list_desk_messages(
    call: Annotated[Call, operation("safety.list_desk_messages")],
    at: Annotated[Page, page()],
    state: Annotated[Literal["applied", "parked", "settled"] | None, Query()] = None,
) -> DeskMessages:
    """What the desk's system sent; `state=parked`: what waits for a person."""
    return await call.read(lambda work: senders.list_messages(work, state, at))


@router.post("/desk-messages/{sender}/settlements", status_code=201,
             response_model=DeskMessage,
             responses=documented(NotFound, errors.MessageState))  # fmt: skip
async def settle_desk_message(
    sender: SenderPath,
    body: Settlement,
    call: Annotated[Call, operation("safety.settle_desk_message")],
) -> Response:
    """Say what was done about a parked message. It waits no more, and is taken no more."""
    return await call.change(
        body, lambda work: answer(senders.settle(work, uuid.UUID(sender), body))
    )


@router.get("/cases/{case}/desk", responses=documented(NotFound))
async def read_desk_file(
    case: CasePath, call: Annotated[Call, operation("safety.read_desk_file")]
) -> DeskFile:
    """The desk's own number of a case, and its queries."""
    return await call.read(lambda work: queries.read_file(work, case))


@router.post("/cases/{case}/desk/answers", status_code=201, response_model=DeskQuery,
             responses=documented(NotFound, errors.QueryClosed))  # fmt: skip
async def answer_desk_query(
    case: CasePath, body: QueryAnswer, call: Annotated[Call, operation("safety.answer_desk_query")]
) -> Response:
    """Answer a query of the desk about a case. Its system is told, and fetches the answer."""
    return await call.change(body, lambda work: answer(queries.answer_query(work, case, body)))


@router.get("/desk-queries", responses=documented())
async def list_desk_queries(
    call: Annotated[Call, operation("safety.list_desk_queries")],
    at: Annotated[Page, page()],
    state: Annotated[Literal["open", "answered", "closed"] | None, Query()] = None,
) -> DeskQueries:
    """What the desk asked of the cases in reach; `state=open`: what waits for an answer."""
    return await call.read(lambda work: queries.list_queries(work, state, at))


async def _with_secret(
    call: Call, body: Model | None, seal: Sealer, use_case: Callable[[UnitOfWork], DeskSender]
) -> Response:
    """The stored answer is without the secret: first answer and repeat fetch it the same way."""
    response = await call.change(body, lambda work: answer(use_case(work)))
    stored = DeskSender.model_validate_json(bytes(response.body))
    shown = await call.read(lambda work: senders.with_secret(work, stored, seal))
    headers = {k: v for k, v in response.headers.items() if k.lower() != "content-length"}
    return Response(shown.model_dump_json(), response.status_code, headers)
