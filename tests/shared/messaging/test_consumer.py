"""A queue consumer: each message in its own transaction, failures named one by one."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import Engine, text

from shared.contracts.envelope import Envelope
from shared.contracts.randomization import SiteOpened
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.messaging.consumer import PoisonMessage, failure_causes, read_envelope
from shared.trace import trace_of
from tests.shared.messaging.support import (
    STUDY,
    batch,
    consumer,
    effects,
    event,
    failed,
    leave_mark,
    record,
)
from tests.support.database import TestDatabase


def causes_of(engine: Engine, handle: Any, *records: dict[str, Any]) -> dict[str, str]:
    causes: dict[str, str] = {}
    token = failure_causes.set(causes)
    try:
        answer = consumer(handle).handle_batch(engine, batch(*records))
    finally:
        failure_causes.reset(token)
    assert sorted(causes) == sorted(failed(answer))
    return causes


def test_an_event_handled_before_is_acknowledged_without_a_second_effect(
    engine: Engine, database: TestDatabase
) -> None:
    seen = event()
    for _ in range(3):
        assert failed(consumer().handle_batch(engine, batch(record(seen)))) == []
    assert effects(database, seen) == 1


def test_only_the_messages_that_failed_come_again(engine: Engine, database: TestDatabase) -> None:
    events = [event() for _ in range(10)]
    poison = {events[2].id, events[6].id}

    def handle(work: UnitOfWork, seen: Envelope) -> None:
        leave_mark(work, seen)
        if seen.id in poison:
            raise ValueError

    answer = consumer(handle).handle_batch(engine, batch(*map(record, events)))
    assert failed(answer) == [str(events[2].id), str(events[6].id)]
    assert [effects(database, each) for each in events] == [
        0 if each.id in poison else 1 for each in events
    ]


def test_a_failed_event_leaves_nothing_so_that_it_can_come_again(
    engine: Engine, database: TestDatabase
) -> None:
    seen = event()

    def fails(work: UnitOfWork, seen: Envelope) -> None:
        leave_mark(work, seen)
        raise ValueError

    assert failed(consumer(fails).handle_batch(engine, batch(record(seen)))) == [str(seen.id)]
    seen_before = "SELECT count(*) FROM platform.inbox WHERE event_id = %s"
    assert database.rows(seen_before, seen.id) == [(0,)]
    assert failed(consumer().handle_batch(engine, batch(record(seen)))) == []
    assert effects(database, seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"detail": null}',
        '{"detail": {"id": "1"}}',
        '{"detail": "text"}',
        "not json",
        '{"detail": ' + "[" * 5000 + "]" * 5000 + "}",
    ],
)
def test_what_is_no_event_is_poison_and_not_a_crash(body: str) -> None:
    with pytest.raises(PoisonMessage, match="no event of this system"):
        read_envelope(body)


def test_poison_and_unknown_types_fail_alone(engine: Engine, database: TestDatabase) -> None:
    good, strange = event(), event(type="never.heard.of")
    records = [record("garbage", "m1"), record(strange, "m2"), record(good, "m3")]
    causes = causes_of(engine, leave_mark, *records)
    assert causes == {
        "m1": "PoisonMessage in read_envelope: the message is no event of this system",
        "m2": "PoisonMessage in handle: randomization has no handler for this type of event",
    }
    assert effects(database, good) == 1


def test_a_cause_names_kind_and_place_and_never_repeats_patient_data(
    engine: Engine, log_lines: io.StringIO
) -> None:
    def reads_wrongly(_work: UnitOfWork, _seen: Envelope) -> None:
        raise KeyError("born 2015-06-15")

    def breaks_a_rule(work: UnitOfWork, _seen: Envelope) -> None:
        work.execute(text("SELECT CAST('born 2015-06-15' AS integer)"))

    seen = event()
    assert causes_of(engine, reads_wrongly, record(seen)) == {
        str(seen.id): "KeyError in reads_wrongly"
    }
    assert causes_of(engine, breaks_a_rule, record(seen)) == {
        str(seen.id): "InvalidTextRepresentation in breaks_a_rule"
    }
    assert "2015-06" not in log_lines.getvalue()
    assert log_lines.getvalue().count("message failed") == 2


def test_the_database_knows_which_consumer_works_for_which_event(engine: Engine) -> None:
    seen, settings = event(), []

    def look(work: UnitOfWork, _seen: Envelope) -> None:
        names = ("actor", "role", "study", "sites", "request")
        shown = ", ".join(f"platform.setting('{name}')" for name in names)
        settings.append(tuple(work.execute(text(f"SELECT {shown}")).one()))

    consumer(look).handle(engine, seen)
    assert settings == [("system:randomization", "system", STUDY, "*", str(seen.id))]


def test_a_connection_that_died_while_idle_is_replaced_without_losing_a_receive(
    engine: Engine, database: TestDatabase
) -> None:
    first, second = event(), event()
    consumer().handle(engine, first)
    with database.admin() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = 'induct_randomization' AND datname = current_database()"
        )
    assert failed(consumer().handle_batch(engine, batch(record(second)))) == []
    assert effects(database, second) == 1


def test_a_handler_that_another_transaction_beat_is_run_again(
    engine: Engine, database: TestDatabase
) -> None:
    seen, runs = event(), []

    def beaten_once(work: UnitOfWork, seen: Envelope) -> None:
        runs.append(1)
        leave_mark(work, seen)
        if len(runs) == 1:
            work.execute(text("DO $$ BEGIN RAISE EXCEPTION '' USING ERRCODE = '40P01'; END $$"))

    assert failed(consumer(beaten_once).handle_batch(engine, batch(record(seen)))) == []
    assert (len(runs), effects(database, seen)) == (2, 1)


def test_what_a_consumer_does_bears_the_trace_of_its_event(
    engine: Engine, database: TestDatabase, log_lines: io.StringIO
) -> None:
    begun = trace_of("request-1", None)
    good, bad = event(traceparent=begun.traceparent), event(traceparent=begun.traceparent)

    def handle(work: UnitOfWork, seen: Envelope) -> None:
        if seen.id == bad.id:
            raise ValueError
        publish(work, SiteOpened(site="S01", country="CZ"))

    consumer(handle).handle_batch(engine, batch(record(good), record(bad), record("no event")))
    ((told,),) = database.rows("SELECT envelope ->> 'traceparent' FROM platform.outbox")
    carried_on = trace_of("any work", str(told))
    assert (carried_on.id, str(told) == begun.traceparent) == (begun.id, False)
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert [(line["message"], line.get("trace_id"), line.get("event_id")) for line in lines] == [
        ("message handled", begun.id, str(good.id)),
        ("message failed", begun.id, str(bad.id)),
        ("message failed", None, None),
    ]
