"""Nightly statistics: of a hundred participants, of a million, of a hundred million; and lifelines.

Participants are made in Postgres, in a table like that of a night, and counted by arm, stratum and
day by the very statement of a night; the engine sees the counts alone. The yardstick is that
``GROUP BY`` by itself.
"""

import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from sqlalchemy import text

from benchmarks.night_results import Counted, Night
from benchmarks.outcome import InvalidRun
from benchmarks.processes import Python
from benchmarks.used import used
from infra.postgres import Cluster
from services.analytics.count_repository import COUNT
from shared.database.flight import spelling

DAYS = 1826  # five years, the last day that counts
FEW = 100
WARM_ROUNDS = 5
# A row and its place in the page, and as much again for what Postgres keeps beside it.
BYTES_EACH = 190
SMALLER = 20_000_000
# What a night stores, with the columns and types of its table; one endpoint of one run.
_MAKE = """
    CREATE UNLOGGED TABLE analytics.endpoint_time AS
    SELECT CAST({run} AS uuid) AS run_id, 1 AS attempt, CAST({study} AS text) AS study_id,
           CAST('EFS' AS text) AS paramcd, CAST('ITT' AS text) AS population,
           CAST(n AS text) AS subject_id,
           CASE WHEN n % 3 <> 0 THEN 'INO' ELSE 'ALLR3' END AS arm,
           CAST(n / 3 % 4 AS text) AS stratum,
           CAST(least(1 + floor(-ln(chance) * CASE WHEN n % 3 <> 0 THEN 1100 ELSE 800 END), {days})
                AS integer) AS aval,
           CAST(luck < 0.6 AS integer)::smallint AS cause, CAST('{{}}' AS jsonb) AS levels
    FROM generate_series(1, {number}) AS n,
         LATERAL (SELECT (hashint8(n) & 2147483647) / 2147483648.0 + 1e-10 AS chance,
                         (hashint8(-n) & 2147483647) / 2147483648.0 AS luck) AS drawn
"""
_ASKED = {
    "study": "NIGHT", "run": "00000000-0000-4000-8000-000000000000", "attempt": 1,
    "paramcd": "EFS", "population": "ITT",
}  # fmt: skip
_COUNT = spelling(text(COUNT))  # what a night asks, word for word
# In a fresh interpreter: everything that the statistics need, loaded and used once.
_COLD = """
import json, sys
from benchmarks.night_engine import counts_of, statistics
statistics(counts_of(json.load(sys.stdin)))
"""


def measure(python: Python, folder: Path, participants: Sequence[int], beside: int) -> Night:
    """Everything, in a Postgres of its own that is deleted afterwards."""
    # numpy, pandas and lifelines are loaded where they are measured, and nowhere else.
    from benchmarks.night_engine import compare, counts_of, statistics

    with _postgres(folder) as url:
        few = _made(url, FEW)
        warm = median(_timed(lambda: statistics(counts_of(few)))[0] for _ in range(WARM_ROUNDS))
        given = json.dumps(few)
        python.answer("-c", _COLD, given=given)  # compiles the bytecode
        cold = median(_timed(lambda: python.answer("-c", _COLD, given=given))[0] for _ in range(3))
        counted = [_counted(url, folder, number) for number in participants]
        compared = compare(counts_of(_made(url, beside)))
    return Night(warm, cold, counted, compared)


def _counted(url: str, folder: Path, wanted: int) -> Counted:
    from benchmarks.night_engine import counts_of, statistics

    number = wanted
    if wanted > SMALLER and shutil.disk_usage(folder).free < wanted * BYTES_EACH:
        number = SMALLER  # the table says of how many it is
    _made(url, number)
    with psycopg.connect(url) as connection:
        postmaster = _postmaster(connection)
        _rows(connection)  # the pages that stay in memory are there
        measured = []
        for _ in range(3 if number <= SMALLER else 1):
            before = used(postmaster)
            bare, rows = _timed(lambda: _rows(connection))
            between = used(postmaster)
            whole, found = _timed(lambda: statistics(counts_of(_rows(connection))))
            measured.append((bare, whole, between - before, used(postmaster) - between))
    if any(row.n != number for row in found if row.group == "pooled"):
        raise InvalidRun(f"{number} participants were made, and not all analysed")
    return Counted(number, *(median(each) for each in zip(*measured, strict=True)), len(rows))


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    cluster = Cluster(folder / "night")
    cluster.start()
    try:
        yield cluster.superuser_url()
    finally:
        cluster.destroy()


def _made(url: str, number: int) -> list[Any]:
    """Make so many participants in the place of others, and answer their counts."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS analytics")
        connection.execute("DROP TABLE IF EXISTS analytics.endpoint_time")
        run, study = (f"'{_ASKED[name]}'" for name in ("run", "study"))
        made = _MAKE.format(days=DAYS, number=number, run=run, study=study)
        connection.execute(made.encode())
        connection.execute("VACUUM ANALYZE analytics.endpoint_time")
        return _rows(connection)


def _postmaster(connection: "psycopg.Connection[Any]") -> int:
    """The parent of the process that serves a connection."""
    status = Path(f"/proc/{connection.info.backend_pid}/status").read_text(encoding="ascii")
    return int(status.partition("PPid:")[2].split()[0])


def _rows(connection: "psycopg.Connection[Any]") -> list[Any]:
    return connection.execute(_COUNT.encode(), _ASKED).fetchall()


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found
