"""What derivations ask: a note of a rule pack becomes a query or a departure, and goes with it."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.assessments.domain import packs
from services.assessments.domain.derived_queries import notes
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


def test_a_note_of_a_derivation_is_asked_about_at_the_record_it_rests_on(
    trial: Trial, sample: dict[str, Any]
) -> None:
    (query,) = (q for q in asked(trial) if q["check_id"].endswith("query_value_below_sensitivity"))
    assert query["check_id"].startswith("mrd_status:M1")
    assert (query["record_id"], query["form"]) == (sample["record_id"], "mrd")
    assert (query["state"], query["check_version"]) == ("open", "1.0.0")
    assert "0.00001" not in query["text"]


def test_the_query_closes_when_the_derivation_says_so_no_more(
    trial: Trial, sample: dict[str, Any]
) -> None:
    assert trial.correct(sample, {"fraction": "0.002"}).is_success
    closed = [q for q in asked(trial) if q["check_id"].endswith("query_value_below_sensitivity")]
    assert [(q["state"], q["last_action"]) for q in closed] == [("closed", "auto-close")]


def test_what_a_person_let_stand_is_not_asked_again_until_the_values_change(
    trial: Trial, sample: dict[str, Any]
) -> None:
    (query,) = (q for q in asked(trial) if q["check_id"].endswith("query_value_below_sensitivity"))
    closed = trial.api.post(
        f"/queries/{query['query_id']}/close", json={"reason": "As reported"}, role="data_manager"
    )
    assert closed.is_success
    count = len(asked(trial))
    second = trial.correct(sample, {"laboratory": "Prague"}).json()
    assert len(asked(trial)) == count
    assert trial.correct(second, {"fraction": "0.00002"}).is_success
    assert len(asked(trial)) == count + 1


def test_every_note_of_the_packs_that_asks_or_departs_has_words() -> None:
    folder = Path(str(packs.__file__)).parent
    code = "".join(path.read_text("utf-8") for path in sorted(folder.rglob("*.py")))
    used = set(re.findall(r"\b(?:query|deviation)_[a-z_]+\b", code))
    assert used
    assert used == set(notes())
