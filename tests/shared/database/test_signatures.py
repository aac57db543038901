"""A signature and its record: tied together, spent once, kept for good."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from infra.database.audit import verify_trail
from shared.database import transact
from shared.database.engine import blocking_engine
from shared.database.signatures import SignatureRecord, _digest, holds, sign, signatures_of
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.problems import (
    NotFound,
    SignatureNotFitting,
    SignatureRequired,
    SignatureUsed,
)
from shared.identity.signatures import Signature
from tests.shared.database.support import STUDY, await_blocked, origin
from tests.support.database import TestDatabase

TABLE = "randomization.allocation"
CONTENT = {"subject": "S01-001", "values": {"age_years": 8, "marrow_blasts": "62.5"}}
ALL = "SELECT count(*) FROM platform.signature"


def signature(**changes: Any) -> Signature:
    honest = Signature(
        signer="investigator-1",
        name="Eva Nováková",
        role="investigator",
        studies=frozenset({STUDY}),
        sites=frozenset({"S01"}),
        meaning="eligible-and-randomize",
        authenticated_at=datetime(2026, 2, 1, 9, 30, tzinfo=UTC),
        token_id="token-0001",
    )
    return replace(honest, **changes)


def signed(given: Signature | None, *sites: str, **where: str) -> Origin:
    return replace(origin(*sites, **where), signature=given)


def put(
    engine: Engine,
    given: Signature | None,
    *,
    key: str = "S01-001",
    site: str | None = "S01",
    caller: tuple[str, ...] = ("S01",),
) -> SignatureRecord:
    def use_case(work: UnitOfWork) -> SignatureRecord:
        return sign(work, table=TABLE, key=key, content=CONTENT, subject="S01-001", site=site)

    return transact.read(engine, signed(given, *caller), use_case, {})


def read(
    engine: Engine, *sites: str, key: str = "S01-001", study: str = STUDY
) -> list[SignatureRecord]:
    return transact.read(
        engine, origin(*sites, study=study), lambda work: signatures_of(work, TABLE, key), {}
    )


@pytest.fixture
def safety(database: TestDatabase) -> Iterator[Engine]:
    made = blocking_engine(database.url("induct_safety"), pool_size=1)
    yield made
    made.dispose()


@pytest.mark.proves("C18", kind="positive")
def test_a_record_shows_who_signed_it_in_print_when_and_what_it_meant(engine: Engine) -> None:
    before = datetime.now(UTC)
    record = put(engine, signature())
    assert (record.name, record.role, record.meaning) == (
        "Eva Nováková",
        "investigator",
        "eligible-and-randomize",
    )
    assert abs(record.signed_at - before) < timedelta(minutes=5), "the database's own clock"
    assert record.authenticated_at == signature().authenticated_at
    assert read(engine) == [record]
    assert read(engine, key="S01-002") == []


def test_without_a_signature_nothing_is_signed(engine: Engine, database: TestDatabase) -> None:
    with pytest.raises(SignatureRequired):
        put(engine, None)
    assert database.rows(ALL) == [(0,)]


@pytest.mark.proves("C21", kind="negative")
def test_a_signature_is_spent_by_one_record(
    engine: Engine, safety: Engine, database: TestDatabase
) -> None:
    put(engine, signature())
    for key in ("S01-001", "S01-002"):
        with pytest.raises(SignatureUsed):
            put(engine, signature(), key=key)
    # Another service cannot see it, and may not use it either.
    with pytest.raises(SignatureUsed):
        put(safety, signature(), key="a case")
    assert database.rows(ALL) == [(1,)]
    assert put(engine, signature(token_id="token-0002"))


def test_a_signature_signs_no_two_records_of_one_change(
    engine: Engine, database: TestDatabase
) -> None:
    def use_case(work: UnitOfWork) -> None:
        for key in ("one", "two"):
            sign(work, table=TABLE, key=key, content=CONTENT)

    with pytest.raises(SignatureUsed):
        transact.read(engine, signed(signature()), use_case, {})
    assert database.rows(ALL) == [(0,)]


@pytest.mark.parametrize("gives_up", [False, True])
def test_of_two_who_spend_a_signature_at_once_one_does(
    engine: Engine, database: TestDatabase, gives_up: bool
) -> None:
    inserted, go_on = threading.Event(), threading.Event()
    outcomes: dict[str, str] = {}

    def first(work: UnitOfWork) -> None:
        sign(work, table=TABLE, key="first", content=CONTENT)
        inserted.set()
        go_on.wait(30)
        if gives_up:
            raise NotFound

    def second(work: UnitOfWork) -> None:
        sign(work, table=TABLE, key="second", content=CONTENT)

    def run(name: str, use_case: Callable[[UnitOfWork], None]) -> None:
        try:
            transact.read(engine, signed(signature()), use_case, {})
            outcomes[name] = "signed"
        except (SignatureUsed, NotFound) as problem:
            outcomes[name] = problem.kind

    threads = [threading.Thread(target=run, args=("first", first))]
    threads[0].start()
    assert inserted.wait(30)
    threads.append(threading.Thread(target=run, args=("second", second)))
    threads[1].start()
    try:
        await_blocked(database, 1)
    finally:
        go_on.set()
        for thread in threads:
            thread.join(30)
    expected = ("not-found", "signed") if gives_up else ("signed", "signature-used")
    assert (outcomes["first"], outcomes["second"]) == expected
    assert database.rows(ALL) == [(1,)]


def test_a_change_that_is_refused_spends_no_signature(engine: Engine) -> None:
    def refuses(work: UnitOfWork) -> None:
        sign(work, table=TABLE, key="S01-001", content=CONTENT)
        raise NotFound

    with pytest.raises(NotFound):
        transact.read(engine, signed(signature()), refuses, {})
    assert put(engine, signature())


def test_a_signer_signs_at_their_own_sites(engine: Engine, database: TestDatabase) -> None:
    with pytest.raises(SignatureNotFitting):
        put(engine, signature(sites=frozenset({"S02"})))
    assert database.rows(ALL) == [(0,)]
    assert put(engine, signature(role="statistician", sites=frozenset({"*"})))


def test_a_caller_adds_no_signature_at_a_site_out_of_reach(engine: Engine) -> None:
    with pytest.raises(NotFound):
        put(engine, signature(), caller=("S02",))


def test_a_signature_is_seen_where_its_site_is_and_one_without_a_site_by_all(
    engine: Engine, safety: Engine
) -> None:
    at_site = put(engine, signature())
    of_all = put(engine, signature(token_id="token-0002"), key="L1", site=None)
    assert read(engine, "S01") == [at_site]
    assert read(engine, "S02") == []
    assert read(engine, "S02", key="L1") == [of_all]
    assert read(engine, study="freireich-1963") == []
    assert read(safety) == [], "each service has its own"


@pytest.mark.proves("C19", kind="negative")
def test_a_signature_holds_for_what_was_signed_and_for_nothing_else(engine: Engine) -> None:
    put(engine, signature())
    (record,) = read(engine)
    assert holds(record, CONTENT)
    assert holds(record, dict(reversed(CONTENT.items()))), "the order of names is no content"
    assert not holds(record, CONTENT | {"subject": "S01-002"})
    assert not holds(record, CONTENT | {"more": None})
    assert not holds(record, CONTENT | {"values": {"age_years": 8, "marrow_blasts": "62.50"}})
    assert not holds(record, {})


@pytest.mark.proves("C02", kind="negative")
@pytest.mark.parametrize(
    "evil",
    [
        "signed_key = 'S01-002'",
        "signed_table = 'randomization.list'",
        "study_id = 'freireich-1963'",
        "site_id = 'S02'",
        "subject_id = 'S01-002'",
        "meaning = 'approve-list'",
        "signer = 'investigator-2'",
        "signer_name = 'Somebody Else'",
        "signer_role = 'coordinator'",
        "signed_at = signed_at + interval '1 microsecond'",
        "authenticated_at = authenticated_at - interval '1 second'",
        "token_id = 'token-0002'",
        "content_hash = repeat('0', 64)",
    ],
)
def test_a_signature_that_a_superuser_touched_or_moved_holds_no_more(
    engine: Engine, database: TestDatabase, evil: str
) -> None:
    record = put(engine, signature())
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(f"UPDATE platform.signature SET {evil}".encode())
        admin.execute("SELECT set_config('app.study', study_id, false) FROM platform.signature")
    columns = database.rows("SELECT study_id, signed_table, signed_key FROM platform.signature")[0]
    study, table, key = (str(column) for column in columns)
    (found,) = transact.read(
        engine, origin(study=study), lambda work: signatures_of(work, table, key), {}
    )
    assert found != record
    assert not holds(found, CONTENT)


_facts = st.text(max_size=5)


@pytest.mark.proves("C19", kind="property")
@given(
    one=st.dictionaries(_facts, _facts | st.integers(), max_size=3),
    other=st.dictionaries(_facts, _facts | st.integers(), max_size=3),
    keys=st.tuples(_facts, _facts),
)
def test_two_records_share_a_hash_only_where_they_are_one(
    one: dict[str, Any], other: dict[str, Any], keys: tuple[str, str]
) -> None:
    def digest(key: str, content: dict[str, Any]) -> str:
        return _digest({"table": TABLE, "key": key}, content)

    same = (keys[0], one) == (keys[1], other)
    assert (digest(keys[0], one) == digest(keys[1], other)) is same


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE platform.signature SET signer_name = 'x'",
        "DELETE FROM platform.signature",
        "TRUNCATE platform.signature CASCADE",
    ],
)
@pytest.mark.parametrize("login", ["induct_randomization", "induct_platform", "owner", "superuser"])
def test_no_role_changes_or_removes_a_signature(
    engine: Engine, database: TestDatabase, statement: str, login: str
) -> None:
    put(engine, signature())
    before = database.rows("SELECT * FROM platform.signature")
    urls = {"owner": database.url("induct_migrator")}
    if login == "superuser":
        connection = database.admin()
    else:
        connection = psycopg.connect(urls.get(login) or database.url(login), autocommit=True)
    with connection:
        if login == "owner":
            connection.execute("SET ROLE induct_owner")
        connection.execute(f"SELECT set_config('app.study', '{STUDY}', false)".encode())
        try:
            changed = connection.execute(statement.encode()).rowcount
        except psycopg.DatabaseError as error:
            assert error.sqlstate in {"42501", "ID002"}  # noqa: PT017
        else:
            assert (login, changed) == ("owner", 0), "policies show the owner no row"
    assert database.rows("SELECT * FROM platform.signature") == before


def test_a_login_cannot_sign_in_the_name_of_another_service(
    engine: Engine, database: TestDatabase
) -> None:
    put(engine, signature())
    with psycopg.connect(database.url("induct_safety")) as connection:
        connection.execute(
            f"SELECT set_config('app.study', '{STUDY}', true),"
            " set_config('app.sites', '*', true)".encode()
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "INSERT INTO platform.signature (service, study_id, signed_table, signed_key,"
                " meaning, signer, signer_name, signer_role, authenticated_at, signed_at,"
                " content_hash, token_id, request_id) VALUES ('induct_randomization',"
                f" '{STUDY}', 't', 'k', 'm', 's', 'n', 'r', now(), now(), repeat('0', 64),"
                " 'another', 'q')".encode()
            )


def test_a_signature_is_in_the_audit_trail_beside_who_asked(
    engine: Engine, database: TestDatabase
) -> None:
    record = put(engine, signature())
    rows = database.rows(
        "SELECT field, new_value, actor, actor_role FROM platform.audit"
        " WHERE table_name = 'platform.signature' AND row_key = %s",
        record.signature_id,
    )
    told = {str(row[0]): row[1] for row in rows}
    assert {row[2:] for row in rows} == {("client-1", "coordinator")}
    assert (told["signer"], told["signer_name"]) == ("investigator-1", "Eva Nováková")
    assert told["content_hash"] == record.content_hash
    assert verify_trail(database.url("induct_platform")).faults == []
