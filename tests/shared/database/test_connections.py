"""Connections that die, are all busy, or wait too long: 503 at worst, and no half work."""

import asyncio
import io
import json
import os
import socket
import time
from collections.abc import Callable

import httpx
import psycopg
import pytest

from shared.database import engine as engines
from shared.http.app import assert_ready
from shared.http.problems import Unavailable
from tests.services.randomization.world import SITE
from tests.shared.database.support import (
    LOGIN,
    await_blocked,
    end_sessions,
    holding,
    limit,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

ClientFor = Callable[..., ApiClient]
SITES = "SELECT site_id FROM randomization.site ORDER BY site_id"
LOCK_SITES = "LOCK TABLE randomization.site IN EXCLUSIVE MODE"


def opening(site: str) -> dict[str, str]:
    return SITE | {"site": site}


def is_503(answer: httpx.Response) -> bool:
    problem = answer.json()["type"] == "urn:induct:problem:unavailable"
    return answer.status_code == 503 and problem and int(answer.headers["Retry-After"]) > 0


def test_connections_that_died_while_idle_are_replaced_and_nobody_notices(
    client_for: ClientFor, database: TestDatabase
) -> None:
    api = client_for("randomization", pool_size=3)
    calls = (api.call("GET", "/sites", role="admin") for _ in range(12))
    assert {answer.status_code for answer in api.together(calls)} == {200}
    assert end_sessions(database) == 3
    assert api.post("/sites", role="admin", json=opening("S01")).status_code == 201
    calls = (api.call("GET", "/sites", role="admin") for _ in range(12))
    assert {answer.status_code for answer in api.together(calls)} == {200}
    assert database.rows(SITES) == [("S01",)]


def test_a_connection_that_dies_in_the_middle_is_503_and_its_retry_the_first_effect(
    client_for: ClientFor, database: TestDatabase, log_lines: io.StringIO
) -> None:
    api = client_for("randomization", pool_size=1)

    async def cut_off() -> httpx.Response:
        call = asyncio.create_task(
            api.call("POST", "/sites", role="admin", json=opening("S01"), key="one")
        )
        while not await asyncio.to_thread(_waits, database):
            assert not call.done()
        await asyncio.to_thread(end_sessions, database)
        return await call

    with holding(database, LOCK_SITES):
        answer = api._run(cut_off())
    assert is_503(answer), answer.text
    assert database.rows(SITES) == []
    again = api.post("/sites", role="admin", json=opening("S01"), key="one")
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (201, False)
    assert "S01" not in log_lines.getvalue()


def _waits(database: TestDatabase) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s AND wait_event_type = 'Lock'"
    return database.rows(query + " AND datname = %s", LOGIN, database.name) == [(1,)]


def test_a_pool_whose_connections_are_all_busy_is_503_and_not_a_long_wait(
    client_for: ClientFor, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "POOL_TIMEOUT_SECONDS", 0.05)
    api = client_for("randomization", pool_size=2)

    async def crowd() -> tuple[list[httpx.Response], list[httpx.Response]]:
        busy = [
            asyncio.create_task(api.call("POST", "/sites", role="admin", json=opening(site)))
            for site in ("S01", "S02")
        ]
        await asyncio.to_thread(await_blocked, database, 2)
        late = [api.call("POST", "/sites", role="admin", json=opening("S03")) for _ in range(3)]
        refused = await asyncio.gather(*late)
        lock.rollback()
        return refused, await asyncio.gather(*busy)

    with database.admin() as lock:
        lock.autocommit = False
        lock.execute(LOCK_SITES.encode())
        refused, served = api._run(crowd())
    assert all(is_503(answer) for answer in refused)
    assert [answer.status_code for answer in served] == [201, 201]
    assert database.rows(SITES) == [("S01",), ("S02",)]


@pytest.mark.parametrize("setting", ["lock_timeout", "statement_timeout"])
def test_a_wait_that_is_too_long_for_the_role_is_503_and_leaves_nothing(
    client_for: ClientFor, database: TestDatabase, setting: str
) -> None:
    limit(database, setting, "50ms")
    api = client_for("randomization")
    with holding(database, LOCK_SITES):
        answer = api.post("/sites", role="admin", json=opening("S01"), key="one")
    assert is_503(answer), answer.text
    assert database.rows(SITES) == []
    limit(database, setting, "10s")
    again = client_for("randomization").post("/sites", role="admin", json=opening("S01"), key="one")
    assert again.status_code == 201


def test_a_database_that_takes_no_more_sessions_is_503(
    client_for: ClientFor, database: TestDatabase
) -> None:
    admit = f"ALTER DATABASE {database.name} ALLOW_CONNECTIONS"
    api = client_for("randomization")
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(f"{admit} false".encode())
        assert is_503(api.get("/sites", role="admin"))
        assert is_503(api.get("//randomization/ready", role=None))
        admin.execute(f"{admit} true".encode())
    assert api.get("/sites", role="admin").status_code == 200


def test_a_database_that_would_lose_acknowledged_writes_is_not_ready(
    client_for: ClientFor, database: TestDatabase, log_lines: io.StringIO
) -> None:
    assert client_for("randomization").get("//randomization/ready", role=None).status_code == 200
    limit(database, "synchronous_commit", "off")
    answer = client_for("randomization").get("//randomization/ready", role=None)
    assert is_503(answer)
    assert json.loads(log_lines.getvalue().splitlines()[-1])["problem"] == "unavailable"


@pytest.mark.parametrize("seconds", [-86_400, -2.5, 2.5, 86_400])
def test_a_service_whose_clock_is_not_its_databases_is_not_ready(
    database: TestDatabase, seconds: float
) -> None:
    engine = database.engine(LOGIN)
    assert_ready(engine, lambda: time.time() + 1.5)
    with pytest.raises(Unavailable, match="clocks"):
        assert_ready(engine, lambda: time.time() + seconds)
    database.done_with(engine)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such option")
def test_a_database_that_falls_silent_is_given_up_after_seconds(database: TestDatabase) -> None:
    """What is sent and never acknowledged, and what is asked of a peer that is gone."""
    engine = database.engine(LOGIN)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as line:
            asked = (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL,
                     socket.TCP_KEEPCNT)  # fmt: skip
            told = [line.getsockopt(socket.IPPROTO_TCP, option) for option in asked]
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert told == [20_000, 10, 5, 2]
    database.done_with(engine)
