"""All events there are."""

import inspect
from collections.abc import Iterator
from types import ModuleType

from shared.contracts import analytics, assessments, randomization, safety
from shared.contracts.envelope import EventData

MODULES: tuple[ModuleType, ...] = (randomization, assessments, safety, analytics)


def events() -> tuple[type[EventData], ...]:
    """Every event contract, ordered by type."""
    return tuple(sorted(_events(), key=lambda event: event.type))


def _events() -> Iterator[type[EventData]]:
    for module in MODULES:
        for name, found in inspect.getmembers(module, inspect.isclass):
            if issubclass(found, EventData) and "type" in vars(found) and not name.startswith("_"):
                yield found
