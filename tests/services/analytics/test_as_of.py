"""A night run again as of a past instant: what was recorded since is not known to it."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.analytics import run as module
from services.analytics.run import Outcome
from services.analytics.snapshot_repository import read_study, snapshot
from shared.clock import DatabaseClock
from shared.database.unit_of_work import Origin
from shared.identity.principal import system
from tests.services.analytics.replay import STARTED, status
from tests.services.analytics.trial import TODAY, Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")


def now(trial: Trial) -> datetime:
    """By the clock that records are stamped with."""
    instant: Any = trial.database.rows("SELECT clock_timestamp()")[0][0]
    return instant.astimezone(UTC)  # type: ignore[no-any-return]


def asked(trial: Trial, as_of: datetime | str, cutoff: date = TODAY) -> Any:
    told = as_of if isinstance(as_of, str) else as_of.isoformat()
    body = {"cutoff": cutoff.isoformat(), "as_of": told}
    return trial.api.post("/runs", json=body, role="statistician")


def rerun(trial: Trial, as_of: datetime) -> str:
    made = asked(trial, as_of)
    assert made.status_code == 202, made.text
    run = str(made.json()["run_id"])
    assert trial.perform(run) is Outcome.PUBLISHED
    return run


def record_more(trial: Trial) -> None:
    """A date that turns out to be another, and a second look at a child."""
    ((record,),) = trial.database.rows(
        "SELECT record_id FROM assessments.record WHERE subject_id = 'S01-0'"
    )
    seen = date(1960, 3, 1)
    trial.correct(record, "S01-0", {"status_date": seen.isoformat()}, seen, version=2)  # type: ignore[arg-type]
    status(trial, "S01-2", date(1960, 1, 20), relapsed=True, repeat=2)


def test_an_old_night_run_again_has_the_same_bytes_and_readers_stay_where_they_are(
    trial: Trial,
) -> None:
    first = trial.publish()
    then = now(trial)
    record_more(trial)
    second = trial.publish()
    assert trial.kept(second) != trial.kept(first)
    again = rerun(trial, then)
    assert trial.kept(again) == trial.kept(first)
    assert trial.stored_rows(again) == trial.stored_rows(first)
    assert trial.counted_rows(again) == trial.counted_rows(first) != trial.counted_rows(second)
    assert trial.current() == second
    assert trial.run(again)["inputs_hash"] == trial.run(first)["inputs_hash"]
    told = trial.database.rows(
        "SELECT envelope -> 'data' ->> 'run_id' FROM platform.outbox WHERE type = 'run.published'"
    )
    assert sorted(told) == sorted([(first,), (second,)])


def test_a_night_names_its_snapshot_and_is_the_same_as_of_it_whatever_came_while_it_computed(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.compute

    def computing(*read: Any) -> Any:
        record_more(trial)
        return real(*read)

    with monkeypatch.context() as patched:
        patched.setattr(module, "compute", computing)
        night = trial.run(trial.publish())
    ((name,),) = trial.database.rows(
        "SELECT snapshot FROM analytics.run WHERE run_id = %s", night["run_id"]
    )
    assert re.fullmatch(r"\d+:\d+:[\d,]*", str(name))
    assert night["started_at"] <= night["read_at"] <= night["finished_at"]
    again = trial.run(rerun(trial, datetime.fromisoformat(night["read_at"])))
    assert again["inputs_hash"] == night["inputs_hash"]
    assert trial.kept(again["run_id"]) == trial.kept(night["run_id"])
    assert trial.counted_rows(again["run_id"]) == trial.counted_rows(night["run_id"])
    assert trial.run(rerun(trial, now(trial)))["inputs_hash"] != night["inputs_hash"]


def test_whoever_names_the_run_reads_all_of_it(trial: Trial) -> None:
    then = now(trial)
    run = rerun(trial, then)
    assert trial.api.get("/results", role="sponsor").status_code == 404
    found = trial.api.get("/results", role="sponsor", params={"run": run, "limit": 1}).json()
    assert (found["run_id"], found["stale"]) == (run, True)
    for path in ("/figures/REMDUR.svg", "/reports/open.html", "/datasets/adtte.csv"):
        assert trial.api.get(f"{path}?run={run}", role="sponsor").status_code == 200
    for path in ("/closed/figures/REMDUR.svg", "/closed/reports/closed.pdf"):
        assert trial.api.get(f"{path}?run={run}", role="dmc").status_code == 200
    told = trial.run(run)["as_of"]
    assert datetime.fromisoformat(told) == then


def test_as_of_now_is_all_that_is_recorded(freireich: Trial) -> None:
    origin = Origin(system("analytics", freireich.study), freireich.study, "t", DatabaseClock())
    with snapshot(freireich.engine, origin) as work:
        assert read_study(work, now(freireich)) == read_study(work)


def test_what_became_known_later_is_not_known(nct: Trial) -> None:
    nct.child("S01-001", "INO", date(2024, 1, 29))
    then = now(nct)
    nct.child("S01-002", "ALLR3", then + timedelta(hours=1))
    with nct.writing().transaction():
        nct.writing().execute(
            "INSERT INTO randomization.corrected_stratum VALUES"
            " (%s, 'S01-001', 'S01', 1, 'other', '{}', 'test', 'test', now())", (nct.study,)
        )  # fmt: skip
        nct.writing().execute(
            "INSERT INTO randomization.in_error VALUES"
            " (%s, 'S01-001', 'S01', 'other', 'test', 'test', now(), 0)", (nct.study,)
        )  # fmt: skip
    origin = Origin(system("analytics", nct.study), nct.study, "t", DatabaseClock())
    with snapshot(nct.engine, origin) as work:
        before, after = read_study(work, then), read_study(work)
    assert [each.subject for each in before.allocated] == ["S01-001"]
    assert list(before.registered) == ["S01-001"]
    assert (before.allocated[0].corrected_stratum, before.allocated[0].in_error) == (None, False)
    assert (after.allocated[0].corrected_stratum, after.allocated[0].in_error) == ("other", True)
    assert len(after.registered) == len(after.allocated) == 2


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        ("2090-01-01T00:00:00Z", "in-the-future"),
        ("2024-01-01T00:00:00", "/as_of"),
    ],
)
def test_an_instant_at_which_nothing_can_be_known_is_refused(
    trial: Trial, as_of: str, code: str
) -> None:
    answer = asked(trial, as_of)
    assert answer.status_code == 422
    assert code in answer.text
    assert trial.api.get("/runs", role="statistician").json()["items"] == []


def test_such_a_run_makes_no_publication_stale_or_newer(trial: Trial) -> None:
    run = trial.publish()
    waiting = asked(trial, now(trial)).json()["run_id"]
    child = trial.child("S01-9", "no such arm", STARTED)
    status(trial, child, date(1960, 2, 1), relapsed=True)
    failing = asked(trial, now(trial)).json()["run_id"]
    with pytest.raises(ValueError, match="unknown arm"):
        trial.perform(failing)
    found = trial.api.get("/publication", role="sponsor").json()
    assert (found["run_id"], found["stale"], found["newer_run"]) == (run, False, None)
    assert trial.run(waiting)["state"] == "pending"
    assert trial.run(failing)["state"] == "failed"
