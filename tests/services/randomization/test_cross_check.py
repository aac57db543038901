"""A request is held against what assessments know of the child: records, consent, withdrawal."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.services.randomization.downtime import Site
from tests.services.randomization.planting import record as plant
from tests.services.randomization.world import BLOCKS, codes, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

CONSENT = {"consent_date": "2024-01-20", "assent_due": False}
DATES = {"first_diagnosis_date": "2022-01-10", "relapse_date": "2024-01-05"}
WITHDRAWAL = {"withdrawal_date": "2024-01-25", "scope": "STUDY"}
Enter = Callable[..., httpx.Response]


@pytest.fixture
def enter(api: ApiClient, client_for: Callable[[str], ApiClient]) -> Enter:
    """Fills a form of S01-001 through the service of assessments; the consent form is there."""
    assessments = client_for("assessments")

    def fill(form: str, items: dict[str, Any], visit: str | None = "SCR") -> httpx.Response:
        body = {"form": form, "items": items} | ({} if visit is None else {"visit": visit})
        answer = assessments.post(
            "/subjects/S01-001/assessments", json=body, role="coordinator", sites=["S01"]
        )
        assert answer.status_code == 201, answer.text
        return answer

    return fill


@pytest.fixture
def correct(client_for: Callable[[str], ApiClient]) -> Enter:
    assessments = client_for("assessments")

    def put(filled: httpx.Response, items: dict[str, Any]) -> httpx.Response:
        was = filled.json()
        answer = assessments.put(
            f"/subjects/S01-001/assessments/{was['record_id']}",
            json={"items": items, "reason": "Data entry error"},
            role="coordinator",
            sites=["S01"],
            headers={"If-Match": f'"{was["version"]}"'},
        )
        assert answer.status_code == 200, answer.text
        return answer

    return put


def allocate(api: ApiClient, **values: Any) -> httpx.Response:
    return api.post("/allocations", json=request(**values))


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


def allocated(database: TestDatabase) -> int:
    ((number,),) = database.rows("SELECT count(*) FROM randomization.allocation")
    return int(str(number))


def test_records_that_say_the_same_let_the_child_pass_and_are_listed(
    api: ApiClient, enter: Enter
) -> None:
    enter("consent", CONSENT)
    enter("disease", DATES | {"marrow_blasts": "62.500", "cd22_positive": True})
    assert allocate(api).status_code == 201
    found = api.get("/allocations/S01-001/explanation", role="auditor").json()
    assert found["explanation"]["cross_checked"] == [
        "assent_due", "cd22_positive", "consent_date", "first_diagnosis_date", "marrow_blasts",
        "relapse_date",
    ]  # fmt: skip


def test_a_child_without_records_is_compared_with_none(api: ApiClient) -> None:
    assert allocate(api).status_code == 201
    found = api.get("/allocations/S01-001/explanation", role="auditor").json()
    assert found["explanation"]["cross_checked"] == []


def test_every_value_that_a_record_contradicts_is_told_without_what_is_recorded(
    api: ApiClient, enter: Enter, database: TestDatabase
) -> None:
    enter("consent", CONSENT | {"assent_due": True, "consent_date": "2023-12-19"})
    enter(
        "disease",
        DATES | {"relapse_date": "2024-01-06", "marrow_blasts": "2", "cd22_positive": False,
                 "kmt2a_aff1": True, "tp53_alteration": False},
    )  # fmt: skip
    answer = allocate(api)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:induct:problem:not-eligible")
    names = ("assent_due", "cd22_positive", "consent_date", "kmt2a_aff1", "marrow_blasts",
             "relapse_date")  # fmt: skip
    assert told(answer) == [(f"/values/{name}", "contradicts-record") for name in names]
    details = [error["detail"] for error in answer.json()["errors"]]
    assert details[1] == "the form disease at visit SCR says otherwise"
    assert details[2] == "the form consent at visit SCR tells another date than the registration"
    assert "2023-12-19" not in answer.text
    assert "2024-01" not in answer.text
    assert allocated(database) == 0
    assert database.rows("SELECT problem, rules FROM randomization.attempt") == [
        ("not-eligible", ["contradicts-record"])
    ]


def test_what_a_form_holds_is_not_taken_for_what_the_request_leaves_out(
    api: ApiClient, enter: Enter
) -> None:
    enter("consent", CONSENT)
    enter("disease", DATES | {"cd22_positive": True})
    assert codes(allocate(api, cd22_positive=None)) == ["ELIG-06"]


def test_the_corrected_value_is_the_one_compared_and_a_removed_one_is_not(
    api: ApiClient, enter: Enter, correct: Enter
) -> None:
    enter("consent", CONSENT)
    filled = enter("disease", DATES | {"marrow_blasts": "2", "cd22_positive": False})
    assert codes(allocate(api)) == ["contradicts-record"] * 2
    correct(filled, {"marrow_blasts": "62.5", "cd22_positive": None})
    assert allocate(api).status_code == 201


def test_of_two_records_the_one_entered_last_stands(api: ApiClient, database: TestDatabase) -> None:
    plant(database, "S01-001", "disease", {"marrow_blasts": "2"}, visit="SCR")
    plant(database, "S01-001", "disease", {"marrow_blasts": "62.5"}, visit="UNSCHEDULED")
    order = (
        "UPDATE assessments.record_version v SET position = %s FROM assessments.record r"
        " WHERE r.record_id = v.record_id AND r.visit = 'SCR'"
    )
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(order.encode(), (2,))
        assert codes(allocate(api)) == ["contradicts-record"]
        admin.execute(order.encode(), (0,))
    assert allocate(api).status_code == 201


def test_the_records_of_another_child_do_not_matter(api: ApiClient, enter: Enter) -> None:
    enter("consent", CONSENT | {"assent_due": True})
    answer = api.post("/allocations", json=request("S01-002"))
    assert answer.status_code == 201, answer.text


def test_a_child_whose_withdrawal_is_on_record_is_not_allocated(
    api: ApiClient, enter: Enter, database: TestDatabase
) -> None:
    enter("consent", CONSENT)
    enter("withdrawal", WITHDRAWAL, visit=None)
    answer = allocate(api)
    assert (answer.status_code, told(answer)) == (422, [("/subject", "subject-withdrawn")])
    assert allocated(database) == 0


def test_a_withdrawal_after_the_allocation_changes_no_answer(api: ApiClient, enter: Enter) -> None:
    enter("consent", CONSENT)
    first = allocate(api)
    enter("withdrawal", WITHDRAWAL, visit=None)
    again = allocate(api)
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)


@pytest.mark.parametrize(("scope", "status"), [("STUDY", 422), ("TREATMENT", 201)])
def test_the_definition_says_which_record_withdraws(
    variant: Callable[..., ApiClient], database: TestDatabase, scope: str, status: int
) -> None:
    api = variant(
        withdrawn_when={
            "form": "withdrawal",
            "where": {"item": "scope", "op": "eq", "value": "STUDY"},
            "source": "record",
        }
    )
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", study=ApiClient.study)
    plant(database, "S01-001", "withdrawal", {"withdrawal_date": "2024-01-25", "scope": scope})
    assert allocate(api).status_code == status


def test_a_withdrawn_child_is_not_forced_either(api: ApiClient, database: TestDatabase) -> None:
    plant(database, "S01-001", "withdrawal", WITHDRAWAL)
    levels = {"age_group": "lt10", "first_remission": "lt24m"}
    body = {"subject": "S01-001", "site": "S01", "arm": "INO", "levels": levels, "reason": "why"}
    answer = api.post("/forced-allocations", role="statistician", json=body)
    assert codes(answer) == ["subject-withdrawn"]


def test_a_late_entry_records_what_records_contradict_and_refuses_nothing(
    site: Site, database: TestDatabase
) -> None:
    plant(database, "S01-001", "disease", {"marrow_blasts": "2", "cd22_positive": "true"})
    plant(database, "S01-001", "withdrawal", WITHDRAWAL)
    answer = site.enter()
    assert (answer.status_code, answer.json()["deviations"]) == (
        201,
        ["contradicts-record", "subject-withdrawn"],
    )
    assert database.rows(
        "SELECT explanation->'contradicted', explanation->'cross_checked'"
        " FROM randomization.allocation"
    ) == [(["marrow_blasts"], ["cd22_positive", "marrow_blasts"])]
