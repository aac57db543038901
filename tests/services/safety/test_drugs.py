"""The sponsor's dictionaries over HTTP, and the codes of drugs taken beside the treatment."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from services.safety.e2b.parse import parse
from services.safety.e2b.terminology.configured import (
    DRUGS_VARIABLE,
    DRUGS_VERSION_VARIABLE,
    FOLDER_VARIABLE,
)
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b.terminology.dictionaries import write_meddra, write_whodrug
from tests.services.safety.life import Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
SEARCH = "/dictionaries/whodrug?words=imab"


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    return Life(api, report)


@pytest.fixture
def whodrug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(DRUGS_VARIABLE, str(write_whodrug(tmp_path)))
    monkeypatch.setenv(DRUGS_VERSION_VARIABLE, "2026-03")
    return tmp_path


@pytest.fixture
def drug(trial: Trial) -> str:
    """A medication that the child took when the event began."""
    items = {"medication": "purplimab 5 mg", "start_date": "2026-02"}
    return str(trial.record(items, form="concomitant_medication"))


def code(life: Life, record: str, status: int = 201, **changes: str) -> Body:
    body = {"record_id": record, "code": "000001", "version": "2026-03", "reason": "as labelled"}
    return life.post("/drug-codings", body | changes, on(1), status)


def concomitants(life: Life, role: str = "safety_desk") -> Body:
    return life.read(query="/concomitants", role=role, at=on(2))


@pytest.mark.usefixtures("whodrug")
def test_a_drug_is_found_by_words_of_its_name_in_the_version_that_is_loaded(api: ApiClient) -> None:
    found = api.get(SEARCH + "&limit=2", role="safety_desk").json()
    assert found == {
        "version": "2026-03",
        "items": [
            {"code": "000002", "name": "Greenimab", "atc": "X02"},
            {"code": "000001", "name": "Purplimab", "atc": "X01"},
        ],
    }
    assert api.get(SEARCH, role="investigator").status_code == 403


def test_a_term_is_found_with_its_preferred_term_and_class(
    api: ApiClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(write_meddra(tmp_path)))
    found = api.get("/dictionaries/meddra?words=purple%20very", role="safety_desk").json()
    assert found == {
        "version": "28.1",
        "items": [
            {
                "code": "90000003",
                "name": "Purple liver, very",
                "preferred_term": "Purple liver",
                "organ_class": "Imaginary disorders",
            }
        ],
    }


def test_without_a_dictionary_the_answer_names_what_is_missing(
    life: Life, api: ApiClient, drug: str
) -> None:
    for where, kind in (("whodrug", "no-drug-dictionary"), ("meddra", "no-terminology")):
        answer = api.get(f"/dictionaries/{where}?words=imab", role="safety_desk")
        assert (answer.status_code, answer.json()["type"]) == (409, f"urn:induct:problem:{kind}")
    assert code(life, drug, 409)["type"].endswith("no-drug-dictionary")
    assert concomitants(life)["terminology"] is None


@pytest.mark.usefixtures("whodrug")
def test_a_dictionary_of_no_told_version_is_not_used(
    api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(DRUGS_VERSION_VARIABLE)
    refused = api.get(SEARCH, role="safety_desk").json()
    assert refused["type"].endswith("dictionary-damaged")
    assert DRUGS_VERSION_VARIABLE in refused["detail"]


def test_a_damaged_dictionary_is_refused_by_the_name_of_its_file(
    api: ApiClient, whodrug: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = whodrug / "other.asc"
    bad.write_text("code$name$atc\n1$a$b\n")
    monkeypatch.setenv(DRUGS_VARIABLE, str(bad))
    refused = api.get(SEARCH, role="safety_desk")
    assert refused.status_code == 409
    assert refused.json()["detail"] == "other.asc has no column drug_code."


@pytest.mark.usefixtures("whodrug")
def test_a_drug_taken_when_the_event_began_is_coded_and_coded_again(
    life: Life, drug: str, trial: Trial, database: TestDatabase
) -> None:
    gone = {"medication": "greenimab", "start_date": "2025-01-01", "end_date": "2025-02-01"}
    trial.record(gone, form="concomitant_medication", repeat=2)
    (before,) = concomitants(life)["items"]
    assert before == {
        "record_id": drug, "name": "purplimab 5 mg", "started": "2026-02", "ended": None,
        "coded": None,
    }  # fmt: skip
    coded = {"code": "000001", "name": "Purplimab", "atc": "X01", "version": "2026-03"}
    assert code(life, drug) == coded
    assert concomitants(life, "auditor")["items"] == [before | {"coded": coded}]
    code(life, drug, code="000003")
    assert concomitants(life)["items"][0]["coded"]["code"] == "000003"
    kept = life.read(query="/export")["rows"]["drug_codings"]
    assert [(each["number"], each["code"]) for each in kept] == [(1, "000001"), (2, "000003")]
    assert database.rows(
        "SELECT count(*) FROM safety.unblinded_read WHERE operation = 'safety.list_concomitants'"
    ) == [(1,)]


@pytest.mark.usefixtures("whodrug")
@pytest.mark.parametrize(
    ("changes", "pointer", "fault"),
    [
        ({"record_id": str(uuid.UUID(int=7))}, "/record_id", "drug-unknown"),
        ({"version": "2025-09"}, "/version", "version-not-loaded"),
        ({"code": "000009"}, "/code", "drug-code-unknown"),
    ],
)
def test_no_drug_is_coded_that_the_case_or_the_loaded_version_does_not_hold(
    life: Life, drug: str, changes: dict[str, str], pointer: str, fault: str
) -> None:
    (error,) = code(life, drug, 422, **changes)["errors"]
    assert (error["pointer"], error["code"]) == (pointer, fault)
    assert concomitants(life)["items"][0]["coded"] is None


def test_what_is_reported_is_kept_by_version_and_told_with_what_is_on_record(
    life: Life, drug: str, trial: Trial
) -> None:
    trial.open_site()
    named = {
        "name": "Purplimab 5 mg", "started": "2026", "ended": {"missing": "ASKU"}, "dose": None,
        "route": "By mouth", "indication": None,
    }  # fmt: skip
    case = life.follow_up(on(1), significant=False, concomitants=[named, {"name": "Blackol"}])
    assert {name: case["concomitants"][0][name] for name in named} == named
    others = case["concomitants"][0].keys() - named.keys()
    assert {case["concomitants"][0][name] for name in others} == {None}
    assert life.read()["concomitants"] == case["concomitants"]
    document = life.read(query="/icsr?receiver=fda", at=on(2))["document"]
    (message,) = parse(document.encode()).messages
    told = [(each.g_k_1, each.g_k_2_2) for each in message.report.g_k]
    assert told[1:] == [("2", "Purplimab 5 mg"), ("2", "Blackol")]
    (dose,) = message.report.g_k[1].g_k_4_r
    assert (dose.g_k_4_r_4, dose.g_k_4_r_5) == (Stamp("202602"), NullFlavor.ASKU)
    changes = life.read(query="/versions")["items"][1]["changes"]
    assert [each["old"] for each in changes if each["field"] == "concomitants"] == [[]]


def test_what_is_taken_beside_the_treatment_is_not_for_masked_roles(life: Life, drug: str) -> None:
    for role in ("medical_monitor", "sponsor"):
        assert life.api.get(life.path + "/concomitants", role=role).status_code == 403
