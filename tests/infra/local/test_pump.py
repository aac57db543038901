"""Schedules on one machine fire when the template says, and not before."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from infra.local import pump
from infra.local.pump import LOOK_SECONDS, Loop, Pump
from infra.topology import Function, read_topology

TEMPLATE = Path(__file__).parents[3] / "template.yaml"
BEGAN = datetime(2026, 2, 20, 1, 59, 30, tzinfo=UTC)


class Machine:
    """A pump whose clock a test sets, and which notes what it would call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = BEGAN
        self.called: list[tuple[str, Any]] = []
        monkeypatch.setattr(pump, "invoke_here", self._invoke)
        topology = read_topology(TEMPLATE)
        self._pump = Pump(topology, cast("Engine", None), now=lambda: self.now)

    def schedule(self, handler: str) -> Loop:
        (name,) = (
            schedule.logical_id
            for schedule in self._pump._topology.schedules
            if self._pump._topology.function(schedule.function).handler == handler
        )
        return next(loop for loop in self._pump._schedules if loop.name == name)

    def _invoke(self, function: Function, event: Mapping[str, Any]) -> None:
        self.called.append((function.handler, event))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch)


@pytest.mark.parametrize(
    "handler",
    [
        "services.safety.entrypoint.escalate",
        "infra.aws.report_handoff.handler",
        "infra.aws.webhook_watch.handler",
    ],
)
def test_a_minutely_sweep_is_made_once_a_minute(machine: Machine, handler: str) -> None:
    loop = machine.schedule(handler)
    assert loop._step() == 30
    assert machine.called == []
    machine.now += timedelta(seconds=30)
    loop._step()
    assert machine.called == [(handler, {})]
    # Woken, it looks and goes back to sleep.
    assert loop._step() == 60
    machine.now += timedelta(seconds=59)
    assert loop._step() == 1
    assert len(machine.called) == 1
    machine.now += timedelta(seconds=1)
    loop._step()
    assert len(machine.called) == 2


def test_a_clock_that_ran_ahead_and_was_set_back_costs_no_sweep(machine: Machine) -> None:
    handler = "services.safety.entrypoint.escalate"
    loop = machine.schedule(handler)
    machine.now += timedelta(days=1)
    loop._step()
    machine.now = BEGAN
    assert loop._step() == 30
    machine.now += timedelta(seconds=30)
    loop._step()
    assert machine.called == [(handler, {})] * 2


def test_what_lingers_from_one_minute_to_the_next_is_at_work_always(machine: Machine) -> None:
    handler = "services.safety.entrypoint.send_webhooks"
    loop = machine.schedule(handler)
    for _ in range(2):
        # It is called again instead of lingering.
        assert loop._step() == LOOK_SECONDS
    assert machine.called == [(handler, {})] * 2


def test_a_nightly_schedule_waits_for_its_hour(machine: Machine) -> None:
    handler = "services.analytics.entrypoint.start_night"
    loop = machine.schedule(handler)
    assert 0 < loop._step() <= 60
    machine.now += timedelta(hours=25)
    loop._step()
    assert [name for name, _ in machine.called] == [handler]
