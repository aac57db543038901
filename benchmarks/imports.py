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
class ImportTime:
    """Medians in seconds, and which heavy modules came along."""

    wall: float
    cpu: float
    heavy: tuple[str, ...]


def measure(python: Python, services: Sequence[str], runs: int) -> Mapping[str, ImportTime]:
    """Import times by name; the libraries' own under ``BARE``. Runs are interleaved.

    Each import has a fresh interpreter and finds its bytecode compiled: one run more than ``runs``
    is made, and the first one forgotten.
    """
    imported = {BARE: BARE} | {name: f"services.{name}.entrypoint" for name in services}
    found: dict[str, list[ImportTime]] = {name: [] for name in imported}
    for _ in range(runs + 1):
        for name, modules in imported.items():
            found[name].append(_once(python, modules))
    return {
        name: ImportTime(
            median(one.wall for one in seen[1:]),
            median(one.cpu for one in seen[1:]),
            seen[-1].heavy,
        )
        for name, seen in found.items()
    }


def _once(python: Python, modules: str) -> ImportTime:
    probe = _PROBE.format(modules=modules, heavy=HEAVY)
    wall, cpu, heavy = json.loads(python.answer("-c", probe))
    return ImportTime(wall, cpu, tuple(heavy))
