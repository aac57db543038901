"""What is asked and answered about messages: attempts, dead letters, replays, other channels."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from services.safety.webhooks.schemas import UUID_PATTERN
from shared.http.models import Instant, Model, Reason

MESSAGE_PATTERN = r"^msg_[0-9a-f]{32}$"
CASE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,59}$"
_NEXT = "Give it as ?after= to read on"
MessageId = Annotated[
    str, Field(description="The webhook-id header, the same at every attempt and replay")
]


class Attempt(Model):
    """How an attempt went. ``failure`` is null for a 2xx answer."""

    attempted_at: Instant
    status: int | None
    failure: str | None
    response_head: Annotated[str | None, Field(description="The answer's first 2 KB")]


class WholeAttempt(Attempt):
    """An attempt with what left us, byte for byte."""

    attempt: int
    address: Annotated[str | None, Field(description="The vetted address that was connected to")]
    sent: Annotated[
        str | None, Field(description="The request as written, headers and body; null: none was")
    ]
    sent_sha256: str | None
    replay_id: Annotated[str | None, Field(description="The replay that it was part of")]


class Attempts(Model):
    """Every attempt of a message at an endpoint, in their order."""

    items: list[WholeAttempt]


class Message(Model):
    message_id: MessageId
    event_type: str
    kind: Annotated[
        Literal["notice", "challenge", "test"], Field(description="Only a notice tells of a case")
    ]
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    next_attempt_at: Annotated[Instant | None, Field(description="null once settled")]
    created_at: Instant
    body: Annotated[str, Field(description="The exact text that is signed and sent")]
    replay_id: Annotated[str | None, Field(description="The last replay that it is part of")]
    last_attempt: Attempt | None


class Messages(Model):
    items: list[Message]
    next: str | None = Field(default=None, description=_NEXT)


class DeadLetter(Model):
    """A notice that an endpoint did not take."""

    message_id: MessageId
    endpoint_id: str
    event_type: str
    case_number: Annotated[str | None, Field(description="null: it is of no case")]
    sequence: int
    attempts: int
    created_at: Instant
    last_attempt: Attempt | None


class DeadLetters(Model):
    items: list[DeadLetter]
    next: str | None = Field(default=None, description=_NEXT)


class Replay(Model):
    """Send again, in the order in which it was told, what was told in a range; bounds included."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"since": "2026-05-01T00:00:00Z", "reason": "The desk was moved."}]
        }
    )

    since: Instant | None = None
    until: Instant | None = None
    case: Annotated[str | None, Field(pattern=CASE_PATTERN, description="A case number")] = None
    message_id: Annotated[str | None, Field(pattern=MESSAGE_PATTERN)] = None
    everything: Annotated[
        bool,
        Field(
            description="Also what the endpoint has taken, and what was told before it was there;"
            " otherwise its dead letters"
        ),
    ] = False
    reason: Reason


class ReplayMade(Model):
    """A replay, and how many messages are on their way by it."""

    replay_id: str
    endpoint_id: Annotated[str, Field(pattern=UUID_PATTERN)]
    since: Instant | None
    until: Instant | None
    case: str | None
    message_id: str | None
    everything: bool
    messages: int
    reason: str
    asked_by: str
    asked_at: Instant


class Replays(Model):
    items: list[ReplayMade]
    next: str | None = Field(default=None, description=_NEXT)


class FallbackNotice(Model):
    """Word to the desk by another channel. ``delivered_at`` is null while it waits for one."""

    notice_id: str
    cause: Literal["undelivered", "overdue", "given-up", "disabled"]
    endpoint_id: str | None
    due_at: Instant | None
    subject: str
    body: str
    raised_at: Instant
    delivered_at: Instant | None
    attempts: int
    last_error: str | None


class FallbackNotices(Model):
    items: list[FallbackNotice]
    next: str | None = Field(default=None, description=_NEXT)
