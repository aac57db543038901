"""Derivations are read with what explains them, now and as of any instant."""

from datetime import timedelta

import pytest

from tests.services.assessments.derivations.story import (
    DOSE,
    RANDOMIZED,
    SUBJECT,
    enter,
    faces,
    listed,
    read,
    treat,
)
from tests.services.assessments.support import Trial


@pytest.mark.proves("ASM-4", kind="positive")
def test_a_derivation_explains_itself_in_words_and_as_a_trace(trial: Trial) -> None:
    records = treat(trial)
    told = read(trial, "mrd_status:S1").json()
    assert told["explanation"].startswith("mrd_status:S1: NEGATIVE. Status final.\n")
    assert "Decided by rule rqpcr." in told["explanation"]
    assert "0.000099" in told["explanation"]
    assert told["outcomes"] == ["P1", "S1", "S2"]
    trace = told["trace"]
    assert trace["rule"] == "rqpcr"
    assert trace["tried"][0]["rule"] == "rqpcr"
    assert trace["tried"][0]["holds"] is True
    (used,) = trace["inputs"]
    assert (used["form"], used["record_id"]) == ("mrd", records["mrd"]["record_id"])
    assert used["version"] == 1
    assert {"fraction", "sensitivity", "kind"} <= set(used["items"])
    assert trace["pack"]["id"] == "mrd"
    assert len(trace["pack"]["sha256"]) == 64


def test_an_endpoint_tells_its_row_of_the_time_to_event_data(trial: Trial) -> None:
    records = treat(trial)
    enter(
        trial,
        "survival_status",
        {"contact_date": "2024-08-01", "status": "DEAD", "death_date": "2024-07-30"},
        "FU06",
    )
    row = read(trial, "OS").json()["trace"]["details"]
    assert (row["STARTDT"], row["ADT"], row["CNSR"], row["EVNTDESC"]) == (
        "2024-01-29", "2024-07-30", 0, "Death",
    )  # fmt: skip
    assert row["SRCDOM"] == "survival_status"
    assert records


def test_versions_tell_who_moved_it_from_what_to_what(trial: Trial) -> None:
    records = treat(trial)
    trial.correct(records["mrd"], {"fraction": "0.0001"}, role="coordinator")
    versions = read(trial, "mrd_status:S1").json()["versions"]
    assert [(v["version"], v["value"], v["cause"]) for v in versions] == [
        (1, "NEGATIVE", "data"),
        (2, "POSITIVE", "data"),
    ]
    assert versions[1]["role"] == "coordinator"
    assert versions[0]["recorded_at"] < versions[1]["recorded_at"]


def test_the_derivations_of_an_instant_never_change(trial: Trial) -> None:
    records = treat(trial)
    at = {"as_of": trial.clock().isoformat()}
    before = listed(trial, params=at)
    assert before == listed(trial)
    explained = read(trial, "mrd_status:S1", params=at)
    trial.correct(records["mrd"], {"fraction": "0.0001"})
    enter(trial, "new_anticancer_therapy",
          {"start_date": "2024-02-20", "therapy_class": "SALVAGE"})  # fmt: skip
    assert faces(trial)["eot"] == ("2024-02-19", "final", None)
    assert listed(trial, params=at) == before
    assert read(trial, "mrd_status:S1", params=at).content == explained.content


def test_before_anything_was_recorded_there_is_no_derivation(trial: Trial) -> None:
    trial.register()
    at = {"as_of": trial.clock().isoformat()}
    treat_later = faces(trial, params=at)
    assert treat_later == {}
    future = {"as_of": (trial.clock() + timedelta(days=1)).isoformat()}
    path = f"/subjects/{SUBJECT}/derivations"
    refused = trial.api.get(path, params=future)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "in-the-future"


def test_pages_go_through_all_derivations_once(trial: Trial) -> None:
    treat(trial)
    names: list[str] = []
    after = ""
    while after is not None:
        params = {"limit": 7, "after": after}
        page = trial.api.get(f"/subjects/{SUBJECT}/derivations", params=params).json()
        names += [item["derivation"] for item in page["items"]]
        after = page["next"]
    assert sorted(names) == sorted(listed(trial))
    assert len(names) == len(set(names))


def test_what_is_not_there_or_of_another_site_is_not_found(trial: Trial) -> None:
    trial.enrol()
    trial.randomize(at=RANDOMIZED)
    enter(trial, "dosing", DOSE, "C1D1")
    found = read(trial, "day1")
    assert found.status_code == 200
    path = found.request.url.path.split("/studies/NCT05748171")[1]
    elsewhere = trial.api.get(path, sites=["S02"])
    absent = trial.api.get(f"/subjects/{SUBJECT}/derivations/00000000-0000-4000-8000-000000000000")
    assert elsewhere.status_code == absent.status_code == 404
    assert elsewhere.json() == absent.json()
    assert trial.api.get("/subjects/S09-001/derivations").status_code == 404
