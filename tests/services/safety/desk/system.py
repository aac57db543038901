"""The desk's own system as a sender of messages, for tests."""

import json
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook

from tests.services.safety.life import Life
from tests.support.api import ApiClient

Body = dict[str, Any]
SIGNED = {"name": "Dr Jana Novakova", "at": "2026-02-21T10:00:00Z"}


def now() -> datetime:
    return datetime.now(UTC)


class DeskSystem:
    """A sender as any: it has a secret, and the library."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api
        asked = api.post("/desk-senders", json={"name": "Argus bridge"}, role="safety_desk")
        assert asked.status_code == 201, asked.text
        self.id = asked.json()["sender_id"]
        self._count = 0
        made = api.post(f"/desk-senders/{self.id}/approval", role="admin")
        assert made.status_code == 201, made.text
        self.secret = made.json()["secret"]

    def rotate(self, hours: int) -> str:
        body = {"overlap_hours": hours}
        made = self.api.post(f"/desk-senders/{self.id}/secrets", json=body, role="admin")
        assert made.status_code == 201, made.text
        return str(made.json()["secret"])

    def send(
        self,
        type_: str,
        *,
        message_id: str | None = None,
        at: datetime | None = None,
        secret: str | None = None,
        sent: str | None = None,
        study: str = "NCT05748171",
        **data: Any,
    ) -> Any:
        self._count += 1
        name = message_id or f"msg_{self._count}"
        body = sent or json.dumps(
            {"type": type_, "timestamp": "2026-02-21T10:00:00Z", "data": data}
        )
        moment = at or now()
        headers = {
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(name, moment, body),
            "Content-Type": "application/json",
        }
        path = f"//safety-desk/v1/studies/{study}/senders/{self.id}/messages"
        return self.api.post(path, content=body, headers=headers, role=None, key="")

    def done(self, type_: str, **data: Any) -> Body:
        answer = self.send(type_, **data)
        assert answer.status_code == 200, answer.text
        found: Body = answer.json()
        return found


def number(life: Life) -> str:
    return str(life.case["case_number"])


def judgement(life: Life, **said: Any) -> Body:
    said = {"kind": "causality", "event": "1", "product": "INO", "related": True,
            "reason": "temporal relation"} | said  # fmt: skip
    return {"case_number": number(life), "version": 1, "judgement": said, "signed": SIGNED}


def parked(life: Life) -> list[Body]:
    found = life.api.get("/desk-messages?state=parked", role="safety_desk")
    assert found.status_code == 200, found.text
    items: list[Body] = found.json()["items"]
    return items
