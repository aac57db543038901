"""A bus that does everything a bus is allowed to do: again, late, in another order, unanswered."""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from infra.bus.port import Entry, EventBus
from infra.bus.queues import Invocation
from infra.local.pump import Pump, utc_now
from infra.topology import Function, Topology

LATE_SECONDS = (0.05, 0.25)


class Dropped(ConnectionError):
    """What was sent did not arrive, or the answer did not."""


class Unruly:
    """Chances by seed, and a file with a line for each that was taken."""

    def __init__(self, seed: str, report: Path) -> None:
        self._chance = random.Random(seed)
        self._report = report
        self._lock = threading.Lock()

    def does(self, what: str, share: float) -> bool:
        """Whether it misbehaves so now; written down where it does."""
        with self._lock:
            if self._chance.random() >= share:
                return False
            with self._report.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps({"fault": f"bus: {what}"}) + "\n")
            return True

    def shuffled(self, items: Sequence[Any]) -> list[Any]:
        with self._lock:
            return self._chance.sample(items, len(items))

    def dawdle(self) -> None:
        with self._lock:
            seconds = self._chance.uniform(*LATE_SECONDS)
        time.sleep(seconds)


class UnrulyBus:
    """The bus itself: takes events and says that it did not, takes none, takes its time."""

    def __init__(self, inner: EventBus, unruly: Unruly) -> None:
        self._inner = inner
        self._unruly = unruly

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        if self._unruly.does("publish refused", 0.05):
            raise Dropped
        if self._unruly.does("publish in another order", 0.3):
            entries = self._unruly.shuffled(entries)
        failures = dict(self._inner.publish(entries))
        if self._unruly.does("publish unanswered", 0.1):
            raise Dropped
        if self._unruly.does("one entry said to have failed", 0.1):
            failures[entries[0].event_id] = "InternalFailure"
        return failures


class UnrulyPump(Pump):
    """The pump of one machine between such a bus and its consumers.

    ``order``: ``bus`` is the seed of its chances (None: it behaves), ``night`` whether there are
    nights: one takes longer than all else of a seed.
    """

    def __init__(self, topology: Topology, engine: Engine, order: Mapping[str, Any]) -> None:
        from tests.simulation.serving import bent

        super().__init__(topology, engine, lambda: utc_now() + bent())
        seed = order["bus"]
        self._unruly = None if seed is None else Unruly(seed, Path(order["report"]))
        self._night = bool(order["night"])
        if self._unruly is not None:
            self._bus = UnrulyBus(self._bus, self._unruly)

    def _invoker(self, function: Function) -> Callable[[Mapping[str, Any]], Invocation]:
        if function.logical_id.startswith("Analytics") and not self._night:
            return lambda _event: Invocation(None, {})
        inner = super()._invoker(function)
        unruly = self._unruly
        if unruly is None or function.package_type == "Image":
            return inner
        return lambda event: deliver(inner, event, unruly)


def deliver(
    inner: Callable[[Mapping[str, Any]], Invocation], event: Mapping[str, Any], unruly: Unruly
) -> Invocation:
    """Hand a batch to its consumer, as a queue may. What a schedule starts has no records."""
    if "Records" not in event:
        return inner(event)
    if unruly.does("lost on the way", 0.1):
        raise Dropped
    if unruly.does("late", 0.15):
        unruly.dawdle()
    if unruly.does("in another order", 0.3):
        event = {**event, "Records": unruly.shuffled(event["Records"])}
    if unruly.does("twice at once", 0.15):
        beside = threading.Thread(target=inner, args=(event,))
        beside.start()
        answer = inner(event)
        beside.join()
        return answer
    if unruly.does("twice", 0.2):
        inner(event)
    answer = inner(event)
    if unruly.does("answer lost", 0.1):
        raise Dropped
    return answer
