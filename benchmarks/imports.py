"""What a cold start pays: the import of each Lambda entry, beside that of the libraries alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.processes import Python

BARE = "fastapi, mangum, sqlalchemy, psycopg"
# Never imported by the three functions that answer requests: each costs more than all the rest.
HEAVY = (
    "boto3", "botocore", "numpy", "pandas", "scipy", "matplotlib", "lifelines", "yaml", "alembic",
    "httpx", "cryptography", "sqlalchemy.orm",
)  # fmt: skip
_PROBE = """
import sys, time
started, used = time.perf_counter(), time.process_time()
import {modules}
wall, cpu = time.perf_counter() - started, time.process_time() - used
import json
print(json.dumps([wall, cpu, [name for name in {heavy} if name in sys.modules]]))
"""


@dataclass(frozen=True)
class Probe:
    """One import: seconds elapsed, seconds of processor time, heavy modules that came along."""

    wall: float
    cpu: float
    heavy: tuple[str, ...]


@dataclass(frozen=True)
class ImportTime:
    """Medians in seconds. ``whole_cpu`` is of the entry with all of ``BARE``: an entry may leave
    one of these to the first request, which then pays for it."""

    wall: float
    cpu: float
    whole_cpu: float
    heavy: tuple[str, ...]


def measure(python: Python, services: Sequence[str], runs: int) -> Mapping[str, ImportTime]:
    """Import times by name; the libraries' own under ``BARE``. Runs are interleaved.

    Each import has a fresh interpreter and finds its bytecode compiled: one run more than ``runs``
    is made, and the first one forgotten.
    """
    entries = {name: f"services.{name}.entrypoint" for name in services}
    imported = {BARE, *entries.values(), *(f"{entry}, {BARE}" for entry in entries.values())}
    found: dict[str, list[Probe]] = {modules: [] for modules in sorted(imported)}
    for _ in range(runs + 1):
        for modules, probes in found.items():
            probes.append(_probe(python, modules))
    times = {BARE: _medians(found[BARE], found[BARE])}
    for name, entry in entries.items():
        times[name] = _medians(found[entry], found[f"{entry}, {BARE}"])
    return times


def _medians(alone: Sequence[Probe], whole: Sequence[Probe]) -> ImportTime:
    return ImportTime(
        wall=median(probe.wall for probe in alone[1:]),
        cpu=median(probe.cpu for probe in alone[1:]),
        whole_cpu=median(probe.cpu for probe in whole[1:]),
        heavy=alone[-1].heavy,
    )


def _probe(python: Python, modules: str) -> Probe:
    answer = python.answer("-c", _PROBE.format(modules=modules, heavy=HEAVY))
    wall, cpu, heavy = json.loads(answer)
    return Probe(wall, cpu, tuple(heavy))
