"""A login that proves itself by its role: each new connection brings a password of its own."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from shared.aws import database_token as module
from shared.database.engine import (
    Cooperative,
    blocking_engine,
    cooperative_engine,
    url_with_password,
)
from tests.support.database import PASSWORD, TestDatabase

LOGIN = "induct_safety"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, str]]:
    """For whom a password was made. What is made here is the one that this Postgres knows, with
    what only a token has in it elsewhere: the hook is real, and so is the connection."""
    found: list[tuple[str, int, str]] = []

    def made(host: str, port: int, login: str, **_: Any) -> str:
        found.append((host, port, login))
        return PASSWORD

    monkeypatch.setattr(module, "database_token", made)
    return found


@pytest.fixture
def by_role(database: TestDatabase) -> str:
    parts = urlsplit(database.url(LOGIN))
    return f"postgresql://{LOGIN}@{parts.hostname}:{parts.port}{parts.path}?login=role"


def who(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(text("SELECT current_user")).scalar_one())


def test_every_new_connection_asks_for_a_password_and_a_kept_one_does_not(
    by_role: str, asked: list[tuple[str, int, str]]
) -> None:
    engine = blocking_engine(by_role, pool_size=1)
    assert [who(engine), who(engine)] == [LOGIN, LOGIN]
    assert len(asked) == 1
    engine.dispose()
    assert who(engine) == LOGIN
    assert {login for _, _, login in asked} == {LOGIN}
    assert len(asked) == 2
    engine.dispose()


def test_the_engine_of_requests_does_so_too(
    by_role: str, asked: list[tuple[str, int, str]]
) -> None:
    async def ask() -> str:
        runner = Cooperative(cooperative_engine(by_role, pool_size=1))
        try:
            return await runner.run(who)
        finally:
            await runner.close()

    assert asyncio.run(ask()) == LOGIN
    assert len(asked) == 1


def test_a_driver_alone_is_given_the_password_in_its_url(
    by_role: str, asked: list[tuple[str, int, str]]
) -> None:
    url = url_with_password(by_role)
    assert "login=role" not in url
    with psycopg.connect(url) as connection:
        assert connection.info.user == LOGIN
    assert len(asked) == 1


def test_behind_the_proxy_nothing_is_prepared_because_that_would_pin_the_session(
    by_role: str, asked: list[tuple[str, int, str]], database: TestDatabase
) -> None:
    def prepared(url: str) -> int:
        engine = blocking_engine(url, pool_size=1)
        with engine.connect() as connection:
            for _ in range(8):
                connection.execute(text("SELECT 1"))
            count = connection.execute(text("SELECT count(*) FROM pg_prepared_statements"))
            found = int(count.scalar_one())
        engine.dispose()
        return found

    assert prepared(by_role) == 0
    assert prepared(database.url(LOGIN)) > 0
    assert len(asked) == 1


def test_a_function_that_has_no_role_now_has_no_connection_now(
    by_role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        monkeypatch.delenv(name, raising=False)
    engine = blocking_engine(by_role, pool_size=1)
    with pytest.raises(OperationalError, match="no password: AWS_ACCESS_KEY_ID is not set"):
        engine.connect()


@pytest.mark.parametrize("made", [blocking_engine, cooperative_engine])
def test_an_unknown_way_of_logging_in_is_refused(made: Callable[..., Engine]) -> None:
    with pytest.raises(ValueError, match="login=role"):
        made("postgresql://a@localhost/b?login=magic", pool_size=1)


def test_a_url_with_a_password_stays_as_it_is(asked: list[tuple[str, int, str]]) -> None:
    url = "postgresql://a:b%40c@localhost:5432/d?sslmode=require"
    assert url_with_password(url) == url
    assert asked == []
