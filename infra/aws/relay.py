"""The relay as a Lambda function: started every minute, it polls until shortly before its end."""

import os
import time
from typing import Any

from sqlalchemy import Engine

from infra.bus.eventbridge import EventBridge
from infra.bus.relay import relay_once
from shared.database.engine import blocking_engine

# The schedule starts the next relay after a minute; two at once are harmless, a gap is a delay.
RUN_SECONDS = 58.0
IDLE_SECONDS = 0.25
RESERVE_MILLISECONDS = 5_000

_engines: list[Engine] = []
_buses: list[EventBridge] = []


def handler(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Relay until the minute is over; answer how many events were claimed."""
    if not _engines:
        import boto3

        url = os.environ["INDUCT_PLATFORM_DATABASE_URL"]
        _engines.append(blocking_engine(url, pool_size=1, prepare=False))
        _buses.append(EventBridge(boto3.client("events"), os.environ["INDUCT_BUS"]))
    ends = time.monotonic() + min(
        RUN_SECONDS, (context.get_remaining_time_in_millis() - RESERVE_MILLISECONDS) / 1000
    )
    claimed = 0
    while True:
        found = relay_once(_engines[0], _buses[0])
        claimed += found
        if time.monotonic() >= ends:
            return {"claimed": claimed}
        if not found:
            time.sleep(IDLE_SECONDS)
