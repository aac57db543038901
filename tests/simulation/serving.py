"""What a server under test is: the stack of one machine, with short times and an unruly bus."""

import os
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from infra.local import pump, sandbox, stack
from infra.local.home import Home, LoginUrls
from infra.topology import Topology
from services.safety.webhooks import delivery, retries, rules, transport
from shared import clock
from shared.http.logs import log_to
from tests.simulation.bus import UnrulyPump

HERE = Path(__file__).parent
# So soon a message comes again, and so often, that some are given up: what an operator sends again
# when the cause is gone must have its one effect then.
VISIBLE_AGAIN_SECONDS, RECEIVES = 1, 2
CLOCK = "INDUCT_TEST_CLOCK"
"""Names a file with the seconds by which the clock of record goes wrong."""


def serve(order: Mapping[str, Any], topology: Topology) -> None:
    """Serve until a signal asks to stop. ``order``: ``log`` (file), ``bus`` (seed of the bus, or
    None for one that behaves), ``filled`` (whether the sandbox holds its first content already)."""
    _shorten_times()
    _bend_clock()
    quick = replace(topology, queues=tuple(_quick(queue) for queue in topology.queues))
    stack.read_topology = lambda _path: quick
    stack.Pump = lambda t, engine: UnrulyPump(t, engine, order)
    if order["filled"]:
        sandbox.activate_shipped = _nothing_to_activate
        sandbox.prepare = _nothing_to_prepare
    home = Home.from_environment()
    with Path(order["log"]).open("a", encoding="utf-8") as lines:
        log_to(lines)
        try:
            uvloop.run(stack.serve(home, lambda _ready: None))
        except Exception:  # as a person would see it: the database may be away
            traceback.print_exc()
            raise


def _quick(queue: Any) -> Any:
    most = None if queue.max_receive_count is None else RECEIVES
    return replace(queue, visibility_timeout=VISIBLE_AGAIN_SECONDS, max_receive_count=most)


def _nothing_to_activate(_logins: LoginUrls) -> None:
    """The definitions are in force already."""


async def _nothing_to_prepare(_client: object, _home: Home) -> None:
    """The sandbox's list is active already."""


def _shorten_times() -> None:
    """Waiting of minutes becomes waiting of moments: nothing else of its order changes."""
    pump.LOOK_SECONDS = 0.1
    pump.AFTER_FAILURE_SECONDS = 0.2
    pump.LONGEST_SLEEP_SECONDS = 0.3
    delivery.LEASE = timedelta(seconds=2)
    transport.SafeTransport.__init__.__kwdefaults__["deadline_seconds"] = 0.6
    retries.FILE = HERE / "quick_ladder.toml"
    rules.FILE = HERE / "quick_rules.toml"


def _bend_clock() -> None:
    """The clock of record, and the schedules' own, by as much as the file says now."""

    def now(_self: clock.DatabaseClock, of_record: datetime) -> datetime:
        return of_record.astimezone(UTC) + bent()

    clock.DatabaseClock.now = now


def bent() -> timedelta:
    """How far the clock goes wrong."""
    try:
        text = Path(os.environ[CLOCK]).read_text(encoding="ascii")
    except FileNotFoundError:
        return timedelta(0)
    return timedelta(seconds=float(text or 0))
