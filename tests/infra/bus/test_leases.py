"""After a kill nothing waits for a lease of the dead."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import Engine

from infra.bus.leases import free_leases
from infra.bus.port import Entry
from infra.bus.queues import Invocation, next_visible_in, work_once
from infra.bus.relay import relay_once
from tests.infra.bus.support import SECOND, Deliveries, Function, Recorder, Writer, registered


class KilledBus:
    """A bus whose caller dies while it speaks to it."""

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        raise KeyboardInterrupt


def test_a_message_in_flight_at_a_kill_is_received_again_as_soon_as_somebody_starts(
    platform: Engine, deliveries: Deliveries
) -> None:
    (sent,) = deliveries.add("S01-001")

    def dies(_batch: Mapping[str, Any]) -> Invocation:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_once(platform, deliveries.queue, 10, dies)
    assert (next_visible_in(platform, deliveries.queue) or 0) > SECOND / 2
    free_leases(platform)
    function = Function()
    assert work_once(platform, deliveries.queue, 10, function) == 1
    assert (function.received, deliveries.states()) == ([sent], {sent: "done"})


def test_an_event_claimed_by_a_relay_that_was_killed_is_published_by_the_next(
    platform: Engine, writer: Writer
) -> None:
    writer.publish(registered())
    with pytest.raises(KeyboardInterrupt):
        relay_once(platform, KilledBus())
    bus = Recorder()
    assert relay_once(platform, bus) == 0
    free_leases(platform)
    assert relay_once(platform, bus) == 1


def test_what_is_done_dead_or_waiting_stays_so(platform: Engine, deliveries: Deliveries) -> None:
    poison, good = deliveries.add("S01-001", "S01-002")
    function = Function(poison)
    for _ in range(3):
        work_once(platform, deliveries.queue, 10, function)
        deliveries.let_pass(1)
    before = deliveries.states()
    free_leases(platform)
    assert deliveries.states() == before == {poison: "dead", good: "done"}
    assert work_once(platform, deliveries.queue, 10, function) == 0
