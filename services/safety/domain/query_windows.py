"""When a query of the desk that nobody answers is told of again.

Pure; the rows are data (``query_windows.toml``). An answer or the desk's closing ends it.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Final

from services.safety.domain.ladder import Step

_FILE: Final = "query_windows.toml"


def query_steps(raised_at: datetime, now: datetime, taken: frozenset[str]) -> tuple[Step, ...]:
    """The steps of a query without an answer that are due by ``now`` and were not taken yet."""
    found = (
        Step(rung["id"], raised_at + timedelta(hours=rung["hours"]), tuple(rung["roles"]))
        for rung in _rungs()
    )
    return tuple(step for step in found if step.at <= now and step.id not in taken)


@cache
def _rungs() -> Sequence[Mapping[str, Any]]:
    text = resources.files("services.safety.domain").joinpath(_FILE).read_text("utf-8")
    rungs: Sequence[Mapping[str, Any]] = tomllib.loads(text)["rungs"]
    return rungs
