"""What is sent about webhook endpoints and what is answered."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Instant, Model, StudyId

ENDPOINT_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


class WebhookRegistration(Model):
    """Where the safety desk wants to be told."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://safety.example.org/induct"}]}
    )

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="https, port 443 or 8443, a host with public addresses only, no user name",
        ),
    ]


class Webhook(Model):
    endpoint_id: str
    study: StudyId
    url: str
    state: Literal["active", "disabled"]
    registered_at: Instant


class RegisteredWebhook(Webhook):
    """``secret`` is shown to the request that registered the endpoint, and never again later."""

    secret: Annotated[
        str | None,
        Field(
            description="whsec_ and base64, for verifying by Standard Webhooks; null in a repeat of"
            " the request more than a day later"
        ),
    ] = None


class Webhooks(Model):
    items: list[Webhook]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class Attempt(Model):
    """How an attempt went. ``failure`` is null for a 2xx answer."""

    attempted_at: Instant
    status: int | None
    failure: str | None
    response_head: Annotated[str | None, Field(description="The answer's first 2 KB")]


class Message(Model):
    message_id: Annotated[
        str, Field(description="The webhook-id header, the same at every attempt")
    ]
    event_type: str
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    next_attempt_at: Annotated[Instant | None, Field(description="null once settled")]
    created_at: Instant
    body: Annotated[str, Field(description="The exact text that is signed and sent")]
    last_attempt: Attempt | None


class Messages(Model):
    items: list[Message]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
