"""What is sent about webhook endpoints and their secrets, and what is answered."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from services.safety.webhooks.rules import rules
from shared.http.models import Instant, Model, Reason, StudyId

UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

SecretKind = Annotated[
    Literal["hmac", "ed25519"],
    Field(description="A shared secret (v1), or a key pair of which you get the public half (v1a)"),
]
Secret = Annotated[
    str | None,
    Field(
        description="whsec_ and base64, for verifying by Standard Webhooks; null for a key pair,"
        " and in a repeat of the request more than a day later"
    ),
]


Topic = Annotated[
    Literal["safety", "quality"],
    Field(
        description="What it is told of, and of nothing else: `safety` (cases, for the safety desk)"
        " or `quality` (broken glass, for the sponsor's quality assurance)"
    ),
]


class WebhookRegistration(Model):
    """Where a desk wants to be told, and of what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"url": "https://safety.example.org/induct"},
                {"url": "https://quality.example.org/induct", "topic": "quality"},
            ]
        }
    )

    url: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="https, port 443 or 8443, a host on the deployment's list with public"
            " addresses only, no user name",
        ),
    ]
    kind: SecretKind = "hmac"
    topic: Topic = "safety"


class WebhookDecision(Model):
    """By another person than the one who proposed the endpoint, where it is approved."""

    decision: Literal["approve", "reject"]
    reason: Reason


class WebhookDisabling(Model):
    """Stop an endpoint. What waits for it becomes a dead letter."""

    reason: Reason


class WebhookSecret(Model):
    """A key of an endpoint: never the secret itself."""

    secret_id: str
    kind: SecretKind
    public_key: Annotated[str | None, Field(description="whpk_ and base64, of a key pair")]
    created_at: Instant
    created_by: str
    ends_at: Annotated[Instant | None, Field(description="When it stops signing; null: not yet")]


class Webhook(Model):
    endpoint_id: str
    study: StudyId
    url: str
    topic: Topic = "safety"
    state: Annotated[
        Literal["proposed", "rejected", "approved", "active", "disabled"],
        Field(description="approved: waits for the receiver's answer to the challenge"),
    ]
    registered_at: Instant
    proposed_by: str | None
    decided_by: str | None
    decided_at: Instant | None
    reason: str | None
    activated_at: Instant | None
    paused_until: Annotated[
        Instant | None, Field(description="Its notices wait: it asked for it, or was of no use")
    ]
    secrets: list[WebhookSecret]


class RegisteredWebhook(Webhook):
    """``secret`` is shown to the request that registered the endpoint, and never again later."""

    secret: Secret = None


class WebhookHealth(Model):
    """How the notices stand at an endpoint."""

    pending: int
    dead: int
    oldest_pending_at: Instant | None
    last_delivered_at: Instant | None


class WebhookRead(Webhook):
    health: WebhookHealth


class Webhooks(Model):
    items: list[Webhook]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class SecretRotation(Model):
    """A new secret beside the others; those of its kind sign for ``overlap_hours`` still."""

    kind: SecretKind = "hmac"
    overlap_hours: Annotated[
        int, Field(ge=0, le=int(rules().most_overlap.total_seconds() // 3600))
    ] = int(rules().overlap.total_seconds() // 3600)


class ShownSecret(WebhookSecret):
    """``secret`` is shown to the request that made it, and never again later."""

    secret: Secret = None
