"""The bus of one machine: the rules of template.yaml, and queues as durable as SQS in Postgres."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text

from infra.bus.port import Entry
from infra.topology import Topology

BUS = "Bus"
_DELIVER = text("""
    INSERT INTO platform.delivery (consumer, event_id, envelope)
    SELECT c, CAST(i AS uuid), CAST(e AS jsonb)
    FROM unnest(CAST(:queues AS text[]), CAST(:ids AS text[]),
                CAST(:events AS text[])) AS t (c, i, e)
    ON CONFLICT DO NOTHING
""")


class LocalBus:
    """Writes one delivery a queue that an event reaches. ``reached`` is told which queues."""

    def __init__(
        self, engine: Engine, topology: Topology, reached: Callable[[set[str]], None]
    ) -> None:
        self._engine = engine
        self._topology = topology
        self._reached = reached

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        deliveries = [
            (queue, entry.event_id, json.dumps(event))
            for entry in entries
            for event in [as_received(entry)]
            for queue in self._topology.targets_of(BUS, event)
        ]
        if deliveries:
            queues, ids, events = (list(column) for column in zip(*deliveries, strict=True))
            with self._engine.begin() as connection:
                connection.execute(_DELIVER, {"queues": queues, "ids": ids, "events": events})
            self._reached(set(queues))
        return {}


def as_received(entry: Entry) -> dict[str, Any]:
    """The event as EventBridge hands it to a target."""
    return {
        "version": "0",
        "id": entry.event_id,
        "detail-type": entry.detail_type,
        "source": entry.source,
        "account": "000000000000",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "local",
        "resources": [],
        "detail": json.loads(entry.detail),
    }
