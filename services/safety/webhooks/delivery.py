"""One message's way: claimed under a lease, sent without any lock, then recorded.

Dying between the sending and the record leaves the lease to run out: the message goes out again
under the same webhook-id, by which the receiver knows it.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Engine

from services.safety.webhooks import (
    challenges,
    endpoint_repository,
    fallback,
    repository,
    retries,
    signing,
)
from services.safety.webhooks.rules import rules
from services.safety.webhooks.sealing import SealBroken, Sealer
from services.safety.webhooks.signing import Key
from services.safety.webhooks.transport import Reply, Transport
from shared import __version__
from shared.clock import Clock, DatabaseClock
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.http.logs import log
from shared.identity.principal import system

# Longer than any attempt may take, and shorter than anybody wants to wait after a crash.
LEASE: Final = timedelta(seconds=60)
GONE: Final = 410
# Answers that speak of the endpoint rather than of this one message.
UNWELL: Final = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Lane:
    """One endpoint of one study; ``aside`` for what a person asked for: tests, replays."""

    study: str
    endpoint: uuid.UUID
    aside: bool = False


@dataclass(frozen=True)
class Outgoing:
    """A message claimed at ``claimed_at``, with the sealed keys that sign it.

    ``steps`` attempts were made on its ladder before, the first of them at ``began``.
    """

    message_id: str
    kind: str
    body: str
    url: str
    keys: tuple[tuple[signing.Kind, str], ...]
    claimed_at: datetime
    steps: int = 0
    began: datetime | None = None
    replay: uuid.UUID | None = None

    @property
    def inert(self) -> bool:
        """What becomes of it says nothing of the endpoint: a person tries something."""
        return self.kind != "notice" or self.replay is not None


@dataclass(frozen=True)
class Post:
    """What sending needs: database, transport, key, chance for the jitter (0 to 1), and a clock.

    The clock is the database's, as everywhere: messages were put down with it.
    """

    engine: Engine
    transport: Transport
    sealer: Sealer
    chance: Callable[[], float]
    clock: Clock = field(default_factory=DatabaseClock)

    @contextmanager
    def work_in(self, study: str) -> Iterator[UnitOfWork]:
        """A transaction of the sender inside one study."""
        origin = Origin(system("safety", study), study, str(uuid.uuid4()), self.clock)
        with self.engine.connect() as connection, begin(connection, origin) as work:
            yield work


def claim(post: Post, lane: Lane) -> Outgoing | None:
    """The lane's next due message, or None. Committed: no lock is held while it is sent."""
    with post.work_in(lane.study) as work:
        now = work.now
        row = repository.claim(work, lane.endpoint, now, now + LEASE, aside=lane.aside)
        if row is None:
            return None
        secrets = endpoint_repository.secrets(work, [lane.endpoint])
    return Outgoing(
        message_id=row["message_id"],
        kind=row["kind"],
        body=row["body"],
        url=row["url"],
        keys=tuple(
            (each["kind"], each["sealed"])
            for each in reversed(secrets)  # the newest first
            if each["ends_at"] is None or each["ends_at"] > now
        ),
        claimed_at=now,
        steps=row["attempts"] - row["climb_from"],
        began=row["climbs_since"],
        replay=row["replay_id"],
    )


def send(post: Post, lane: Lane, message: Outgoing) -> Reply:
    """Sign for this attempt and post. Never raises for what a receiver does."""
    try:
        keys = [Key(kind, post.sealer.open(sealed, lane.endpoint)) for kind, sealed in message.keys]
    except SealBroken:
        return Reply(None, "secret-unreadable")
    body = message.body.encode()
    headers = signing.headers(keys, message.message_id, message.claimed_at, body) | {
        "Content-Type": "application/json",
        "User-Agent": f"Induct/{__version__}",
        "Connection": "close",
    }
    if message.kind == "test":
        headers["Induct-Test"] = "true"
    try:
        reply = post.transport.post(message.url, headers, body)
        return challenges.judge(message.body, reply) if message.kind == "challenge" else reply
    except Exception as error:  # a fault of ours counts as an attempt, or it would go on for ever
        log(
            "webhook attempt failed inside",
            level="error",
            service="safety",
            message_id=message.message_id,
            error=type(error).__name__,
        )
        return Reply(None, "internal")


def record(post: Post, lane: Lane, message: Outgoing, reply: Reply) -> None:
    """Write the attempt down and decide what follows."""
    with post.work_in(lane.study) as work:
        state, next_at = _decide(post, message, reply, work.now)
        work.because(f"webhook answered {reply.status}")
        number = repository.settle(work, message.message_id, lane.endpoint, state, next_at)
        repository.add_attempt(
            work,
            {
                "message": message.message_id,
                "endpoint": lane.endpoint,
                "attempt": number,
                "at": work.now,
                "status": reply.status,
                "failure": reply.failure,
                "head": reply.head,
                "sent": reply.sent or None,
                "address": reply.address,
                "replay": message.replay,
            },
        )
        if message.kind == "challenge" and reply.failure is None:
            endpoint_repository.activate(work, lane.endpoint)
        if not message.inert:
            _judge_endpoint(work, lane, reply)
            if state == "dead" and reply.status != GONE:
                fallback.given_up(work, lane.endpoint, message.message_id)
    if reply.failure is not None:
        _alarm(lane, message, reply, state, number)


def _judge_endpoint(work: UnitOfWork, lane: Lane, reply: Reply) -> None:
    """What a notice's answer says of the endpoint itself."""
    if reply.status == GONE:
        # Told by another channel in the transaction that stops this one.
        fallback.disabled(work, lane.endpoint)
        endpoint_repository.disable(work, lane.endpoint, "The receiver answered 410.")
        return
    until = None
    if is_unwell(reply):
        asked = retries.read_retry_after(reply.retry_after, work.now) or timedelta(0)
        until = work.now + min(max(asked, rules().least_pause), rules().most_pause)
    endpoint_repository.pause(work, lane.endpoint, until)


def is_unwell(reply: Reply) -> bool:
    """True where trying the endpoint's next message at once would be of no use."""
    return reply.status is None or reply.status == GONE or reply.status in UNWELL


def _decide(
    post: Post, message: Outgoing, reply: Reply, now: datetime
) -> tuple[str, datetime | None]:
    if reply.failure is None:
        return "delivered", None
    if reply.status == GONE or message.kind == "test":
        return "dead", None
    next_at = retries.next_attempt(
        retries.ladder(),
        message.steps + 1,
        message.began or now,
        now,
        chance=post.chance(),
        retry_after=retries.read_retry_after(reply.retry_after, now),
    )
    return ("dead", None) if next_at is None else ("pending", next_at)


def _alarm(lane: Lane, message: Outgoing, reply: Reply, state: str, number: int) -> None:
    grave = state == "dead" or reply.failure in {"address-refused", "secret-unreadable"}
    log(
        "webhook given up" if state == "dead" else "webhook attempt failed",
        level="error" if grave else "warning",
        service="safety",
        study=lane.study,
        message_id=message.message_id,
        attempts=number,
        status=reply.status,
        error=reply.failure,
    )
