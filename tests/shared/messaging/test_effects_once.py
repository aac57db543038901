"""However events arrive: repeated, out of order, interrupted, two at once. Each has one effect."""

import io
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from shared.contracts.envelope import Envelope
from shared.database.unit_of_work import UnitOfWork
from tests.shared.messaging.support import (
    batch,
    consumer,
    effects,
    event,
    failed,
    leave_mark,
    record,
)
from tests.support.database import TestDatabase

EVENTS = 4


class Handler:
    """Leaves the mark of each event; dies afterwards where the next of ``dying`` says so.

    A repeat of an event already handled never gets here, so deliveries are told by the event.
    """

    def __init__(self) -> None:
        self.dying: dict[uuid.UUID, int] = {}

    def __call__(self, work: UnitOfWork, seen: Envelope) -> None:
        leave_mark(work, seen)
        if self.dying.get(seen.id, 0):
            self.dying[seen.id] -= 1
            raise ValueError


@pytest.mark.proves("PLT-2", kind="property")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.lists(st.integers(0, EVENTS - 1), min_size=EVENTS, max_size=14),
    deaths=st.lists(st.integers(0, 2), min_size=EVENTS, max_size=EVENTS),
    batch_size=st.integers(1, 5),
)
def test_any_order_of_repeats_and_failures_gives_every_effect_once(
    engine: Engine, database: TestDatabase, order: list[int], deaths: list[int], batch_size: int
) -> None:
    events = [event() for _ in range(EVENTS)]
    handler = Handler()
    handler.dying = {each.id: times for each, times in zip(events, deaths, strict=True)}
    waiting = [record(events[which], f"message {n}") for n, which in enumerate(order)]
    while waiting:
        now, waiting = waiting[:batch_size], waiting[batch_size:]
        again = failed(consumer(handler).handle_batch(engine, batch(*now)))
        # What failed comes again, after everything that waits by now.
        waiting += [message for message in now if message["messageId"] in again]
    assert [effects(database, each) for each in events] == [
        1 if which in order else 0 for which in range(EVENTS)
    ]


def test_one_event_delivered_to_many_at_once_has_one_effect(
    engine: Engine, database: TestDatabase, log_lines: io.StringIO
) -> None:
    seen, start = event(), threading.Barrier(4)

    def deliver() -> None:
        """As a queue does: what was not handled (the database is busy) comes again."""
        start.wait()
        for _ in range(10):
            if not failed(consumer().handle_batch(engine, batch(record(seen)))):
                return
        raise AssertionError(log_lines.getvalue())

    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(deliver) for _ in range(4)]:
            job.result()
    assert effects(database, seen) == 1


def test_a_repeat_waits_for_the_first_and_takes_over_where_the_first_fails(
    engine: Engine, database: TestDatabase
) -> None:
    seen, entered, go_on = event(), threading.Event(), threading.Event()

    def fails_late(work: UnitOfWork, seen: Envelope) -> None:
        leave_mark(work, seen)
        entered.set()
        assert go_on.wait(20)
        raise ValueError

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(consumer(fails_late).handle_batch, engine, batch(record(seen)))
        assert entered.wait(20)
        second = pool.submit(consumer().handle_batch, engine, batch(record(seen)))
        _await_waiting_session(database)
        assert not second.done()
        go_on.set()
        assert failed(first.result()) == [str(seen.id)]
        assert failed(second.result()) == []
    assert effects(database, seen) == 1


def _await_waiting_session(database: TestDatabase) -> None:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    with database.admin() as admin:
        for _ in range(20_000):
            if admin.execute(query, (database.name,)).fetchone() == (1,):
                return
    raise AssertionError("the second delivery never waits for the first")
