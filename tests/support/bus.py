"""The bus of one machine inside the test's own process: rules and queues of the template, the
consumers of the services."""

import importlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from infra.bus.local import LocalBus
from infra.bus.queues import Invocation, work_once
from infra.bus.relay import relay_once
from infra.database.cast import PLATFORM, SERVICES
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from services.analytics.handlers import RunConsumer
from shared.artefacts import DirectoryStore
from tests.support.database import TestDatabase

TOPOLOGY = read_topology(TEMPLATE)


class Bus:
    """Takes events from the outboxes of a database to those who consume them. ``store`` is where
    nights leave their artefacts."""

    def __init__(self, database: TestDatabase, store: DirectoryStore) -> None:
        self._database = database
        self._platform = database.engine(PLATFORM)
        self._engines = {service: database.engine(f"induct_{service}") for service in SERVICES}
        self._consumers = {
            service: importlib.import_module(f"services.{service}.handlers").CONSUMER
            for service in SERVICES
            if service != "analytics"
        } | {"analytics": RunConsumer(lambda: store)}
        self._bus = LocalBus(self._platform, TOPOLOGY, lambda queues: None)

    def turn(self) -> int:
        """One look at the outbox and at each queue. How much was done: 0 where nothing was left."""
        return relay_once(self._platform, self._bus) or self._consume()

    def close(self) -> None:
        for engine in (self._platform, *self._engines.values()):
            self._database.done_with(engine)

    def _consume(self) -> int:
        done = 0
        for consumer in TOPOLOGY.consumers:
            queue = TOPOLOGY.queue(consumer.queue)
            handle = partial(self._handle, consumer.queue.removesuffix("Queue").lower())
            done += work_once(self._platform, queue, consumer.batch_size, handle)
        return done

    def _handle(self, service: str, event: Mapping[str, Any]) -> Invocation:
        return Invocation(self._consumers[service].handle_batch(self._engines[service], event), {})
