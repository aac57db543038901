"""The report of a case as a document: what it holds, what stands against it, who may have it."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from services.safety.domain.case import CLINICAL
from services.safety.e2b.parse import parse
from services.safety.e2b.schema import FOLDER_VARIABLE
from services.safety.e2b.terminology.configured import FOLDER_VARIABLE as MEDDRA
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b.samples import FOLDER, needs_samples
from tests.services.safety.e2b.terminology.dictionaries import (
    CURRENT,
    RETIRED,
    UNKNOWN,
    write_meddra,
)
from tests.services.safety.life import NOW, Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


@pytest.fixture(autouse=True)
def no_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.delenv(MEDDRA, raising=False)


@pytest.fixture
def life(api: ApiClient, report: Body, trial: Trial) -> Life:
    trial.open_site()
    return Life(api, report, narrative="The child had a fever on the 19th.", outcome="RECOVERING")


def draft(life: Life, receiver: str = "eudravigilance", days: float = 1) -> Body:
    return life.read(query=f"/icsr?receiver={receiver}", at=on(days))


def told(body: Body) -> Any:
    (message,) = parse(body["document"].encode()).messages
    return message.report


def test_the_message_says_what_the_case_says_and_nothing_more(life: Life) -> None:
    life.causality(on(0.5), "investigator", True)
    report = told(draft(life))
    number = life.case["case_number"]
    assert report.c_1.c_1_1 == report.c_1.c_1_8_1 == f"CZ-SPONSOR-{number}"
    assert (report.c_1.c_1_4, report.c_1.c_1_3) == (Stamp("20260220"), "2")
    assert (report.d.d_1, report.d.d_5, report.d.d_2_1) == ("S01-001", "2", NullFlavor.MSK)
    assert (report.d.d_2_2a, report.d.d_2_2b) == ("10", "a")
    (reaction,) = report.e_i
    assert (reaction.e_i_1_2, reaction.e_i_4) == ("Febrile neutropenia", Stamp("20260219"))
    assert (reaction.e_i_3_2c, reaction.e_i_3_2a) == (True, NullFlavor.NI)
    assert reaction.e_i_7 == "2"
    (drug,) = report.g_k
    assert (drug.g_k_1, drug.g_k_2_2) == ("1", "Inotuzumab ozogamicin")
    (pair,) = drug.g_k_9_i
    assert pair.g_k_9_i_1 == reaction.entity
    assert [each.g_k_9_i_2_r_1 for each in pair.g_k_9_i_2_r] == ["Investigator"]
    assert report.h.h_1 == "The child had a fever on the 19th."
    assert report.c_5.c_5_1_r[0].c_5_1_r_1 == "2023-509810-13-00"
    born = re.findall(r'[">]2015', draft(life)["document"])
    assert born == [], "the month of birth stays here"


def test_what_was_done_with_each_drug_is_told_of_it_and_what_nobody_said_is_unknown(
    api: ApiClient, report: Body, trial: Trial
) -> None:
    trial.open_site()
    life = Life(
        api, report, suspect_product="DEX", further_products=["VCR"], actions={"VCR": "WITHDRAWN"}
    )
    assert [drug.g_k_8 for drug in told(draft(life)).g_k] == ["0", "1"]
    form = api.get(f"{life.path}/cioms", role="safety_desk", at=on(1)).content
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(form)).pages)
    assert {"withdrawn", "action unknown"} <= set(re.findall("withdrawn|action unknown", words))


def test_ids_stay_for_the_life_of_the_case_and_the_instant_of_creation_does_not(
    life: Life,
) -> None:
    first, second = told(draft(life)), told(draft(life, days=2))
    assert first.c_1.c_1_1 == second.c_1.c_1_1
    assert first.e_i[0].entity == second.e_i[0].entity
    assert first.g_k[0].entity == second.g_k[0].entity
    assert first.c_1.c_1_2 != second.c_1.c_1_2


def test_a_draft_always_renders_and_says_what_stands_against_sending_it(life: Life) -> None:
    body = draft(life)
    assert (body["schema_set"], body["terminology"], body["may_be_sent"]) == (None, None, False)
    missing = {each["id"] for each in body["issues"]}
    assert "ICH.E.i.2.1b.REQUIRED" in missing, "nobody has coded the event"
    held = {each["id"]: each["held"] for each in body["gate"]}
    assert len(held) == 12
    assert not all(held.values())


@pytest.fixture
def meddra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invented version of an invented dictionary."""
    monkeypatch.setenv(MEDDRA, str(write_meddra(tmp_path)))


def code(life: Life, code: str, status: int = 201, event: str = "1") -> Body:
    body = {"event": event, "code": code, "reason": "coded by hand"}
    return life.post("/codings", body, on(1), status)


@pytest.mark.usefixtures("meddra")
def test_a_coded_event_of_a_susar_opens_its_item_of_the_eus_gate(life: Life) -> None:
    assert code(life, CURRENT) == {
        "event": "1", "code": CURRENT, "version": "28.1", "name": "Purple liver",
    }  # fmt: skip
    body = draft(life, days=2)
    assert body["terminology"] == "28.1"
    assert told(body).e_i[0].e_i_2_1b == CURRENT
    held = {each["id"]: each["held"] for each in body["gate"]}
    assert held["EU.E.i.GATE"], "provisional: nobody has said that it is expected"
    life.expectedness(on(3), True)
    held = {each["id"]: each["held"] for each in draft(life, days=4)["gate"]}
    assert not held["EU.E.i.GATE"]


@pytest.mark.usefixtures("meddra")
def test_a_later_code_takes_the_place_of_an_earlier_one(life: Life) -> None:
    code(life, CURRENT)
    code(life, "90000003")
    assert told(draft(life, days=2)).e_i[0].e_i_2_1b == "90000003"


@pytest.mark.usefixtures("meddra")
@pytest.mark.parametrize(
    ("term", "event", "fault"),
    [
        (RETIRED, "1", "term-refused"),
        (UNKNOWN, "1", "term-refused"),
        (CURRENT, "2", "event-unknown"),
    ],
)
def test_a_term_that_is_unknown_or_not_current_is_no_code(
    life: Life, term: str, event: str, fault: str
) -> None:
    refused = code(life, term, 422, event)
    assert [each["code"] for each in refused["errors"]] == [fault]


def test_without_a_dictionary_nothing_is_coded_and_nothing_else_waits(life: Life) -> None:
    assert code(life, CURRENT, 409)["type"].endswith("no-terminology")
    assert life.owes(at=on(1))


def test_a_dictionary_that_cannot_be_read_is_told_by_the_name_of_its_file(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (write_meddra(tmp_path) / "meddra_release.asc").write_text("no version$", encoding="utf-8")
    monkeypatch.setenv(MEDDRA, str(tmp_path))
    coded = code(life, CURRENT, 409)
    drafted = life.api.get(f"{life.path}/icsr?receiver=fda", role="safety_desk", at=NOW)
    counted = life.api.get(
        "/safety-summary?first_day=2026-03-01&last_day=2026-03-31", role="safety_desk", at=NOW
    )
    for refused in (coded, drafted.json(), counted.json()):
        assert refused["type"].endswith("dictionary-damaged"), refused
        assert "meddra_release.asc" in refused["detail"]


@pytest.mark.parametrize(
    ("coded_under", "loaded", "held"), [("28.1", "29.0", True), ("28.1", "29.1", False)]
)
def test_a_code_older_than_the_release_before_the_loaded_one_is_not_for_eudravigilance(
    life: Life, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, coded_under: str, loaded: str,
    held: bool,
) -> None:  # fmt: skip
    for version in (coded_under, loaded):
        folder = tmp_path / version
        folder.mkdir()
        monkeypatch.setenv(MEDDRA, str(write_meddra(folder, version)))
        if version == coded_under:
            code(life, CURRENT, 201)
    found = {each["id"] for each in draft(life, "eudravigilance")["issues"]}
    assert ("EU.MEDDRA.VERSION" not in found) is held


def test_each_authority_reads_causality_in_its_own_words(life: Life) -> None:
    life.causality(on(0.5), "safety_desk", True)

    def words(receiver: str) -> Any:
        (opinion,) = told(draft(life, receiver)).g_k[0].g_k_9_i[0].g_k_9_i_2_r
        return opinion.g_k_9_i_2_r_3, opinion.g_k_9_i_2_r_3_eu_1

    assert words("fda") == ("Suspected", None)
    assert words("eudravigilance") == (None, "1")


@needs_samples
def test_with_the_ich_schemas_the_draft_is_held_against_them(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(FOLDER / "schema"))
    for receiver in ("eudravigilance", "fda"):
        body = draft(life, receiver)
        assert body["schema_set"]
        assert [each for each in body["issues"] if each["id"] == "XSD"] == []


def trail(database: TestDatabase) -> set[str]:
    """The clinical parts that the audit trail has a row of."""
    rows = database.rows(
        "SELECT DISTINCT field FROM platform.audit WHERE table_name = 'safety.case_version'"
    )
    return {field for (field,) in rows} & set(CLINICAL)


def test_what_a_case_tells_is_kept_and_reported_with_own_cases_by_their_worldwide_numbers(
    life: Life, api: ApiClient, report: Body, trial: Trial, database: TestDatabase
) -> None:
    other = Life(api, report, event_term="Sepsis")
    assert trail(database) == set(), "what is not told is nobody's change"
    number = other.case["case_number"]
    link = {"case_number": number, "relation": "related", "reason": "one illness"}
    life.post("/links", link, on(0.5))
    parts = {
        "reporter_qualification": "PHYSICIAN",
        "administrations": [{"product": "INO", "route": {"missing": "ASKU"}, "batches": ["A12"],
                             "indication": "ALL", "coding": None, "route_code": None,
                             "form": "Powder", "circumstances": ["OVERDOSE"],
                             "cumulative": {"number": "1.3", "unit": "mg/m2"},
                             "gestation": None, "parent_route": None, "parent_route_code": None,
                             "obtained_in": "CZ", "more": "Given late",
                             "authorisation": {"number": "EU/1/1", "country": "NL",
                                               "holder": None},
                             "form_code": {"system": "EDQM", "code": "PDF-50043000",
                                           "version": "2026-03"}}],
        "latencies": [{"product": "INO", "event": "1", "after_last_dose": None,
                       "after_start": {"number": "9", "unit": "d"}}],
        "past_drugs": [{"name": {"missing": "NA"}, "product_code": None, "started": None,
                        "ended": None, "indication": None, "reaction": None}],
        "other_therapies": True,
        "literature": [{"citation": {"missing": "ASKU"}, "attachment": None}],
        "death": {"on": {"missing": "NASK"}, "autopsy": False, "autopsy_causes": [],
                  "causes": [{"words": "Sepsis", "coding": None}]},
        "recurrences": [{"product": "INO", "event": "1", "outcome": "NOT_READMINISTERED"}],
        "documents": ["Letter"],
        "other_identifiers": [{"source": "Partner", "identifier": "P-1"}],
        "history": [{"term": "Asthma", "coding": None, "started": "2019", "ended": None,
                     "continuing": {"missing": "UNK"}, "family": False, "comment": None}],
        "other_history": {"missing": "NASK"},
        "weight_kg": None,
        "height_cm": "140.5",
        "tests": [{"name": "ALT", "coding": {"code": "90000001", "version": "28.1"},
                   "on": "2026-02", "value": "7.10", "qualifier": "<", "unit": "U/L",
                   "result": None, "result_words": None, "low": None, "high": "40",
                   "comment": None, "more_information": False}],
        "last_period_on": {"missing": "MSK"},
        "offspring": {"sex": "female", "age": None, "gestation": {"number": "20", "unit": "wk"}},
        "parent": {"last_period_on": "2026-01", "weight_kg": None, "height_cm": "161",
                   "history": [{"term": "Otitis", "coding": None, "started": "2019", "ended": None,
                                "continuing": {"missing": "UNK"}, "comment": None}],
                   "other_history": "Well before",
                   "past_drugs": [{"name": "Aspirin", "product_code": None, "started": None,
                                   "ended": "2024", "indication": None, "reaction": None}]},
        "comments": {"reporter": "Unlikely", "sender": None, "summaries": [],
                     "diagnoses": [{"code": "90000001", "version": "28.1"}]},
    }  # fmt: skip
    dose = {"product": "INO", "dose_date": "2026-02-10", "given": "true", "weight": "30.25"}
    trial.record(dose, form="dosing")
    case = life.follow_up(on(0.6), **parts)
    assert {name: case[name] for name in parts} == parts
    assert trail(database) == {name for name in CLINICAL if parts.get(name) is not None}
    found = told(draft(life))
    assert [one.c_1_10_r for one in found.c_1.c_1_10_r] == [f"CZ-SPONSOR-{number}"]
    assert (found.c_1.c_1_6_1, found.c_1.c_1_9_1, found.c_2_r[0].c_2_r_4) == (True, True, "1")
    assert [one.g_k_4_r_7 for one in found.g_k[0].g_k_4_r] == ["A12"]
    # What was measured is the parent's, where the events are a child's.
    assert (found.d.d_3, found.d.d_4, found.d.d_7_2) == (None, "141", "Asthma (2019)")
    assert found.d.d_10 is not None
    assert (found.d.d_10.d_10_4, found.d.d_10.d_10_5) == ("30.25", "161")
    assert (found.g_k[0].g_k_5a, found.h.h_2) == ("1.3", "Unlikely")
    assert [(one.f_r_3_2, one.f_r_3_2_qualifier) for one in found.f_r] == [("7.10", "<")]
    assert found.g_k[0].g_k_9_i[0].g_k_9_i_4 == "4"


def test_an_unknown_receiver_and_a_masked_role_are_refused(life: Life) -> None:
    refused = life.api.get(f"{life.path}/icsr?receiver=nobody", role="safety_desk", at=NOW)
    assert (refused.status_code, refused.json()["type"][-16:]) == (422, "receiver-unknown")
    for path in ("/icsr?receiver=fda", "/cioms"):
        masked = life.api.get(life.path + path, role="medical_monitor", at=NOW)
        assert masked.status_code == 403


def test_the_cioms_form_holds_the_case_and_is_the_same_each_time(life: Life) -> None:
    def form() -> bytes:
        answer = life.api.get(f"{life.path}/cioms", role="safety_desk", at=on(1))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert answer.headers["cache-control"] == "no-store"
        return bytes(answer.content)

    first = form()
    words = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(first)).pages)
    for expected in ("S01-001", "Febrile neutropenia", "Inotuzumab ozogamicin",
                     "The child had a fever on the 19th.", life.case["case_number"]):  # fmt: skip
        assert expected in words
    assert form() == first


def test_a_character_without_a_glyph_is_told_and_leaves_no_hole(
    api: ApiClient, report: Body, trial: Trial
) -> None:
    trial.open_site()
    life = Life(api, report, narrative="熱")
    refused = life.api.get(f"{life.path}/cioms", role="safety_desk", at=NOW)
    assert (refused.status_code, refused.json()["title"]) == (
        409,
        "A character of the case cannot be printed",
    )


def test_a_case_of_a_site_without_a_country_has_no_number_yet(api: ApiClient, report: Body) -> None:
    life = Life(api, report)
    refused = life.api.get(f"{life.path}/icsr?receiver=fda", role="safety_desk", at=NOW)
    assert (refused.status_code, refused.json()["type"][-15:]) == (409, "country-unknown")
