"""A safety desk that has its endpoint let in: proposed, approved by another, and challenged."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from services.safety.webhooks.delivery import Lane, Post, claim, record, send
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.transport import Reply
from shared.database.engine import blocking_engine
from tests.support.api import SEALING_KEY, ApiClient

APPROVAL = {"decision": "approve", "reason": "The desk's own host."}


class Answers:
    """A transport behind which a desk answers the challenge and takes all else."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []

    def post(self, _url: str, _headers: Mapping[str, str], body: bytes) -> Reply:
        self.bodies.append(json.loads(body))
        value = self.bodies[-1]["data"].get("challenge")
        return Reply(200, None, json.dumps({"challenge": value}))


def propose(
    api: ApiClient, url: str, *, kind: str = "hmac", topic: str = "safety", **options: Any
) -> dict[str, Any]:
    """The answer to a proposal of the desk: the only one that shows the secret."""
    body = {"url": url, "kind": kind} | ({} if topic == "safety" else {"topic": topic})
    answer = api.post("/webhooks", json=body, role="safety_desk", **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


def approve(api: ApiClient, endpoint: str) -> dict[str, Any]:
    answer = api.post(f"/webhooks/{endpoint}/decision", json=APPROVAL, role="admin")
    assert answer.status_code == 200, answer.text
    return answer.json()


def answer_challenge(api: ApiClient, endpoint: str, transport: Any = None) -> None:
    """Send what waits for this endpoint alone beside its notices: the challenge."""
    engine = blocking_engine(api.context.settings.database_url, pool_size=1)
    post = Post(engine, transport or Answers(), Sealer(SEALING_KEY), chance=lambda: 0.5)
    lane = Lane(api.study, uuid.UUID(endpoint), aside=True)
    while (message := claim(post, lane)) is not None:
        record(post, lane, message, send(post, lane, message))
    engine.dispose()


def register(
    api: ApiClient, url: str, *, kind: str = "hmac", topic: str = "safety"
) -> dict[str, Any]:
    """An active endpoint, with its secret."""
    proposed = propose(api, url, kind=kind, topic=topic)
    approve(api, proposed["endpoint_id"])
    answer_challenge(api, proposed["endpoint_id"])
    return proposed
