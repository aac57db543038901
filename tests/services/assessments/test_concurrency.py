"""Writers and readers at the same time, made to meet by locks and not by chance."""

from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx

from services.assessments import service
from services.assessments.schemas import Correction
from shared.clock import DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.identity.principal import Principal
from tests.services.assessments.support import COUNTS, Trial

HOLD_SUBJECTS = "SELECT 1 FROM assessments.subject FOR UPDATE"
HOLD_POSITION = "SELECT 1 FROM assessments.commit_position FOR UPDATE"
SHARE_POSITION = "SELECT 1 FROM assessments.commit_position FOR SHARE"


def correction(
    trial: Trial, record: dict[str, Any], value: str
) -> Coroutine[Any, Any, httpx.Response]:
    body = {"items": {"neutrophils": value}, "reason": "Data entry error"}
    headers = {"If-Match": f'"{record["version"]}"'}
    return trial.api.call("PUT", trial.path(record), json=body, headers=headers)


def entry(
    trial: Trial, items: dict[str, str], subject: str = "S01-001", repeat: int = 1
) -> Coroutine[Any, Any, httpx.Response]:
    body = {"form": "blood_count", "visit": "C1D28", "repeat": repeat, "items": items}
    return trial.api.call("POST", f"/subjects/{subject}/assessments", json=body)


def test_of_two_corrections_of_one_version_one_is_made_and_one_fails(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    calls = [correction(trial, made, value) for value in ("1.5", "1.6")]
    answers = trial.while_held(HOLD_SUBJECTS, calls)
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert trial.read(made).json() == winner.json()
    assert winner.json()["version"] == 2


def test_of_two_entries_of_one_record_one_is_new_and_the_other_is_compared(trial: Trial) -> None:
    trial.enrol()
    equal = trial.while_held(HOLD_SUBJECTS, [entry(trial, COUNTS), entry(trial, COUNTS)])
    assert sorted(answer.status_code for answer in equal) == [200, 201]
    assert equal[0].json() == equal[1].json()
    differing = [entry(trial, COUNTS | {"neutrophils": v}, repeat=2) for v in ("1", "2")]
    answers = trial.while_held(HOLD_SUBJECTS, differing)
    assert sorted(answer.status_code for answer in answers) == [201, 409]


def test_parallel_writers_of_a_study_are_numbered_and_timed_in_one_order(trial: Trial) -> None:
    subjects = [trial.enrol(f"S01-00{number}") for number in range(1, 5)]
    calls = [entry(trial, COUNTS, subject, repeat) for subject in subjects for repeat in (1, 2)]
    # One writer of each subject has all but its last step done when the position is set free, the
    # other waits for that one.
    answers = trial.while_held(HOLD_POSITION, calls)
    assert [answer.status_code for answer in answers] == [201] * 8
    rows = trial.database.rows(
        "SELECT position, recorded_at FROM assessments.record_version ORDER BY position"
    )
    assert [row[0] for row in rows] == list(range(1, 13))
    instants = [row[1] for row in rows]
    assert all(a < b for a, b in pairwise(instants))  # type: ignore[operator]


def test_a_reader_waits_for_a_writer_that_has_its_position_already(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    with ThreadPoolExecutor(1) as pool:
        with writing(trial) as work:
            body = Correction(items={"neutrophils": "1.5"}, reason="Data entry error")
            pending = service.correct(work, "S01-001", made["record_id"], '"1"', body)
            instant = trial.clock()
            assert pending.recorded_at < instant
            reading = pool.submit(trial.read, made, params={"as_of": instant.isoformat()})
            trial.await_blocked(1)
        first = reading.result()
    assert first.json()["items"]["neutrophils"] == "1.5"
    assert first.json()["as_of_position"] == pending.as_of_position
    trial.correct(first.json(), {"neutrophils": "1.7"})
    again = trial.read(made, params={"as_of": instant.isoformat()})
    assert again.json() == first.json()


def test_a_reader_of_now_waits_for_nobody_and_sees_what_is_committed(trial: Trial) -> None:
    trial.enrol()
    made = trial.counts()
    with writing(trial) as work:
        body = Correction(items={"neutrophils": "1.5"}, reason="Data entry error")
        service.correct(work, "S01-001", made["record_id"], '"1"', body)
        assert trial.read(made).json() == made


def test_a_writer_is_recorded_after_every_instant_that_was_read_while_it_waited(
    trial: Trial,
) -> None:
    trial.enrol()
    made = trial.counts()
    seen: list[datetime] = []
    answers = trial.while_held(
        SHARE_POSITION, [correction(trial, made, "1.5")], lambda: seen.append(trial.clock())
    )
    assert datetime.fromisoformat(answers[0].json()["recorded_at"]) > seen[0]


@contextmanager
def writing(trial: Trial) -> Iterator[UnitOfWork]:
    """A transaction of the service that another process is in the middle of."""
    study = trial.api.study
    writer = Principal(
        "nurse-7", "coordinator", frozenset({study}), frozenset({"S01"}), frozenset()
    )
    origin = Origin(writer, study, "request-of-another", DatabaseClock())
    engine = blocking_engine(trial.database.url("induct_assessments"), pool_size=1)
    try:
        with engine.connect() as connection, begin(connection, origin) as work:
            yield work
    finally:
        engine.dispose()
