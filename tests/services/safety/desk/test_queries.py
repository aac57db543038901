"""Queries of the desk: where they wait, who answers, what the desk hears, who is told of none."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.safety.escalation_handlers import sweep_studies
from shared.clock import DatabaseClock
from tests.services.safety.desk.system import DeskSystem
from tests.services.safety.letting_in import register
from tests.services.safety.life import Life
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient

Body = dict[str, Any]
QUESTION = "Which batch was given?"


class Ahead(DatabaseClock):
    """The clock of record, so many hours later."""

    def __init__(self, hours: float) -> None:
        self._later = timedelta(hours=hours)

    def now(self, of_record: datetime) -> datetime:
        return of_record.astimezone(UTC) + self._later


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    """A case that the desk has asked about."""
    register(api, "http://127.0.0.1:9/desk")
    life = Life(api, report)
    number = life.case["case_number"]
    sender = DeskSystem(api)
    sender.done("query.raised", case_number=number, query_id="Q-1", event="1", question=QUESTION)
    life.sender = sender  # type: ignore[attr-defined]
    return life


def listed(life: Life, state: str, role: str = "coordinator", **options: Any) -> list[str]:
    found = life.api.get(f"/desk-queries?state={state}", role=role, **options)
    assert found.status_code == 200, found.text
    return [each["query_id"] for each in found.json()["items"]]


def answer(life: Life, words: str = "Batch A12.", status: int = 201, **options: Any) -> Body:
    options = {"role": "coordinator"} | options
    body = {"query_id": options.pop("query", "Q-1"), "answer": words}
    done = life.api.post(life.path + "/desk/answers", json=body, **options)
    assert done.status_code == status, done.text
    found: Body = done.json()
    return found


def told(life: Life, type_: str) -> list[Body]:
    (endpoint,) = life.api.get("/webhooks", role="admin").json()["items"]
    where = f"/webhooks/{endpoint['endpoint_id']}/messages?limit=200"
    items = life.api.get(where, role="admin").json()["items"]
    return [json.loads(each["body"])["data"] for each in items if each["event_type"] == type_]


def test_an_open_query_is_listed_until_the_site_answers_it_and_the_desk_closes_it(
    life: Life,
) -> None:
    assert (listed(life, "open"), listed(life, "answered")) == (["Q-1"], [])
    shown = answer(life)
    assert [(each["answer"], each["role"]) for each in shown["answers"]] == [
        ("Batch A12.", "coordinator")
    ]
    assert (listed(life, "open"), listed(life, "answered")) == ([], ["Q-1"])
    more = answer(life, "And A13.", role="safety_desk")
    assert [each["answer"] for each in more["answers"]] == ["Batch A12.", "And A13."]
    number = life.case["case_number"]
    life.sender.done(  # type: ignore[attr-defined]
        "query.closed", case_number=number, query_id="Q-1", reason="answered"
    )
    assert (listed(life, "answered"), listed(life, "closed")) == ([], ["Q-1"])
    assert answer(life, status=409)["type"].endswith("query-closed")


def test_the_desk_is_told_that_there_is_an_answer_and_reads_it_itself(life: Life) -> None:
    answer(life)
    (heard,) = told(life, "query.answered")
    assert (heard["query_id"], heard["answer"]) == ("Q-1", 1)
    assert heard["case_number"] == life.case["case_number"]
    assert heard["first_due_at"] == life.read()["first_due_at"]
    assert "A12" not in json.dumps(heard)
    (query,) = life.read(query="/desk")["queries"]
    assert query["answers"][0]["answer"] == "Batch A12."


def test_a_query_of_another_case_or_site_is_not_there(life: Life, report: Body) -> None:
    other = Life(life.api, report)
    body = {"query_id": "Q-1", "answer": "x"}
    assert life.api.post(f"{other.path}/desk/answers", json=body).status_code == 404
    answer(life, query="Q-2", status=404)
    assert listed(life, "open", sites=["S02"]) == []
    answer(life, status=404, sites=["S02"])


@pytest.mark.parametrize("role", ["medical_monitor", "data_manager", "admin"])
def test_who_may_not_know_the_arm_neither_reads_nor_answers(life: Life, role: str) -> None:
    assert life.api.get("/desk-queries", role=role).status_code == 403
    answer(life, status=403, role=role)


def test_what_stays_unanswered_is_told_of_at_each_rung_once(life: Life, trial: Trial) -> None:
    for hours in (47, 49, 50, 121, 122):
        sweep_studies(trial.engine, Ahead(hours))
    heard = told(life, "query.escalated")
    assert {each["step"] for each in heard} == {"unanswered", "unanswered_for_five_days"}
    assert len(heard) == 2
    assert all("investigator" in each["roles"] for each in heard)


@pytest.mark.parametrize("how", ["answered", "closed"])
def test_an_answered_or_closed_query_is_told_of_no_more(life: Life, trial: Trial, how: str) -> None:
    if how == "answered":
        answer(life)
    else:
        number = life.case["case_number"]
        closed = {"case_number": number, "query_id": "Q-1", "reason": "asked elsewhere"}
        life.sender.done("query.closed", **closed)  # type: ignore[attr-defined]
    sweep_studies(trial.engine, Ahead(200))
    assert told(life, "query.escalated") == []
