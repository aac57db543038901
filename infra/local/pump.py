"""The moving parts of one machine: relay, queue consumers, schedules, each a thread of its own.

Threads wake when told that there is something to do, and look for themselves now and then:
what is durable is in the database, a wake-up may be lost.
"""

import threading
from collections.abc import Callable, Mapping, Set
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine

from infra.bus.leases import free_leases
from infra.bus.local import LocalBus
from infra.bus.queues import Invocation, next_visible_in, work_once
from infra.bus.relay import BATCH, relay_once
from infra.local.functions import Child, invoke_here
from infra.topology import Consumer, Function, Schedule, Topology, next_fire
from shared.http.logs import log

LOOK_SECONDS = 0.5
AFTER_FAILURE_SECONDS = 1.0
LONGEST_SLEEP_SECONDS = 60.0
# By this name in its input, a schedule says that what it starts goes on looking until the next one.
LINGER = "linger_seconds"


def utc_now() -> datetime:
    return datetime.now(UTC)


class Loop(threading.Thread):
    """Repeats ``step`` until stopped. ``step`` answers how long it may sleep, in seconds."""

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        super().__init__(name=name, daemon=True)
        self._step = step
        self._awake = threading.Event()
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._awake.clear()
            try:
                pause = self._step()
            except Exception as error:  # the database may be away: look again later
                log("loop failed", level="error", function=self.name, error=type(error).__name__)
                pause = AFTER_FAILURE_SECONDS
            if pause > 0:
                self._awake.wait(pause)

    def wake(self) -> None:
        self._awake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._awake.set()


class Pump:
    """Everything that happens without a request. ``wake`` after a commit makes it quick."""

    def __init__(
        self, topology: Topology, engine: Engine, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._topology = topology
        self._engine = engine
        self._now = now
        self._bus = LocalBus(engine, topology, self._wake_queues)
        self._children: dict[str, Child] = {}
        self._relay = Loop("relay", self._relay_step)
        self._queues = {
            consumer.queue: Loop(consumer.queue, self._queue_step(consumer))
            for consumer in topology.consumers
            if consumer.enabled
        }
        self._schedules = [
            Loop(schedule.logical_id, self._schedule_step(schedule))
            for schedule in topology.schedules
            if schedule.enabled and not self._is_relay(schedule)
        ]

    @property
    def _loops(self) -> list[Loop]:
        return [self._relay, *self._queues.values(), *self._schedules]

    def start(self) -> None:
        """Go to work, first on what the process before this one was killed over."""
        free_leases(self._engine)
        for loop in self._loops:
            loop.start()

    def stop(self) -> None:
        for loop in self._loops:
            loop.stop()
        for loop in self._loops:
            if loop.is_alive():  # an interrupted start has begun none, or some
                loop.join(timeout=5)
        for child in self._children.values():
            child.close()

    def wake(self) -> None:
        """Tell the relay that something was committed."""
        self._relay.wake()

    def wake_schedules(self) -> None:
        """Tell what is at work always (the webhook sender) that there may be work."""
        for loop in self._schedules:
            loop.wake()

    def _wake_queues(self, queues: Set[str]) -> None:
        for queue in queues:
            self._queues[queue].wake()

    def _relay_step(self) -> float:
        return 0.0 if relay_once(self._engine, self._bus) == BATCH else LOOK_SECONDS

    def _queue_step(self, consumer: Consumer) -> Callable[[], float]:
        queue = self._topology.queue(consumer.queue)
        function = self._topology.function(consumer.function)

        def step() -> float:
            if work_once(self._engine, queue, consumer.batch_size, self._invoker(function)):
                self._relay.wake()
                self.wake_schedules()
                return 0.0
            wait = next_visible_in(self._engine, queue)
            return LOOK_SECONDS if wait is None else min(LOOK_SECONDS, max(wait, 0.01))

        return step

    def _schedule_step(self, schedule: Schedule) -> Callable[[], float]:
        function = self._topology.function(schedule.function)
        # On AWS a minute is the finest schedule there is. What lingers from one to the next is at
        # work always: here it is called again and again instead. All else keeps its schedule.
        told = schedule.input if isinstance(schedule.input, dict) else {}
        always = LINGER in told
        due = self._now() if always else self._next(schedule)

        def step() -> float:
            nonlocal due
            # A clock that ran ahead and was set back must not keep a sweep from its next turn.
            due = min(due, self._next(schedule))
            early = (due - self._now()).total_seconds()
            if early > 0 and not always:
                return min(LONGEST_SLEEP_SECONDS, early)
            given = {name: value for name, value in told.items() if name != LINGER}
            self._invoker(function)(given if always else schedule.input or {})
            self._relay.wake()
            due = self._next(schedule)
            return LOOK_SECONDS if always else 0.0

        return step

    def _invoker(self, function: Function) -> Callable[[Mapping[str, Any]], Invocation]:
        if function.package_type == "Image":
            return self._children.setdefault(function.logical_id, Child(function)).invoke
        return lambda event: invoke_here(function, event)

    def _next(self, schedule: Schedule) -> datetime:
        return next_fire(schedule.expression, schedule.timezone, self._now())

    def _is_relay(self, schedule: Schedule) -> bool:
        return self._topology.function(schedule.function).handler == "infra.aws.relay.handler"
