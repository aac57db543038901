"""Events of one stream are counted without a gap, in the order of their commits."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text

from shared.contracts.envelope import Envelope
from shared.contracts.randomization import ListActivated, SiteOpened
from shared.database import transact
from shared.database.outbox import publish, publish_all
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import Conflict
from shared.trace import trace_of
from tests.shared.database.support import STUDY, await_blocked, origin, screen
from tests.support.database import TestDatabase

VERSIONS = "SELECT version FROM platform.outbox WHERE stream = %s ORDER BY created_at"
STREAM = f"randomization/{STUDY}/site/S01"


def opened(site: str = "S01") -> SiteOpened:
    return SiteOpened(site=site, country="CZ")


def tell(engine: Engine, site: str = "S01", study: str = STUDY) -> None:
    transact.read(engine, origin(study=study), lambda work: publish(work, opened(site)), {})


def test_versions_count_each_stream_for_itself(engine: Engine, database: TestDatabase) -> None:
    for site in ("S01", "S02", "S01", "S01"):
        tell(engine, site)
    tell(engine, "S01", study="freireich-1963")
    transact.read(engine, origin(), lambda work: publish(work, ListActivated(list_id="S01")), {})
    counted = database.rows("SELECT stream, max(version) FROM platform.outbox GROUP BY 1")
    assert set(counted) == {
        (STREAM, 3),
        (f"randomization/{STUDY}/site/S02", 1),
        ("randomization/freireich-1963/site/S01", 1),
        (f"randomization/{STUDY}/list/S01", 1),
    }


def test_events_of_one_transaction_are_counted_in_the_order_they_are_told(
    engine: Engine, database: TestDatabase
) -> None:
    def several(work: UnitOfWork) -> None:
        for country in ("CZ", "NZ", "US"):
            publish(work, SiteOpened(site="S01", country=country))

    transact.read(engine, origin(), several, {})
    told = "SELECT envelope #>> '{data,country}', version FROM platform.outbox ORDER BY version"
    assert database.rows(told) == [("CZ", 1), ("NZ", 2), ("US", 3)]


def test_an_event_carries_the_trace_of_what_published_it_and_none_where_there_is_none(
    engine: Engine, database: TestDatabase
) -> None:
    trace = trace_of("request-1", None)
    for each in (replace(origin(), trace=trace), origin()):
        transact.read(engine, each, lambda work: publish_all(work, [opened(), opened()]), {})
        transact.read(engine, each, lambda work: publish(work, opened()), {})
    told = "SELECT envelope ->> 'traceparent' FROM platform.outbox ORDER BY version"
    assert database.rows(told) == [(trace.traceparent,)] * 3 + [(None,)] * 3


def test_versions_have_neither_gap_nor_repetition_when_many_write_at_once(
    engine: Engine, database: TestDatabase
) -> None:
    start = threading.Barrier(6)

    def write() -> None:
        start.wait()
        for _ in range(10):
            tell(engine)

    with ThreadPoolExecutor(6) as pool:
        for job in [pool.submit(write) for _ in range(6)]:
            job.result()
    assert [row[0] for row in database.rows(VERSIONS, STREAM)] == list(range(1, 61))


def test_a_transaction_that_fails_leaves_no_gap(engine: Engine, database: TestDatabase) -> None:
    def fails(work: UnitOfWork) -> None:
        publish(work, opened())
        raise Conflict

    tell(engine)
    with pytest.raises(Conflict):
        transact.read(engine, origin(), fails, {})
    tell(engine)
    assert database.rows(VERSIONS, STREAM) == [(1,), (2,)]


def test_the_second_writer_of_a_stream_waits_for_the_first_to_commit(
    engine: Engine, database: TestDatabase
) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(work: UnitOfWork) -> None:
        publish(work, opened())
        work.settle()
        entered.set()
        assert go_on.wait(20)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(transact.read, engine, origin(), slow, {})
        assert entered.wait(20)
        second = pool.submit(tell, engine)
        tell(engine, "S02")  # another stream does not wait
        await_blocked(database, 1)
        assert database.rows(VERSIONS, STREAM) == []
        go_on.set()
        first.result()
        second.result()
    assert database.rows(VERSIONS, STREAM) == [(1,), (2,)]


def test_an_event_goes_with_its_effect_or_not_at_all(
    engine: Engine, database: TestDatabase
) -> None:
    def both(work: UnitOfWork) -> None:
        publish(work, opened())
        screen(work, "S01-001")
        screen(work, "S01-001")  # its key is taken

    with pytest.raises(Conflict):
        transact.read(engine, origin(), both, {})
    assert database.rows("SELECT count(*) FROM platform.outbox") == [(0,)]


def test_an_envelope_is_a_cloudevent_that_readers_can_read(
    engine: Engine, database: TestDatabase
) -> None:
    at = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    transact.read(engine, origin(), lambda work: publish(work, opened(), at=at), {})
    ((row_id, kind, content),) = database.rows(
        "SELECT event_id, type, envelope FROM platform.outbox"
    )
    read = Envelope.model_validate(content)
    assert (read.id, read.type, read.specversion) == (row_id, kind, "1.0")
    assert read.source == "urn:induct:randomization"
    assert (read.subject, read.study, read.version) == (f"{STUDY}/site/S01", STUDY, 1)
    assert (read.time, read.dataschema) == (at, "site.opened/1.0")
    assert read.data == {"site": "S01", "country": "CZ"}


def test_a_service_writes_only_events_of_the_study_it_works_in(engine: Engine) -> None:
    forged = text("""
        INSERT INTO platform.outbox (study_id, stream, version, type, envelope)
        VALUES ('freireich-1963', 's', 1, 't', '{}')
    """)
    with pytest.raises(Exception, match="no such thing"):
        transact.read(engine, origin(), lambda work: work.execute(forged), {})
