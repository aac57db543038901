"""Runs that overlap, come late, or read while the data change."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.analytics import run as module
from services.analytics import run_repository, snapshot_repository
from services.analytics.analysis import compute
from services.analytics.errors import RunBusy, RunUnknown
from services.analytics.run import Outcome
from shared.clock import DatabaseClock
from shared.database.unit_of_work import Origin
from shared.identity.principal import system
from tests.services.analytics.replay import STARTED, status
from tests.services.analytics.trial import TODAY, YESTERDAY, Trial


@pytest.mark.proves("ANA-2", kind="fault")
def test_two_overlapping_performances_publish_once(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trial.ask(TODAY)
    inside = threading.Event()
    computed: list[int] = []

    def slow(*arguments: Any) -> Any:
        inside.set()
        await_advisory_wait(trial)
        computed.append(1)
        return compute(*arguments)

    monkeypatch.setattr(module, "compute", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(trial.perform, run, str(uuid.uuid4()))
        inside.wait(30)
        second = pool.submit(trial.perform, run, str(uuid.uuid4()))
        outcomes = {first.result(60), second.result(60)}
    assert outcomes == {Outcome.PUBLISHED, Outcome.KNOWN}
    assert computed == [1]
    told = trial.database.rows("SELECT count(*) FROM platform.outbox WHERE type = 'run.published'")
    assert told == [(1,)]


def await_advisory_wait(trial: Trial) -> None:
    """Come back when somebody waits for the study's lock."""
    query = (
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with trial.database.admin() as admin:
        for _ in range(100_000):
            if admin.execute(query.encode()).fetchone() == (1,):
                return
    raise AssertionError("nobody waits")


def test_a_performance_does_not_wait_for_another_for_ever(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 1)
    run = trial.ask(TODAY)
    with run_repository.study_lock(trial.engine, trial.study, 1), pytest.raises(RunBusy):
        trial.perform(run)
    assert trial.run(run)["state"] == "pending"
    assert trial.perform(run) is Outcome.PUBLISHED


def test_the_lock_of_one_study_does_not_hold_up_another(trial: Trial) -> None:
    run = trial.ask(TODAY)
    with run_repository.study_lock(trial.engine, "another-study", 1):
        assert trial.perform(run) is Outcome.PUBLISHED


def test_a_run_overtaken_while_it_computes_does_not_turn_readers_back(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, newer = trial.ask(YESTERDAY), trial.ask(TODAY)
    real = module.publish_run

    def overtaken(*arguments: Any) -> Outcome:
        monkeypatch.setattr(module, "publish_run", real)
        lose_the_lock(trial)
        assert trial.perform(newer) is Outcome.PUBLISHED
        return real(*arguments)

    monkeypatch.setattr(module, "publish_run", overtaken)
    assert trial.perform(late) is Outcome.SUPERSEDED
    assert trial.current() == newer


def test_a_run_that_comes_late_does_not_turn_readers_back(trial: Trial) -> None:
    late = trial.ask(YESTERDAY)
    newer = trial.publish(TODAY)
    assert trial.perform(late) is Outcome.SUPERSEDED
    found = trial.run(late)
    assert (found["state"], found["failure"]) == ("failed", "superseded")
    publication = trial.api.get("/publication", role="sponsor").json()
    assert (publication["run_id"], publication["stale"]) == (newer, False)
    assert publication["newer_run"] is None


def test_an_earlier_cutoff_that_is_asked_for_later_is_published(trial: Trial) -> None:
    trial.publish(TODAY)
    earlier = trial.publish(YESTERDAY)
    assert trial.current() == earlier


@pytest.mark.proves("ANA-2", kind="fault")
def test_what_changes_while_the_run_reads_is_not_mixed_in(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = trial.publish(TODAY)
    real = snapshot_repository._allocated

    def meanwhile(row: Any) -> Any:
        # Allocations are being read: a child, its relapse, and another child's death arrive.
        if not changed:
            changed.append(True)
            trial.child("S01-7", "6-MP", STARTED)
            status(trial, "S01-7", date(1960, 3, 1), relapsed=True)
            status(trial, "S01-0", date(1960, 1, 9), relapsed=True, repeat=2)
        return real(row)

    changed: list[bool] = []
    monkeypatch.setattr(snapshot_repository, "_allocated", meanwhile)
    run = trial.publish(TODAY)
    assert changed
    assert trial.kept(run) == trial.kept(before)
    assert trial.kept(trial.publish(TODAY)) != trial.kept(before)


def test_the_reading_transaction_cannot_write(trial: Trial) -> None:
    origin = Origin(system("analytics", trial.study), trial.study, "test", DatabaseClock())
    with (
        pytest.raises(DBAPIError, match="read-only"),
        snapshot_repository.snapshot(trial.engine, origin) as work,
    ):
        work.execute(text("UPDATE analytics.run SET state = 'failed'"))


def test_a_run_published_by_another_while_it_computes_is_left_as_it_is(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trial.ask(TODAY)
    real = module.publish_run

    def beaten(*arguments: Any) -> Outcome:
        monkeypatch.setattr(module, "publish_run", real)
        lose_the_lock(trial)
        assert trial.perform(run) is Outcome.PUBLISHED
        return real(*arguments)

    monkeypatch.setattr(module, "publish_run", beaten)
    assert trial.perform(run) is Outcome.KNOWN
    told = trial.database.rows("SELECT count(*) FROM platform.outbox WHERE type = 'run.published'")
    assert told == [(1,)]


def lose_the_lock(trial: Trial) -> None:
    """End the session that holds the study's lock, as a broken network would."""
    trial.database.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_locks"
        " WHERE locktype = 'advisory' AND granted AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())"
    )


def test_a_run_that_is_not_here_is_refused(trial: Trial) -> None:
    with pytest.raises(RunUnknown):
        trial.perform(str(uuid.uuid4()))
