"""``make soak``: seeds one after the other, each with its own faults, until one breaks something.

``SEEDS`` (how many), ``FIRST_SEED``, ``SOAK_WORKERS`` (how many deployments at once), ``KEEP`` (a
folder for the logs of seeds that failed). Before many seeds, ``WRITES`` are made under kills of
Postgres.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.simulation.seed import Report, run_seed
from tests.simulation.workshop import Workshop
from tests.simulation.writes import count_lost
from tests.support.places import ROOT

# A cluster that has died hundreds of times is replaced by a new one.
SEEDS_A_WORKSHOP = 50
# From so many seeds on it is a soak, and no look at a single one.
MANY = 20


def main() -> int:
    first, count = int(os.environ.get("FIRST_SEED", "1")), int(os.environ.get("SEEDS", "20"))
    workers = int(os.environ.get("SOAK_WORKERS", "1"))
    keep = Path(os.environ.get("KEEP") or tempfile.mkdtemp(prefix="induct-soak-"))
    say(f"commit {_commit()}, seeds {first} to {first + count - 1}")
    batches = [
        range(n, min(n + SEEDS_A_WORKSHOP, first + count))
        for n in range(first, first + count, SEEDS_A_WORKSHOP)
    ]
    if count >= MANY:
        say(_of_writes())
    began, reports = time.monotonic(), []
    with ProcessPoolExecutor(workers) as pool:
        try:
            for batch in pool.map(_run, batches, [keep] * len(batches)):
                reports += batch
        finally:
            pool.shutdown(cancel_futures=True)
    return _sum_up(reports, time.monotonic() - began)


def _of_writes() -> str:
    with Workshop() as shop:
        return str(count_lost(shop, wanted=int(os.environ.get("WRITES", "25000")), kills=5))


def _run(seeds: range, keep: Path) -> list[Report]:
    # Asked to end, it ends its servers and gives its disk back.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with Workshop() as shop:
        return [_told(run_seed(shop, seed, keep)) for seed in seeds]


def _told(report: Report) -> Report:
    say(report.words())
    for violation in report.violations:
        say(f"  VIOLATED {violation}")
    if report.violations:
        say(f"  logs in {report.folder}; again: make soak SEEDS=1 FIRST_SEED={report.seed}")
    return report


def _sum_up(reports: list[Report], seconds: float) -> int:
    faults: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for report in reports:
        faults += report.faults
        outcomes += Counter(key.rpartition(" ")[2] for key in report.outcomes.elements())
    broken = [report.seed for report in reports if report.violations]
    say(f"{len(reports)} seeds in {seconds:.0f} s: {dict(outcomes)}")
    for line in _table(faults):
        say(line)
    slowest = max((report.converged_seconds for report in reports), default=0.0)
    say(f"slowest to converge: {slowest:.1f} s; violated in: {broken or 'none'}")
    return 1 if broken else 0


def _table(faults: Counter[str]) -> Iterator[str]:
    for name, count in sorted(faults.items()):
        yield f"  {name:45} {count:8}"


def _commit() -> str:
    asked = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    return asked.stdout.strip() or "unknown"


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
