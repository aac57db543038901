"""What derivations ask: a note of a rule pack becomes a query or a departure, and goes with it."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.assessments.domain import packs
from services.assessments.domain.derived_notes import notes
from tests.services.assessments.support import Trial

MRD = {
    "sample_id": "M1", "sample_date": "2024-02-25", "material": "BM", "method": "RQPCR",
    "assay_valid": True, "kind": "QUANT", "fraction": "0.00001", "sensitivity": "0.001",
}  # fmt: skip


@pytest.fixture
def sample(trial: Trial) -> dict[str, Any]:
    """A quantified value below what the assay can detect."""
    trial.enrol()
    trial.randomize()
    made = trial.record("mrd", MRD, visit="C1D28")
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def asked(trial: Trial) -> list[dict[str, Any]]:
    listed = trial.api.get("/queries", role="data_manager").json()["items"]
    return [each for each in listed if each["origin"] == "derivation"]


def of(trial: Trial, check_id: str) -> list[dict[str, Any]]:
    return [each for each in asked(trial) if each["check_id"] == check_id]


def test_a_note_of_a_derivation_is_asked_about_at_the_record_it_rests_on(
    trial: Trial, sample: dict[str, Any]
) -> None:
    (query,) = of(trial, "mrd/query_value_below_sensitivity:M1")
    assert (query["record_id"], query["form"]) == (sample["record_id"], "mrd")
    assert (query["state"], query["check_version"]) == ("open", "1.0.0")
    assert "0.00001" not in query["text"]


def test_the_query_closes_when_the_derivation_says_so_no_more(
    trial: Trial, sample: dict[str, Any]
) -> None:
    assert trial.correct(sample, {"fraction": "0.002"}).is_success
    closed = of(trial, "mrd/query_value_below_sensitivity:M1")
    assert [(q["state"], q["last_action"]) for q in closed] == [("closed", "auto-close")]


def test_what_a_person_let_stand_is_not_asked_again_until_the_values_change(
    trial: Trial, sample: dict[str, Any]
) -> None:
    (query,) = of(trial, "mrd/query_value_below_sensitivity:M1")
    closed = trial.api.post(
        f"/queries/{query['query_id']}/close", json={"reason": "As reported"}, role="data_manager"
    )
    assert closed.is_success
    count = len(asked(trial))
    second = trial.correct(sample, {"laboratory": "Prague"}).json()
    assert len(asked(trial)) == count
    assert trial.correct(second, {"fraction": "0.00002"}).is_success
    assert len(asked(trial)) == count + 1


def test_an_incomplete_date_is_asked_about_once_at_its_item_and_closes_when_it_is_whole(
    trial: Trial, sample: dict[str, Any]
) -> None:
    therapy = {"start_date": "2024-02", "therapy_class": "SALVAGE"}
    made = trial.record("new_anticancer_therapy", therapy)
    assert made.status_code == 201, made.text
    (query,) = of(trial, "notes/query_partial_date")
    assert (query["form"], query["item"]) == ("new_anticancer_therapy", "start_date")
    assert query["record_id"] == made.json()["record_id"]
    assert trial.correct(made.json(), {"start_date": "2024-03-02"}).is_success
    (query,) = of(trial, "notes/query_partial_date")
    assert (query["state"], query["last_action"]) == ("closed", "auto-close")


def test_an_incomplete_date_that_a_person_let_stand_is_asked_again_only_when_it_changes(
    trial: Trial, sample: dict[str, Any]
) -> None:
    therapy = {"start_date": "2024-02", "therapy_class": "SALVAGE"}
    made = trial.record("new_anticancer_therapy", therapy).json()
    (query,) = of(trial, "notes/query_partial_date")
    trial.api.post(
        f"/queries/{query['query_id']}/close", json={"reason": "Not known"}, role="data_manager"
    )
    assert trial.correct(sample, {"fraction": "0.002"}).is_success
    assert len(of(trial, "notes/query_partial_date")) == 1
    assert trial.correct(made, {"start_date": "2024"}).is_success
    assert len(of(trial, "notes/query_partial_date")) == 2


def test_what_two_derivations_ask_of_one_thing_is_asked_once(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    ended = trial.record("end_of_treatment", {"recovery_date": "2024-02-26"}, visit="C1D28")
    assert ended.status_code == 201, ended.text
    assert len(of(trial, "response/query_response_missing")) == 1
    checks = [query["check_id"] for query in asked(trial)]
    assert len(checks) == len(set(checks))


def test_a_death_without_a_date_is_asked_about_by_its_check_alone(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    dead = {"contact_date": "2024-05-01", "status": "DEAD"}
    assert trial.record("survival_status", dead, visit="FU06").status_code == 201
    assert of(trial, "notes/query_partial_date") == []
    queries = trial.api.get("/queries", role="data_manager").json()["items"]
    assert [q["item"] for q in queries if q["check_id"] == "SURV-01"] == ["death_date"]


DOSE = {"product": "INO", "dose_date": "2024-01-30", "given": True}


def test_a_new_record_of_something_else_asks_nothing_again(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    ended = trial.record("end_of_treatment", {"recovery_date": "2024-02-26"}, visit="C1D28")
    assert ended.status_code == 201, ended.text
    before = asked(trial)
    assert before
    # Only one arm has such samples: who must not know the arm must not see that one came.
    taken = trial.record("pk_sample", PK, visit="C1D15")
    assert taken.status_code == 201, taken.text
    assert asked(trial) == before


PK = {
    "sample_date": "2024-02-13", "timepoint": "PRE_DOSE", "below_quantification": True,
    "quantification_limit": "1",
}  # fmt: skip


def test_a_sample_without_its_dose_is_taken_and_asked_about_at_the_sample(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    times = {"start_time": "2024-01-30T10:00:00Z", "end_time": "2024-01-30T10:20:00Z"}
    assert trial.record("dosing", DOSE | times, visit="C1D1").status_code == 201
    taken = trial.record("pk_sample", PK, visit="C1D15")
    assert taken.status_code == 201, taken.text
    listed = trial.api.get("/queries", role="statistician").json()["items"]
    (query,) = (q for q in listed if "query_sample_without_dose" in str(q["check_id"]))
    assert (query["form"], query["record_id"]) == ("pk_sample", taken.json()["record_id"])
    checks = [q["check_id"] for q in listed if q["origin"] == "derivation"]
    assert len(checks) == len(set(checks))


def test_what_a_sample_asks_is_asked_once_though_its_peak_rests_on_it(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    times = {"start_time": "2024-01-30T10:00:00Z", "end_time": "2024-01-30T11:00:00Z"}
    assert trial.record("dosing", DOSE | times, visit="C1D1").status_code == 201
    sample = {
        "sample_date": "2024-01-30", "sample_time": "2024-01-30T10:30:00Z",
        "timepoint": "END_OF_INFUSION", "concentration": "300", "below_quantification": False,
    }  # fmt: skip
    assert trial.record("pk_sample", sample, visit="C1D1").status_code == 201
    listed = trial.api.get("/queries", role="statistician").json()["items"]
    assert len([q for q in listed if "before_end_of_infusion" in str(q["check_id"])]) == 1


def test_every_note_of_the_packs_that_asks_or_departs_has_words() -> None:
    folder = Path(str(packs.__file__)).parent
    code = "".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))
    used = set(re.findall(r"\b(?:query|deviation)_[a-z_]+\b", code))
    assert used
    assert used == set(notes())
