"""How many acknowledged writes a Postgres loses that is killed again and again: none may be."""

import itertools
import os
import random
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from tests.simulation.workshop import Workshop

WRITERS = 20
TABLE = "acknowledged"


@dataclass(frozen=True)
class Counted:
    """``unknown``: writes whose end nobody was told; ``kept``: those of them that are there."""

    acknowledged: int
    lost: int
    unknown: int
    kept: int
    kills: int

    def __str__(self) -> str:
        return (
            f"{self.lost} of {self.acknowledged} acknowledged writes lost in {self.kills} kills of"
            f" Postgres; of {self.unknown} without an answer {self.kept} are there"
        )


def count_lost(shop: Workshop, *, wanted: int, kills: int) -> Counted:
    """Kill Postgres so many times while twenty write, until ``wanted`` were acknowledged."""
    with shop.database("writes") as database:
        with shop.admin(database) as admin:
            admin.execute(f"CREATE TABLE {TABLE} (n bigint PRIMARY KEY)")
        told: set[int] = set()
        asked: set[int] = set()
        numbers = itertools.count()
        for round_ in range(1, kills + 1):
            _round(shop, database, (numbers, asked, told), wanted * round_ // kills)
        with shop.admin(database) as admin:
            stored = {row[0] for row in admin.execute(f"SELECT n FROM {TABLE}")}
    unknown = asked - told
    return Counted(len(told), len(told - stored), len(unknown), len(unknown & stored), kills)


def _round(
    shop: Workshop, database: str, counts: tuple["itertools.count[int]", set[int], set[int]],
    enough: int,
) -> None:  # fmt: skip
    numbers, asked, told = counts
    busy = threading.Event()
    url = shop.cluster.superuser_url(database)

    def write() -> None:
        with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
            while True:
                number = next(numbers)
                asked.add(number)
                connection.execute(f"INSERT INTO {TABLE} VALUES (%s)".encode(), (number,))
                told.add(number)
                if len(told) >= enough:
                    busy.set()

    writers = [threading.Thread(target=write, daemon=True) for _ in range(WRITERS)]
    for writer in writers:
        writer.start()
    if not busy.wait(120):
        raise TimeoutError("the writers did not get that far")
    processes = shop.postgres_processes()
    random.shuffle(processes)
    for process in processes:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    for writer in writers:
        writer.join(30)
    shop.cluster.start()
