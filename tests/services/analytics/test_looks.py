"""A look that was held: recorded by the unblinded, kept for good, spent from ever after."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from shared.identity.matrix import matrix
from tests.services.analytics.conftest import MakeTrial
from tests.services.analytics.replay import small
from tests.services.analytics.trial import FREIREICH, Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")

DAY0 = date(2024, 1, 29)
CUTOFF = date(2024, 6, 30)
HELD = date(2024, 7, 9)
NOW = datetime(2024, 8, 1, tzinfo=UTC)
UNBLINDED = {"statistician", "dmc"}


def child(nct: Trial, number: int, day: date) -> None:
    """A child whose outcome is known: in four of five negative with INO, in two with ALLR3."""
    arm = "INO" if number % 3 else "ALLR3"
    subject = nct.child(f"S01-{number:03}", arm, day)
    seen = day + timedelta(days=27)
    nct.record(subject, "response", {"assessment_date": seen.isoformat(), "response": "CR"}, seen,
               visit="C1D28")  # fmt: skip
    recovered = {"recovery_date": (day + timedelta(days=28)).isoformat()}
    nct.record(subject, "end_of_treatment", recovered, day + timedelta(days=28), visit="C1D28")
    if number % 5 < (4 if arm == "INO" else 2):
        items = {"sample_id": subject, "sample_date": seen.isoformat(), "method": "RQPCR",
                 "assay_valid": "true", "kind": "NEG", "sensitivity": "0.00001"}  # fmt: skip
        nct.record(subject, "mrd", items, seen, visit="C1D28")


def fill(trial: Trial) -> None:
    trial.site()
    for number in range(30):
        child(trial, number, DAY0)


@pytest.fixture
def trial(trial_of: MakeTrial) -> Trial:
    return trial_of("NCT05748171", fill)


def body(run: str) -> dict[str, str]:
    return {"run": run, "held_on": HELD.isoformat(), "decision": "continue",
            "reason": "Boundary not passed; enrolment goes on."}  # fmt: skip


def record(trial: Trial, of: str, role: str = "dmc", **changes: str) -> Any:
    return trial.api.post("/closed/looks", json=body(of) | changes, role=role, at=NOW)


def boundaries(trial: Trial) -> dict[str, float | None]:
    return {row["category"]: row["value"] for row in trial.rows("closed", statistic="boundary_z")}


def test_what_a_look_rested_on_is_taken_from_its_run(trial: Trial) -> None:
    run = trial.publish(CUTOFF)
    made = record(trial, run)
    assert made.status_code == 201, made.text
    (look,) = made.json()["items"]
    standing = trial.one("closed", "interim_z")
    assert (look["number"], look["information"], look["planned"]) == (1, 30, 100)
    assert look["z"] == standing["value"] is not None
    assert (look["data_cutoff"], look["held_on"]) == (CUTOFF.isoformat(), HELD.isoformat())
    read = trial.api.get("/closed/looks", role="statistician")
    assert read.json() == made.json()
    assert read.headers["cache-control"] == "no-store"


def test_a_look_is_signed_and_the_signature_is_of_what_stands_there(trial: Trial) -> None:
    made = record(trial, trial.publish(CUTOFF)).json()["items"][0]
    assert made["holds"] is True
    assert {name: made["signature"][name] for name in ("name", "role", "meaning")} == {
        "name": "Dmc in Print", "role": "dmc", "meaning": "interim-look-held",
    }  # fmt: skip
    assert trial.api.get("/closed/looks", role="dmc").json()["items"] == [made]
    with trial.writing().transaction():
        trial.writing().execute("ALTER TABLE analytics.look DISABLE TRIGGER append_only")
        trial.writing().execute("UPDATE analytics.look SET decision = 'stop-for-benefit'")
        trial.writing().execute("ALTER TABLE analytics.look ENABLE TRIGGER append_only")
    changed = trial.api.get("/closed/looks", role="dmc").json()["items"]
    assert [each["holds"] for each in changed] == [False]


@pytest.mark.parametrize(
    ("signed_by", "status"),
    [("", 401), ({"role": "dmc", "meaning": "reveal-list"}, 403), ({"role": "sponsor"}, 403)],
)
def test_a_look_that_nobody_entitled_signed_is_not_kept(
    trial: Trial, signed_by: Any, status: int
) -> None:
    told = body(trial.publish(CUTOFF))
    answer = trial.api.post("/closed/looks", json=told, role="dmc", at=NOW, signed_by=signed_by)
    assert answer.status_code == status
    assert trial.api.get("/closed/looks", role="dmc").json() == {"items": []}


def test_later_nights_spend_from_it_and_earlier_cutoffs_do_not_know_it(trial: Trial) -> None:
    record(trial, trial.publish(CUTOFF))
    for number in range(30, 50):
        child(trial, number, date(2024, 7, 1))
    trial.publish(date(2024, 12, 31))
    found = boundaries(trial)
    assert list(found) == ["held 1", "look 2", "now"]
    held = trial.one("closed", "held_z")
    assert (held["convention"]["decision"], held["convention"]["information"]) == ("continue", 30)
    # A night as of the day before the look is as it was.
    trial.publish(HELD - timedelta(days=1))
    assert list(boundaries(trial)) == ["look 1", "look 2", "now"]


def test_no_open_row_file_or_hash_tells_of_a_look(trial: Trial) -> None:
    run = trial.publish(CUTOFF)
    trial.publish(date(2024, 12, 31))
    before = {key: value for key, value in trial.kept(str(trial.current())).items()
              if key[0] == "open"}  # fmt: skip
    record(trial, run)
    after = trial.publish(date(2024, 12, 31))
    assert {k: v for k, v in trial.kept(after).items() if k[0] == "open"} == before


@pytest.mark.parametrize("role", sorted(set(matrix().roles) - UNBLINDED))
def test_nobody_else_records_or_reads_one(trial: Trial, role: str) -> None:
    answers = [record(trial, "0" * 8 + "-0000-0000-0000-" + "0" * 12, role),
               trial.api.get("/closed/looks", role=role)]  # fmt: skip
    assert {each.status_code for each in answers} == {403}


@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"held_on": "2024-06-29"}, 422, "before-cutoff"),
        ({"held_on": "2024-08-03"}, 422, "in-the-future"),
        ({"decision": "stop"}, 422, "/decision"),
        ({"reason": " "}, 422, "/reason"),
        ({"run": "00000000-0000-4000-8000-000000000000"}, 404, "not-found"),
        ({"z": "9"}, 422, "/z"),
    ],
)
def test_what_does_not_fit_is_refused_and_keeps_nothing(
    trial: Trial, changes: dict[str, str], status: int, told: str
) -> None:
    answer = record(trial, trial.publish(CUTOFF), **changes)
    assert answer.status_code == status
    assert told in answer.text
    assert trial.api.get("/closed/looks", role="dmc").json() == {"items": []}


def test_a_run_that_is_not_published_was_looked_at_by_nobody(trial: Trial) -> None:
    assert record(trial, trial.ask(CUTOFF)).status_code == 404


def test_a_second_look_needs_more_data_than_the_first(trial: Trial) -> None:
    run = trial.publish(CUTOFF)
    record(trial, run)
    again = record(trial, run, reason="Once more.")
    assert (again.status_code, again.json()["type"]) == (409, "urn:induct:problem:look-too-early")
    child(trial, 90, DAY0)
    second = record(trial, trial.publish(CUTOFF))
    assert [each["number"] for each in second.json()["items"]] == [2]


def test_without_a_plan_of_looks_there_is_none_to_hold(trial_of: MakeTrial) -> None:
    freireich = trial_of(FREIREICH, small)
    run = freireich.publish()
    refused = freireich.api.post("/closed/looks", json=body(run), role="dmc")
    assert (refused.status_code, refused.json()["type"]) == (
        409, "urn:induct:problem:no-look-planned",
    )  # fmt: skip


def test_a_look_is_kept_for_good_and_the_trail_does_not_tell_what_it_found(trial: Trial) -> None:
    record(trial, trial.publish(CUTOFF))
    for statement in ("UPDATE analytics.look SET decision = 'continue'",
                      "DELETE FROM analytics.look"):  # fmt: skip
        with pytest.raises(psycopg.errors.Error), trial.writing().transaction():
            trial.writing().execute(statement.encode())
    kept = trial.database.rows(
        "SELECT field, new_value, reason FROM platform.audit WHERE table_name = 'analytics.look'"
    )
    told = {str(field): value for field, value, _ in kept}
    assert told["information"] == "30"
    assert not {"z", "decision", "reason", "salt"} & told.keys()
    assert "Boundary not passed" not in str(kept)
