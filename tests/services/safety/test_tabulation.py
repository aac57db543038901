"""Tabulations for a DSUR over HTTP: pooled for most, by treatment for those who may know it."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from services.safety.e2b.terminology import configured
from tests.services.safety.e2b.terminology.dictionaries import CURRENT, write_meddra
from tests.services.safety.life import Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
MARCH = "first_day=2026-03-01&last_day=2026-03-31"
POOLED, CLOSED = f"/safety-summary?{MARCH}", f"/closed/safety-summary?{MARCH}"


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    """A child's febrile neutropenia of February."""
    return Life(api, report)


@pytest.fixture
def meddra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(configured.FOLDER_VARIABLE, str(write_meddra(tmp_path)))


@pytest.fixture
def other(api: ApiClient, report: Body) -> None:
    """Another child's event of March, under the other treatment."""
    told = {
        "subject": "S02-001", "site": "S02", "suspect_product": "DEX", "grade": 3,
        "event_term": "Leukocytosis", "received_at": "2026-03-10T12:00:00+01:00",
        "aware_at": "2026-03-10T09:00:00+01:00", "onset_on": "2026-03-09",
    }  # fmt: skip
    answer = api.post("/cases", json=report | told, at=on(30), role="safety_desk")
    assert answer.status_code == 201, answer.text


def dosed(trial: Trial) -> None:
    for subject, product in (("S01-001", "INO"), ("S02-001", "DEX")):
        items = {"dose_date": "2026-02-10", "given": "true", "product": product}
        trial.record(items, subject=subject, form="dosing")


def read(api: ApiClient, where: str, role: str) -> Body:
    answer = api.get(where, role=role, at=on(40))
    assert answer.status_code == 200, answer.text
    found: Body = answer.json()
    return found


def table(api: ApiClient, where: str, role: str) -> list[dict[str, str]]:
    answer = api.get(where + "&format=csv", role=role, at=on(40))
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.usefixtures("life", "other")
def test_the_summary_counts_serious_events_by_term_cumulative_and_in_the_interval(
    api: ApiClient, report: Body
) -> None:
    gone = Life(api, report, event_term="Anemia", grade=4)
    gone.nullify(on(1), reason_code="invalid")
    found = read(api, POOLED, "medical_monitor")
    items = found["items"]
    assert [(each["term"], each["cumulative"], each["interval"]) for each in items] == [
        ("Febrile neutropenia", 1, 0),
        ("Leukocytosis", 1, 1),
    ]
    assert items[1]["susars_in_interval"] == {"EU": 1, "UK": 1, "US": 1}
    assert items[0]["organ_class"] == "Blood and lymphatic system disorders"
    everything = found["totals"][0]
    assert (everything["organ_class"], everything["cumulative_subjects"]) == (None, 2)
    rows = table(api, POOLED, "medical_monitor")
    assert [row["Term"] for row in rows] == ["All", "All", "Febrile neutropenia", "Leukocytosis"]
    assert rows[3]["SUSAR in interval, EU"] == "1"


@pytest.mark.parametrize(
    ("where", "role"), [("/safety-summary", "auditor"), ("/closed/safety-summary", "dmc")]
)
def test_an_interval_that_ends_before_it_begins_is_refused(
    api: ApiClient, where: str, role: str
) -> None:
    wrong = api.get(f"{where}?first_day=2026-03-02&last_day=2026-03-01", role=role)
    assert wrong.json()["errors"][0]["code"] == "before-first"


@pytest.mark.usefixtures("life")
def test_without_a_dictionary_nothing_is_coded_and_the_table_says_so(api: ApiClient) -> None:
    found = read(api, POOLED, "safety_desk")
    assert found["terminology"] is None
    assert not found["items"][0]["coded"]
    assert table(api, POOLED, "safety_desk")[2]["Coding"] == "not coded"
    page = api.get(POOLED + "&format=html", role="safety_desk", at=on(40)).text
    assert "Not coded: no MedDRA version is loaded." in page


@pytest.mark.usefixtures("meddra", "other")
def test_a_coded_event_counts_by_preferred_term_and_primary_class(
    life: Life, api: ApiClient
) -> None:
    life.post("/codings", {"event": "1", "code": CURRENT, "reason": "coded by hand"}, on(1))
    found = read(api, POOLED, "safety_desk")
    assert found["terminology"] == "28.1"
    assert {(each["organ_class"], each["term"], each["coded"]) for each in found["items"]} == {
        ("Imaginary disorders", "Purple liver", True),
        ("Blood and lymphatic system disorders", "Leukocytosis", False),
    }
    codings = {row["Term"]: row["Coding"] for row in table(api, POOLED, "safety_desk")}
    assert codings == {"All": "", "Purple liver": "MedDRA 28.1", "Leukocytosis": "not coded"}
    life.follow_up(on(2), event_term="Anemia")
    again = {each["term"]: each["coded"] for each in read(api, POOLED, "safety_desk")["items"]}
    assert again == {"Anemia": False, "Leukocytosis": False}, "it is called otherwise now"


@pytest.mark.usefixtures("life", "other")
def test_by_treatment_each_event_stands_in_the_column_of_what_the_child_received(
    trial: Trial, api: ApiClient
) -> None:
    before = read(api, CLOSED, "statistician")
    assert [each["treated"] for each in before["treatments"]] == [0, 0, 0]
    everything = before["totals"][0]["counts"]
    assert [each["cumulative"] for each in everything] == [0, 0, 2]
    dosed(trial)
    found = read(api, CLOSED, "dmc")
    assert {each["code"]: each["treated"] for each in found["treatments"]} == {
        "INO": 1, "ALLR3": 1, "NONE": 0,
    }  # fmt: skip
    counted = {
        (each["term"], count["treatment"]): (count["cumulative"], count["interval"])
        for each in found["items"]
        for count in each["counts"]
        if count["cumulative"]
    }
    assert counted == {("Febrile neutropenia", "INO"): (1, 0), ("Leukocytosis", "ALLR3"): (1, 1)}
    rows = table(api, CLOSED, "statistician")
    assert [(row["INO, events"], row["ALLR3, events in interval"]) for row in rows] == [
        ("1", "1"), ("1", "1"), ("1", "0"), ("0", "1"),
    ]  # fmt: skip
    page = api.get(CLOSED + "&format=html", role="dmc", at=on(40)).text
    assert "CONFIDENTIAL: results by arm." in page


@pytest.mark.usefixtures("life")
def test_a_dose_that_was_not_given_or_came_after_the_last_day_treats_nobody(
    trial: Trial, api: ApiClient
) -> None:
    trial.record({"dose_date": "2026-02-10", "given": "false", "product": "DEX"}, form="dosing")
    trial.record(
        {"dose_date": "2026-04-01", "given": "true", "product": "INO"}, form="dosing", repeat=2
    )
    found = read(api, CLOSED, "statistician")
    assert [each["treated"] for each in found["treatments"]] == [0, 0, 0]
    assert read(api, POOLED, "auditor")["treated"] == 0


@pytest.mark.usefixtures("life", "other")
def test_results_by_treatment_are_for_those_who_may_know_them_and_each_read_is_written_down(
    trial: Trial, api: ApiClient, database: TestDatabase
) -> None:
    dosed(trial)
    for role in ("safety_desk", "medical_monitor", "investigator", "auditor", "sponsor", "admin"):
        assert api.get(CLOSED, role=role).status_code == 403
    read(api, CLOSED, "statistician")
    assert database.rows(
        "SELECT operation, actor_role FROM safety.unblinded_read"
        " WHERE operation = 'safety.read_summary_by_treatment'"
    ) == [("safety.read_summary_by_treatment", "statistician")]


@pytest.mark.usefixtures("life", "other")
def test_the_pooled_summary_is_the_same_to_a_byte_whichever_treatment_each_child_received(
    trial: Trial, api: ApiClient
) -> None:
    dosed(trial)
    forms = ("", "&format=csv", "&format=html")
    seen = [api.get(POOLED + form, role="medical_monitor", at=on(40)).content for form in forms]
    swapped = {"S01-001": "DEX", "S02-001": "INO"}
    for subject, product in swapped.items():
        items = {"dose_date": "2026-02-09", "given": "true", "product": product}
        trial.record(items, subject=subject, form="dosing", repeat=2)
    assert read(api, CLOSED, "dmc")["items"][0]["counts"][0]["cumulative"] == 0
    again = [api.get(POOLED + form, role="medical_monitor", at=on(40)).content for form in forms]
    assert seen == again
