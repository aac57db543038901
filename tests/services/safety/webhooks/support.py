"""A desk whose clock a test moves: it registers endpoints, opens cases, and has messages sent."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from services.safety.webhooks.delivery import Post
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.sender import Sender
from services.safety.webhooks.transport import Reply, SafeTransport, Transport
from tests.services.safety.letting_in import register
from tests.services.safety.receiver import Received
from tests.services.safety.trial import Trial
from tests.support.api import SEALING_KEY, ApiClient

CASES_AT = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)


class Desk:
    """Registers endpoints, opens cases, and sends at times of its own choosing."""

    def __init__(self, api: ApiClient, trial: Trial, report: dict[str, Any]) -> None:
        self._api = api
        self._trial = trial
        self._report = report
        self.now = datetime.now(UTC)

    def register(self, url: str, topic: str = "safety") -> dict[str, Any]:
        return register(self._api, url, topic=topic)

    def open_case(self) -> None:
        answered = self._api.post("/cases", json=self._report, at=CASES_AT)
        assert answered.status_code == 201, answered.text
        # From now on, by the clock that the messages were put down with.
        self.now = max(self.now, datetime.now(UTC)) + timedelta(milliseconds=5)

    def sender(
        self, transport: Transport | None = None, *, sealing_key: str = SEALING_KEY
    ) -> Sender:
        post = Post(
            engine=self._trial.engine,
            transport=transport or SafeTransport(sandbox=True, deadline_seconds=5),
            sealer=Sealer(sealing_key),
            chance=lambda: 0.5,
            clock=DeskClock(self),
        )
        return Sender(post, lanes=4)

    def sweep(self, transport: Transport | None = None, **options: Any) -> int:
        """Send what is due by ``now``; how many attempts were made."""
        with self.sender(transport, **options) as sender:
            return sender.run()

    def messages(self, endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The notices to an endpoint: not the challenge that it answered at first."""
        path = f"/webhooks/{endpoint['endpoint_id']}/messages"
        found = self._api.get(path, role="admin").json()["items"]
        return [each for each in found if each["kind"] == "notice"]

    def message(self, endpoint: Mapping[str, Any]) -> dict[str, Any]:
        (only,) = self.messages(endpoint)
        return only

    def wait_for(self, message: Mapping[str, Any]) -> timedelta:
        """Go to the message's next attempt; how long that was."""
        due = datetime.fromisoformat(message["next_attempt_at"])
        waited, self.now = due - self.now, due
        return waited


class DeskClock:
    """Shows the desk's time instead of the database's."""

    simulated = True

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def now(self, of_record: datetime) -> datetime:
        return self._desk.now


class Scripted:
    """A transport that always gives the same reply."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    def post(self, _url: str, _headers: Mapping[str, str], _body: bytes) -> Reply:
        return self._reply


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for another thread, but not for ever."""
    for _ in range(1000):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError("this never came about")


def signed_with(secret: str, received: Received) -> bool:
    """True where one of the v1 signatures is this secret's, whenever it was made."""
    parts = (received.headers["webhook-id"], received.headers["webhook-timestamp"])
    signed = ".".join(parts).encode() + b"." + received.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    own = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return f"v1,{own}" in received.headers["webhook-signature"].split(" ")
