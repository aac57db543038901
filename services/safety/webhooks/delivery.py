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

from services.safety.webhooks import repository, retries, signing
from services.safety.webhooks.sealing import SealBroken, Sealer
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
    """One endpoint of one study."""

    study: str
    endpoint: uuid.UUID


@dataclass(frozen=True)
class Outgoing:
    """A message claimed at ``claimed_at``. ``attempts`` were made before."""

    message_id: str
    body: str
    attempts: int
    url: str
    secret_sealed: str
    claimed_at: datetime


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
        row = repository.claim(work, lane.endpoint, now, now + LEASE)
    if row is None:
        return None
    return Outgoing(
        row["message_id"], row["body"], row["attempts"], row["url"], row["secret_sealed"], now
    )


def send(post: Post, lane: Lane, message: Outgoing) -> Reply:
    """Sign for this attempt and post. Never raises for what a receiver does."""
    try:
        key = post.sealer.open(message.secret_sealed, lane.endpoint)
    except SealBroken:
        return Reply(None, "secret-unreadable")
    body = message.body.encode()
    headers = signing.headers([key], message.message_id, message.claimed_at, body) | {
        "Content-Type": "application/json",
        "User-Agent": f"Induct/{__version__}",
        "Connection": "close",
    }
    try:
        return post.transport.post(message.url, headers, body)
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
            },
        )
        if reply.status == GONE:
            repository.disable(work, lane.endpoint)
    if reply.failure is not None:
        _alarm(lane, message, reply, state, number)


def is_unwell(reply: Reply) -> bool:
    """True where trying the endpoint's next message at once would be of no use."""
    return reply.status is None or reply.status == GONE or reply.status in UNWELL


def _decide(
    post: Post, message: Outgoing, reply: Reply, now: datetime
) -> tuple[str, datetime | None]:
    if reply.failure is None:
        return "delivered", None
    if reply.status == GONE:
        return "dead", None
    next_at = retries.next_attempt(
        retries.ladder(),
        message.attempts + 1,
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
