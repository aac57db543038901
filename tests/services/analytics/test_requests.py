"""Asking for a run, over the interface and by the schedule."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.analytics import repository, service
from services.analytics.handlers import NightFailed, ask_for_nights, night_cutoff
from shared.database.unit_of_work import UnitOfWork
from tests.services.analytics.conftest import MakeTrial
from tests.services.analytics.trial import FREIREICH, NCT, TODAY, Trial

PROBLEM = "urn:induct:problem:"


def requested(trial: Trial) -> list[tuple[object, ...]]:
    return trial.database.rows(
        "SELECT study_id, envelope -> 'data' ->> 'run_id', envelope -> 'data' ->> 'cutoff'"
        " FROM platform.outbox WHERE type = 'run.requested' ORDER BY created_at"
    )


def test_a_run_that_is_asked_for_is_pending_and_told_on_the_bus(empty: Trial) -> None:
    made = empty.api.post("/runs", json={"cutoff": "1961-12-31"}, role="statistician")
    assert made.status_code == 202
    run = made.json()
    assert (run["state"], run["cutoff"], run["study"]) == ("pending", "1961-12-31", FREIREICH)
    assert requested(empty) == [(FREIREICH, run["run_id"], "1961-12-31")]
    assert empty.run(run["run_id"]) == run


@pytest.mark.parametrize(
    ("zones", "cutoff"),
    [
        ([], "2025-03-09"),
        (["America/New_York"], "2025-03-09"),
        (["America/New_York", "Europe/Prague"], "2025-03-10"),
    ],
    ids=["no site", "a site to the west", "and one to the east"],
)
def test_without_a_cutoff_it_is_the_day_of_the_request_where_that_is_the_latest(
    empty: Trial, zones: list[str], cutoff: str
) -> None:
    for number, zone in enumerate(zones, start=1):
        empty.site(f"S0{number}", zone)
    at = datetime(2025, 3, 9, 23, 30, tzinfo=UTC)
    made = empty.api.post("/runs", json={}, role="statistician", at=at)
    assert (made.json()["cutoff"], made.json()["requested_at"]) == (cutoff, "2025-03-09T23:30:00Z")


def test_the_same_request_again_is_the_same_run(empty: Trial) -> None:
    def ask(cutoff: str) -> Any:
        return empty.api.post("/runs", json={"cutoff": cutoff}, role="statistician", key="k")

    first, again, other = ask("1961-12-31"), ask("1961-12-31"), ask("1961-12-30")
    assert first.json() == again.json()
    assert len(requested(empty)) == 1
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"cutoff": "1961-02-30"}, "/cutoff"),
        ({"cutoff": "1961-12-31T00:00:00Z"}, "/cutoff"),
        ({"cutoff": 19611231}, "/cutoff"),
        ({"until": "1961-12-31"}, "/until"),
    ],
)
def test_a_request_that_does_not_fit_stores_nothing(
    empty: Trial, body: dict[str, Any], pointer: str
) -> None:
    refused = empty.api.post("/runs", json=body, role="statistician")
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]
    assert empty.database.rows("SELECT count(*) FROM analytics.run") == [(0,)]


@pytest.mark.parametrize(("cutoff", "status"), [("2025-03-10", 202), ("2025-03-11", 422)])
def test_the_cutoff_of_a_live_study_lies_in_nobodys_future(
    empty: Trial, cutoff: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A live study refuses a named time, so that one on training is taken for a live one.
    monkeypatch.setattr(repository, "is_live", lambda work: True)
    # At 11:00 UTC it is the 10th already where the calendar is furthest ahead.
    at = datetime(2025, 3, 9, 11, tzinfo=UTC)
    made = empty.api.post("/runs", json={"cutoff": cutoff}, role="statistician", at=at)
    assert made.status_code == status


@pytest.mark.parametrize(("cutoff", "status"), [("2020-01-01", 202), ("2999-01-01", 422)])
def test_a_live_study_is_known_by_its_mode(empty: Trial, cutoff: str, status: int) -> None:
    with empty.writing().transaction():
        empty.writing().execute("UPDATE platform.study SET mode = 'live'")
    made = empty.api.post("/runs", json={"cutoff": cutoff}, role="statistician")
    assert made.status_code == status


def test_a_simulated_study_may_be_asked_about_its_future(empty: Trial) -> None:
    made = empty.api.post("/runs", json={"cutoff": "2100-01-01"}, role="statistician")
    assert made.status_code == 202


@pytest.mark.parametrize("run", ["0b9f6a1e-5c1f-4b5e-9a39-2f3a51a9d2c7", "not-a-run"])
def test_a_run_that_is_not_here_is_not_found(empty: Trial, run: str) -> None:
    answer = empty.api.get(f"/runs/{run}", role="statistician")
    assert (answer.status_code, answer.json()["type"]) == (404, PROBLEM + "not-found")


def test_a_run_of_another_study_is_not_found(empty: Trial, trial_of: MakeTrial) -> None:
    run = empty.ask()
    assert trial_of(NCT).api.get(f"/runs/{run}", role="statistician").status_code == 404


def test_the_night_asks_once_for_every_active_study_and_cutoff(
    empty: Trial, trial_of: MakeTrial
) -> None:
    trial_of(NCT)
    event = {"cutoff": "2025-03-08"}
    assert ask_for_nights(empty.engine, event) == {"asked": 2, "known": 0}
    assert ask_for_nights(empty.engine, event) == {"asked": 0, "known": 2}
    assert [(study, cutoff) for study, _, cutoff in requested(empty)] == [
        (NCT, "2025-03-08"),
        (FREIREICH, "2025-03-08"),
    ]
    assert ask_for_nights(empty.engine, {"cutoff": "2025-03-09"}) == {"asked": 2, "known": 0}


def test_a_night_is_a_run_like_any_other(freireich: Trial) -> None:
    ask_for_nights(freireich.engine, {"cutoff": TODAY.isoformat()})
    ((_, run, _),) = requested(freireich)
    assert freireich.run(str(run))["nightly"] is True
    freireich.perform(str(run))
    assert freireich.run(str(run))["state"] == "published"


def test_a_night_does_not_stand_in_the_way_of_a_request(empty: Trial) -> None:
    ask_for_nights(empty.engine, {"cutoff": TODAY.isoformat()})
    assert empty.ask() != empty.ask()


def test_a_study_that_is_closed_to_enrolment_keeps_its_nights(empty: Trial) -> None:
    """Its children are followed up for years."""
    with empty.writing().transaction():
        empty.writing().execute("UPDATE platform.study SET state = 'closed'")
    assert ask_for_nights(empty.engine, {}) == {"asked": 1, "known": 0}


def test_one_study_that_fails_does_not_keep_the_others_from_their_night(
    empty: Trial, trial_of: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial_of(NCT)
    real = service.request_night

    def failing(work: UnitOfWork, cutoff: date) -> bool:
        if work.study == NCT:
            raise KeyError
        return real(work, cutoff)

    monkeypatch.setattr(service, "request_night", failing)
    with pytest.raises(NightFailed):
        ask_for_nights(empty.engine, {"cutoff": "2025-03-08"})
    assert [study for study, _, _ in requested(empty)] == [FREIREICH]


@pytest.mark.parametrize(
    ("event", "cutoff"),
    [
        ({}, date(2025, 3, 8)),
        ({"cutoff": "2024-12-31"}, date(2024, 12, 31)),
        ({"time_zone": "Pacific/Auckland"}, date(2025, 3, 9)),
        ({"time_zone": "America/New_York"}, date(2025, 3, 8)),
        # Delivered a day late, it is still the night it was due for.
        ({"time": "2025-03-08T01:00:00Z", "time_zone": "Europe/Prague"}, date(2025, 3, 7)),
        ({"time": "2025-03-08T01:00:00Z", "source": "aws.scheduler"}, date(2025, 3, 7)),
    ],
)
def test_the_cutoff_of_a_night_is_the_day_before_in_the_schedules_zone(
    event: dict[str, str], cutoff: date
) -> None:
    assert night_cutoff(event, datetime(2025, 3, 9, 12, tzinfo=UTC)) == cutoff


@pytest.mark.parametrize("event", [{"cutoff": "yesterday"}, {"time": "noon"}])
def test_an_event_that_cannot_be_read_asks_for_nothing(empty: Trial, event: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"(?i)isoformat"):
        ask_for_nights(empty.engine, event)
    assert requested(empty) == []
