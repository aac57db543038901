"""The relay: every event of the outbox reaches the bus, and the row says so."""

import io
import json
from collections.abc import Mapping, Sequence

import pytest
from sqlalchemy import Engine, event

from infra.bus.port import Entry
from infra.bus.relay import oldest_pending_seconds, relay_once
from shared.database.outbox import publish
from tests.infra.bus.support import Recorder, Writer, registered


class Away:
    """A bus that cannot be reached."""

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        raise ConnectionError("no-route-to-host")


def test_every_event_is_published_once_and_in_order(platform: Engine, writer: Writer) -> None:
    writer.publish(*[registered(f"S01-{n:03}") for n in range(25)])
    bus = Recorder()
    claimed = [relay_once(platform, bus, limit=10) for _ in range(4)]
    assert claimed == [10, 10, 5, 0]
    assert bus.ids == [str(row[0]) for row in writer.outbox("event_id")]
    rows = writer.outbox("state", "published_at IS NOT NULL", "leased_until", "last_error")
    assert set(rows) == {("published", True, None, None)}


def test_a_rolled_back_transaction_publishes_nothing(platform: Engine, writer: Writer) -> None:
    def give_up() -> None:
        with writer.transaction() as work:
            publish(work, registered())
            work.settle()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        give_up()
    bus = Recorder()
    assert relay_once(platform, bus) == 0
    assert bus.calls == []


@pytest.mark.proves("PLT-2", kind="fault")
def test_an_event_that_commits_after_a_younger_one_is_not_skipped(
    platform: Engine, writer: Writer
) -> None:
    bus = Recorder()
    with writer.transaction() as slow:
        publish(slow, registered("S01-001"))
        slow.settle()
        writer.publish(registered("S01-002"))
        assert relay_once(platform, bus) == 1
    first, second = writer.outbox("envelope ->> 'subject'", "event_id")
    assert str(first[0]).endswith("S01-001")
    assert relay_once(platform, bus) == 1
    assert bus.ids == [str(second[1]), str(first[1])]


def test_an_entry_not_taken_waits_and_holds_up_no_other(platform: Engine, writer: Writer) -> None:
    writer.publish(registered("S01-001"), registered("S01-002"), registered("S01-003"))
    bad = str(writer.outbox("event_id")[1][0])
    bus = Recorder(lambda entry: "ThrottlingException" if entry.event_id == bad else None)
    assert relay_once(platform, bus) == 3
    assert relay_once(platform, bus) == 0, "it waits"
    assert writer.outbox("state", "attempts", "last_error") == [
        ("published", 1, None),
        ("pending", 1, "ThrottlingException"),
        ("published", 1, None),
    ]
    writer.end_leases()
    bus.refuse = lambda entry: None
    assert relay_once(platform, bus) == 1
    assert bus.ids[3:] == [bad]
    assert set(writer.outbox("state", "last_error")) == {("published", None)}


def test_the_wait_doubles_up_to_five_minutes(platform: Engine, writer: Writer) -> None:
    writer.publish(registered())
    for expected in (2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        relay_once(platform, Away())
        ((wait,),) = writer.outbox("extract(epoch FROM leased_until - clock_timestamp())")
        assert expected - 1.5 < float(str(wait)) <= expected
        writer.end_leases()


@pytest.mark.proves("PLT-2", kind="fault")
def test_a_bus_that_is_away_loses_nothing_and_is_logged_without_the_events(
    platform: Engine, writer: Writer, log_lines: io.StringIO
) -> None:
    writer.publish(registered("S01-001"), registered("S01-002"))
    assert relay_once(platform, Away()) == 2
    assert set(writer.outbox("state", "last_error")) == {("pending", "ConnectionError")}
    (line,) = [json.loads(text) for text in log_lines.getvalue().splitlines()]
    assert (line["message"], line["error"], line["count"]) == (
        "events not taken",
        "ConnectionError",
        2,
    )
    assert "S01" not in log_lines.getvalue()
    writer.end_leases()
    bus = Recorder()
    assert relay_once(platform, bus) == 2
    assert len(bus.ids) == 2


def test_a_claim_takes_no_more_than_asked_for_by_whatever_plan(
    platform: Engine, writer: Writer
) -> None:
    # A nested loop would run the claiming query once a row, and skip what it has claimed already.
    @event.listens_for(platform, "connect")
    def only_nested_loops(connection: object, _record: object) -> None:
        with connection.cursor() as cursor:  # type: ignore[attr-defined]
            for method in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
                cursor.execute(f"SET enable_{method} = off")
        connection.commit()  # type: ignore[attr-defined]

    writer.publish(*[registered(f"S01-{n:03}") for n in range(12)])
    assert relay_once(platform, Recorder(), limit=5) == 5


def test_the_age_of_the_oldest_waiting_event_is_known(platform: Engine, writer: Writer) -> None:
    assert oldest_pending_seconds(platform) == 0
    writer.publish(registered("S01-001"), registered("S01-002"))
    with writer._database.admin() as admin:
        admin.execute("UPDATE platform.outbox SET created_at = created_at - interval '1 hour'")
    assert 3600 <= oldest_pending_seconds(platform) < 3700
    relay_once(platform, Recorder())
    assert oldest_pending_seconds(platform) == 0
