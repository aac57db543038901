"""Sends what is due: every endpoint in a lane of its own, so that no slow desk delays another.

What a person asked for (tests, challenges, replays) goes beside the endpoint's notices in another.
Lanes are threads, and so not without number. Endpoints that were of no use when they were tried
last, and what goes aside, share half of them: however many desks hang, those that answer have the
other half to themselves.
"""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, Self

from sqlalchemy import Engine

from services.safety.webhooks import repository
from services.safety.webhooks.delivery import Lane, Post, claim, is_unwell, record, send
from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.sealing import Sealer
from services.safety.webhooks.transport import SafeTransport, Transport
from shared import faults
from shared.database.engine import blocking_engine
from shared.http.logs import log
from shared.settings import Settings

LANES: Final = 128
PAUSE_SECONDS: Final = 0.5
CONNECTIONS: Final = 4
# A lane may wait for a connection: many are before it, none of them for long.
CONNECTION_PATIENCE_SECONDS: Final = 30
_random = secrets.SystemRandom()


class Sender:
    """Works through due messages, at most ``lanes`` endpoints at a time and one message of each.

    ``sweep`` starts lanes and does not wait for them; a lane still busy is not started twice.
    """

    def __init__(self, post: Post, *, lanes: int = LANES) -> None:
        self._post = post
        self._lanes = lanes
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="webhook-lane")
        self._busy: dict[Lane, Future[int]] = {}
        self._sharing: set[Lane] = set()
        self._left = 0
        self._unwell: set[Lane] = set()
        self._lock = threading.Lock()

    def sweep(self, *, spare_unwell: bool = False) -> list[Future[int]]:
        """Start a lane for every endpoint with due messages, as far as there are lanes; a lane
        answers how many it sent. What finds none is due at the next sweep.

        ``spare_unwell`` leaves out the endpoints that were of no use since ``run`` began.
        """
        started = []
        self._left = 0
        for lane, shares in self._due():
            with self._lock:
                if lane in self._busy or (spare_unwell and lane in self._unwell):
                    continue
                if not self._has_room(shares=shares):
                    self._left += not shares
                else:
                    if shares:
                        self._sharing.add(lane)
                    self._busy[lane] = self._pool.submit(self._work_off, lane)
                    started.append(self._busy[lane])
        return started

    def _has_room(self, *, shares: bool) -> bool:
        if shares and len(self._sharing) >= max(self._lanes // 2, 1):
            return False
        return len(self._busy) < self._lanes

    def run(
        self,
        linger_seconds: float = 0.0,
        *,
        pause: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> int:
        """Sweep, for so long again and again, and wait for the lanes; how many attempts were made.

        A schedule cannot start us more often than every minute; lingering keeps the ladder's first
        steps, which are of seconds. While a slow lane is waited for, the others go on; who found no
        lane gets one that became free.
        """
        self._unwell.clear()
        end = monotonic() + linger_seconds
        started = self.sweep()
        while monotonic() + PAUSE_SECONDS <= end:
            pause(PAUSE_SECONDS)
            started += self.sweep()
        meanwhile: list[Future[int]] = []
        while self._goes_on(started, meanwhile):
            meanwhile += self.sweep(spare_unwell=True)
        wait(meanwhile)
        every = [*started, *meanwhile]
        return sum(lane.result() for lane in every if lane.exception() is None)

    def _goes_on(self, started: list[Future[int]], meanwhile: list[Future[int]]) -> bool:
        """Wait a little for the lanes; whether one is still at it, or somebody found no lane. Those
        that share are left to the next run: of them there may be any number."""
        awaited = [*started, *meanwhile] if self._left else started
        return bool(wait(awaited, timeout=PAUSE_SECONDS).not_done) or self._left > 0

    def close(self) -> None:
        """Let the lanes finish and take no more."""
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _due(self) -> list[tuple[Lane, bool]]:
        """What is due, and whether it shares its lanes: those that do not come first."""
        return sorted(self._found(), key=lambda found: found[1])

    def _found(self) -> Iterator[tuple[Lane, bool]]:
        with self._post.engine.connect() as connection:
            studies = repository.studies_waiting(connection)
        for study in studies:
            with self._post.work_in(study) as work:
                rows = repository.lanes_due(work)
            for row in rows:
                lane = Lane(study, row["endpoint_id"], row["aside"])
                yield lane, row["aside"] or row["unwell"]

    def _work_off(self, lane: Lane) -> int:
        sent = 0
        try:
            while (message := claim(self._post, lane)) is not None:
                reply = send(self._post, lane, message)
                faults.point("webhook accepted, not recorded")
                record(self._post, lane, message, reply)
                sent += 1
                if is_unwell(reply):
                    self._unwell.add(lane)
                    break
        except Exception as error:
            log("webhook lane failed", level="error", service="safety", error=type(error).__name__)
            raise
        finally:
            with self._lock:
                self._busy.pop(lane, None)
                self._sharing.discard(lane)
        return sent


def make_sender(
    settings: Settings, *, engine: Engine | None = None, transport: Transport | None = None
) -> Sender:
    """The sender of a deployment. Raises ``SettingsError`` without a sealing key."""
    post = Post(
        engine=engine
        or blocking_engine(
            settings.database_url, pool_size=CONNECTIONS, patience=CONNECTION_PATIENCE_SECONDS
        ),
        transport=transport
        or SafeTransport(sandbox=settings.sandbox, hosts=HostList.from_environment()),
        sealer=Sealer(settings.sealing_key),
        chance=_random.random,
    )
    return Sender(post)
