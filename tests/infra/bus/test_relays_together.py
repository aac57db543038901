"""Relays beside each other, and relays that die: each event at least once, its effect once."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine

from infra.bus.local import as_received
from infra.bus.port import Entry
from infra.bus.relay import relay_once
from services.randomization.handlers import CONSUMER
from shared.database.engine import blocking_engine
from tests.infra.bus.support import Recorder, Writer, registered
from tests.support.database import TestDatabase


class Killed(BaseException):
    """As if the process had ended here."""


class Direct:
    """A bus that takes every entry straight to a consumer, then does ``after``."""

    def __init__(self, engine: Engine, after: Callable[[], None] = lambda: None) -> None:
        self._engine = engine
        self._after = after
        self.answers: list[object] = []

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        import json

        records = [{"messageId": e.event_id, "body": json.dumps(as_received(e))} for e in entries]
        self.answers.append(CONSUMER.handle_batch(self._engine, {"Records": records}))
        self._after()
        return {}


@pytest.fixture
def consumer(database: TestDatabase) -> Iterator[Engine]:
    engine = blocking_engine(database.url("induct_randomization"), pool_size=4)
    yield engine
    engine.dispose()


def die() -> None:
    raise Killed


@pytest.mark.proves("PLT-2", kind="fault")
def test_a_crash_between_publishing_and_marking_repeats_the_event_and_not_its_effect(
    platform: Engine, writer: Writer, consumer: Engine, database: TestDatabase
) -> None:
    writer.publish(registered("S01-001"), registered("S01-002"))
    with pytest.raises(Killed):
        relay_once(platform, Direct(consumer, after=die))
    assert set(writer.outbox("state")) == {("pending",)}
    assert relay_once(platform, Recorder()) == 0, "the lease of the dead relay still stands"
    writer.end_leases()
    again = Direct(consumer)
    assert relay_once(platform, again) == 2
    assert again.answers == [{"batchItemFailures": []}]
    assert set(writer.outbox("state", "attempts")) == {("published", 2)}
    seen = "SELECT subject_id, (SELECT count(*) FROM platform.inbox) FROM randomization.screening"
    assert database.rows(seen) == [("S01-001", 2), ("S01-002", 2)]


def test_no_lock_is_held_while_the_bus_is_spoken_to(platform: Engine, writer: Writer) -> None:
    writer.publish(registered("S01-001"))

    class Looking(Recorder):
        def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
            with writer._database.admin() as admin:
                admin.execute("SELECT 1 FROM platform.outbox FOR UPDATE NOWAIT")
            return super().publish(entries)

    bus = Looking()
    assert relay_once(platform, bus) == 1
    assert writer.outbox("state") == [("published",)]


def test_relays_at_once_publish_each_event_once(platform: Engine, writer: Writer) -> None:
    writer.publish(*[registered(f"S01-{n:03}") for n in range(60)])
    bus, start = Recorder(), threading.Barrier(4)

    def drain() -> int:
        start.wait()
        claimed = 0
        while found := relay_once(platform, bus, limit=7):
            claimed += found
        return claimed

    with ThreadPoolExecutor(4) as pool:
        claimed = [job.result() for job in [pool.submit(drain) for _ in range(4)]]
    # A relay may end early where the others hold all that is left; together they leave nothing.
    assert sum(claimed) == 60
    assert len(bus.ids) == len(set(bus.ids)) == 60
    assert set(writer.outbox("state", "attempts")) == {("published", 1)}


def test_a_relay_passes_over_rows_that_another_is_claiming(
    platform: Engine, writer: Writer
) -> None:
    writer.publish(registered("S01-001"), registered("S01-002"))
    first, second = (str(row[0]) for row in writer.outbox("event_id"))
    with writer._database.admin() as other, other.transaction():
        other.execute("SELECT 1 FROM platform.outbox WHERE event_id = %s FOR UPDATE", (first,))
        bus = Recorder()
        assert relay_once(platform, bus) == 1
    assert bus.ids == [second]


def test_a_relay_that_comes_late_changes_nothing_that_another_has_published(
    platform: Engine, writer: Writer
) -> None:
    writer.publish(registered())

    class Slow(Recorder):
        def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
            writer.end_leases()
            assert relay_once(platform, Recorder()) == 1
            return super().publish(entries)

    assert relay_once(platform, Slow(lambda entry: "InternalFailure")) == 1
    assert writer.outbox("state", "last_error", "leased_until") == [("published", None, None)]
