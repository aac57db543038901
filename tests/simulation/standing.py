"""A deployment that stands and is asked by hand: for a single fault at a time."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.services.randomization.world import eligible
from tests.simulation.stories import AWARE, BORN
from tests.simulation.workshop import STUDY, Order, Workshop, answers, is_there, until
from tests.support.deployment import call

AT_ONCE = 16


class Standing:
    """One server on a database of its own. ``ask`` answers None where nothing came back."""

    def __init__(self, shop: Workshop, database: str, folder: Path) -> None:
        self.shop, self.database, self.folder = shop, database, folder
        self.server = 0

    def start(self) -> None:
        order = Order(self.database, self.shop.cluster.port, self.folder)
        self.server = self.shop.make_server(order)
        asyncio.run(until(lambda: answers(self.shop.home.url)))

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if is_there(self.server):
            os.kill(self.server, how)
        asyncio.run(until(lambda: not is_there(self.server)))

    def ask(
        self, role: str, method: str, path: str, *, site: str | None = "S01", **more: Any
    ) -> httpx.Response | None:
        service, _, rest = path.partition("/")
        where = f"/{service}/v1/studies/{STUDY}/{rest}"
        try:
            return call(self.shop, method, where, role=role, study=STUDY, site=site, **more)
        except httpx.TransportError:
            return None

    def register(self, subject: str) -> httpx.Response | None:
        body = {"subject": subject, "site": "S01", "birth_year_month": BORN, "sex": "female",
                "consented_on": "2024-01-20"}  # fmt: skip
        return self.ask("coordinator", "POST", "assessments/subjects", key=subject, json=body)

    def allocate(self, subject: str) -> httpx.Response | None:
        body = {"subject": subject, "site": "S01", "values": eligible(), "strata": {}}
        return self.ask("investigator", "POST", "randomization/allocations", key=subject, json=body,
                        signed_for="randomization.request_allocation")  # fmt: skip

    def report(self, subject: str) -> httpx.Response | None:
        body = {"subject": subject, "site": "S01", "event_term": "Fever", "grade": 4,
                "seriousness": ["hospitalisation"], "aware_at": AWARE.isoformat(),
                "reporter": "Dr Test"}  # fmt: skip
        return self.ask("coordinator", "POST", "safety/cases", key=subject, json=body)

    def count(self, query: str) -> int:
        with self.shop.admin(self.database) as admin:
            row = admin.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def standing(shop: Workshop, folder: Path, name: str) -> Iterator[Standing]:
    """A server that takes calls; gone at the end."""
    shop.clock.write_text("0", encoding="ascii")
    with shop.database(name) as database:
        made = Standing(shop, database, folder)
        made.start()
        try:
            yield made
        finally:
            made.stop(signal.SIGKILL)


def at_once(ask: Any, subjects: Sequence[str]) -> list[httpx.Response | None]:
    """Ask for each of them, many at once."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(ask, subjects))


def statuses(answered: Sequence[httpx.Response | None]) -> set[int | None]:
    return {None if answer is None else answer.status_code for answer in answered}


def children(count: int, first: int = 0) -> list[str]:
    return [f"S01-{number:03}" for number in range(first, first + count)]
