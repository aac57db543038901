"""Many requests at once, repeated until each is answered for good; and doubles, led to one lock."""

import time
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.api import ApiClient
from tests.support.database import TestDatabase

_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"

# "Come again": the database is busy, or another try with this key is under way.
AGAIN = {"urn:induct:problem:unavailable", "urn:induct:problem:request-in-flight"}
TRIES = 50


@dataclass(frozen=True)
class Ask:
    """One request: its body and its key."""

    body: dict[str, Any]
    key: str

    @property
    def subject(self) -> str:
        return str(self.body["subject"])


@dataclass
class Told:
    """Every answer that a subject's requests got, but for those that say: come again."""

    statuses: list[int] = field(default_factory=list)
    bodies: set[bytes] = field(default_factory=set)


def burst(api: ApiClient, asks: Sequence[Ask]) -> dict[str, Told]:
    """Send everything at once, and what was told to come again once more with its key."""
    told: dict[str, Told] = {ask.subject: Told() for ask in asks}
    left = list(asks)
    for _ in range(TRIES):
        answers = api.together(
            api.call("POST", "/allocations", json=ask.body, key=ask.key, sites=[ask.body["site"]])
            for ask in left
        )
        pairs = list(zip(left, answers, strict=True))
        left = [ask for ask, answer in pairs if must_come_again(answer)]
        for ask, answer in pairs:
            if not must_come_again(answer):
                told[ask.subject].statuses.append(answer.status_code)
                told[ask.subject].bodies.add(answer.content)
        if not left:
            return told
    raise AssertionError(f"{len(left)} requests were never answered")


def must_come_again(answer: httpx.Response) -> bool:
    return not answer.is_success and answer.json()["type"] in AGAIN


def check_each_answered_once(told: dict[str, Told]) -> None:
    """Of all requests for a subject one was new, and all have the same bytes for an answer."""
    for subject, answers in told.items():
        assert answers.statuses.count(201) == 1, f"{subject}: {answers.statuses}"
        assert set(answers.statuses) <= {200, 201}, f"{subject}: {answers.statuses}"
        assert len(answers.bodies) == 1, subject


def behind_one_lock(
    api: ApiClient,
    database: TestDatabase,
    calls: Sequence[Coroutine[Any, Any, httpx.Response]],
) -> list[httpx.Response]:
    """The answers of calls that all had looked before any of them got the lock of its stratum."""
    with database.admin() as admin, ThreadPoolExecutor(1) as thread:
        admin.execute("BEGIN; SELECT FROM randomization.stratum FOR UPDATE")
        asked = thread.submit(api.together, calls)
        for _ in range(200):
            if database.rows(_WAITING, database.name) == [(len(calls),)]:
                break
            time.sleep(0.02)
        else:
            raise AssertionError("they do not wait")
        admin.execute("COMMIT")
        return asked.result()
