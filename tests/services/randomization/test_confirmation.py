"""The confirmation of an allocation, as data, page and paper; with the arm for who may know it."""

from io import BytesIO

import pytest
from pypdf import PdfReader

from tests.services.randomization.planting import mark_in_error, swap_arms
from tests.services.randomization.world import open_sites, request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
PATH = "/allocations/S01-001/confirmation"
HTML = {"Accept": "text/html"}
PDF = {"Accept": "application/pdf"}
BLINDED = ["data_manager", "sponsor", "medical_monitor"]


@pytest.fixture
def confirmed(api: ApiClient) -> ApiClient:
    answer = api.post("/allocations", json=request())
    assert answer.status_code == 201, answer.text
    return api


def paper(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


@pytest.mark.proves("C18", kind="positive")
def test_the_site_gets_what_was_allocated_and_who_signed_for_it(confirmed: ApiClient) -> None:
    allocation = confirmed.get("/allocations/S01-001").json()
    found = confirmed.get(PATH, role="coordinator").json()
    same = (
        "study", "subject", "site", "randomization_number", "arm", "source", "list_id",
        "manifest_sha256", "definition_version", "randomized_at",
    )  # fmt: skip
    assert {name: found[name] for name in same} == {name: allocation[name] for name in same}
    assert found["commitment"] == allocation["opening"]["commitment"]
    assert found["mode"] == "training"
    assert found["stratum"] == [
        {"factor": "Age at randomization", "level": "1 to under 10 years"},
        {"factor": "Time from first diagnosis to relapse", "level": "Relapse before 24 months"},
    ]
    (signature,) = found["signatures"]
    assert signature["meaning"] == "eligible-and-randomize"
    assert signature["name"] == "Investigator in Print"


def test_the_page_and_the_paper_say_the_same_as_the_data(confirmed: ApiClient) -> None:
    found = confirmed.get(PATH).json()
    page, sheet = confirmed.get(PATH, headers=HTML), confirmed.get(PATH, headers=PDF)
    assert page.headers["Content-Type"].startswith("text/html")
    assert sheet.headers["Content-Type"] == "application/pdf"
    text = paper(sheet.content)
    for told in (found["arm"], found["randomization_number"], "S01-001", "Europe/Prague"):
        assert told in page.text
        assert told in text
    for answer in (page, sheet):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_name_of_the_file_does_not_tell_the_arm(confirmed: ApiClient) -> None:
    sheet = confirmed.get(PATH, headers=PDF)
    name = f"randomization-{STUDY}-S01-001.pdf"
    assert sheet.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize("role", BLINDED)
def test_a_blinded_role_reads_a_star_on_everything(confirmed: ApiClient, role: str) -> None:
    found = confirmed.get(PATH, role=role)
    assert (found.json()["arm"], found.json()["arm_name"]) == ("*", None)
    texts = (
        found.text,
        confirmed.get(PATH, role=role, headers=HTML).text,
        paper(confirmed.get(PATH, role=role, headers=PDF).content),
    )
    for text in texts:
        assert "S01-001" in text
        for name in ("ALLR3 block", "Inotuzumab ozogamicin, one cycle", "INO\n"):
            assert name not in text


@pytest.mark.parametrize("role", BLINDED)
@pytest.mark.parametrize("accept", ["application/json", "text/html", "application/pdf"])
def test_what_a_blinded_role_reads_is_the_same_in_a_world_with_the_other_arm(
    confirmed: ApiClient, database: TestDatabase, role: str, accept: str
) -> None:
    unblinded = confirmed.get(PATH, role="statistician").json()
    before = confirmed.get(PATH, role=role, headers={"Accept": accept})
    swap_arms(database)
    after = confirmed.get(PATH, role=role, headers={"Accept": accept})
    assert before.status_code == 200
    assert after.content == before.content
    other = confirmed.get(PATH, role="statistician").json()
    assert other["commitment"] != unblinded["commitment"]
    assert other["arm"] != unblinded["arm"]


def test_an_allocation_in_error_says_so(confirmed: ApiClient, database: TestDatabase) -> None:
    assert confirmed.get(PATH).json()["in_error_at"] is None
    mark_in_error(database, "S01-001", "S01")
    assert confirmed.get(PATH).json()["in_error_at"] is not None
    assert "in error" in confirmed.get(PATH, headers=HTML).text
    assert "in error" in paper(confirmed.get(PATH, headers=PDF).content)


def test_a_child_of_another_site_and_no_child_at_all_are_answered_alike(
    confirmed: ApiClient,
) -> None:
    open_sites(confirmed, "S02")
    other = confirmed.get(PATH, sites=["S02"])
    nobody = confirmed.get(PATH.replace("001", "999"), sites=["S02"])
    assert other.status_code == nobody.status_code == 404
    assert other.content == nobody.content


@pytest.mark.parametrize("role", ["dmc", "safety_desk", "admin"])
def test_a_role_that_must_not_know_an_arm_reads_no_confirmation(
    confirmed: ApiClient, role: str
) -> None:
    assert confirmed.get(PATH, role=role).status_code == 403


def test_a_picture_of_the_confirmation_is_not_on_offer(confirmed: ApiClient) -> None:
    assert confirmed.get(PATH, headers={"Accept": "image/png"}).status_code == 406
