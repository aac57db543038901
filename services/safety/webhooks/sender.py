"""Sends what is due: every endpoint in a lane of its own, so that one slow desk delays nobody.

What a person asked for (tests, challenges, replays) goes beside the endpoint's notices in another.
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
from shared.database.engine import blocking_engine
from shared.http.logs import log
from shared.settings import Settings

LANES: Final = 16
PAUSE_SECONDS: Final = 1.0
_random = secrets.SystemRandom()


class Sender:
    """Works through due messages, at most ``lanes`` endpoints at a time and one message of each.

    ``sweep`` starts lanes and does not wait for them; a lane still busy is not started twice.
    """

    def __init__(self, post: Post, *, lanes: int = LANES) -> None:
        self._post = post
        self._pool = ThreadPoolExecutor(lanes, thread_name_prefix="webhook-lane")
        self._busy: dict[Lane, Future[int]] = {}
        self._unwell: set[Lane] = set()
        self._lock = threading.Lock()

    def sweep(self, *, spare_unwell: bool = False) -> list[Future[int]]:
        """Start a lane for every endpoint with due messages; a lane answers how many it sent.

        ``spare_unwell`` leaves out the endpoints that were of no use since ``run`` began.
        """
        started = []
        for lane in self._due():
            with self._lock:
                spared = spare_unwell and lane in self._unwell
                if lane not in self._busy and not spared:
                    self._busy[lane] = self._pool.submit(self._work_off, lane)
                    started.append(self._busy[lane])
        return started

    def run(
        self,
        linger_seconds: float = 0.0,
        *,
        pause: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> int:
        """Sweep, for so long again and again, and wait for the lanes; how many attempts were made.

        A schedule cannot start us more often than every minute; lingering keeps the ladder's first
        steps, which are of seconds. While a slow lane is waited for, the others go on.
        """
        self._unwell.clear()
        end = monotonic() + linger_seconds
        started = self.sweep()
        while monotonic() + PAUSE_SECONDS <= end:
            pause(PAUSE_SECONDS)
            started += self.sweep()
        meanwhile: list[Future[int]] = []
        while wait(started, timeout=PAUSE_SECONDS).not_done:
            meanwhile += self.sweep(spare_unwell=True)
        wait(meanwhile)
        every = [*started, *meanwhile]
        return sum(lane.result() for lane in every if lane.exception() is None)

    def close(self) -> None:
        """Let the lanes finish and take no more."""
        self._pool.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _due(self) -> Iterator[Lane]:
        with self._post.engine.connect() as connection:
            now = self._post.clock.now(repository.time_of_record(connection))
            studies = repository.studies_due(connection, now)
        for study in studies:
            with self._post.work_in(study) as work:
                lanes = repository.lanes_due(work)
            yield from (Lane(study, endpoint, aside) for endpoint, aside in lanes)

    def _work_off(self, lane: Lane) -> int:
        sent = 0
        try:
            while (message := claim(self._post, lane)) is not None:
                reply = send(self._post, lane, message)
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
        return sent


def make_sender(
    settings: Settings, *, engine: Engine | None = None, transport: Transport | None = None
) -> Sender:
    """The sender of a deployment. Raises ``SettingsError`` without a sealing key."""
    post = Post(
        engine=engine or blocking_engine(settings.database_url, pool_size=2),
        transport=transport
        or SafeTransport(sandbox=settings.sandbox, hosts=HostList.from_environment()),
        sealer=Sealer(settings.sealing_key),
        chance=_random.random,
    )
    return Sender(post)
