"""Queries: raised by a check with the write, answered by the site, closed by who asked, or by the
very check that raised them."""

from typing import Any

import psycopg
import pytest

from infra.database.audit import altered_rows
from tests.services.assessments.support import COUNTS, Trial
from tests.support.pool import Begin

PROBLEM = "urn:induct:problem:"
RAISERS = ("cra", "data_manager", "safety_desk", "medical_monitor")
# More neutrophils than leukocytes: check LAB-01 asks about the neutrophils.
ODD = COUNTS | {"leukocytes": "1.0"}


def queries(trial: Trial, role: str = "cra", **filters: Any) -> list[dict[str, Any]]:
    listed = trial.api.get("/queries", role=role, params=filters)
    assert listed.status_code == 200, listed.text
    found: list[dict[str, Any]] = listed.json()["items"]
    return found


def step(trial: Trial, query: dict[str, Any], action: str, role: str, **options: Any) -> Any:
    words = "A word on it"
    body = {"text": words} if action == "answer" else {"reason": words}
    return trial.api.post(f"/queries/{query['query_id']}/{action}", json=body, role=role, **options)


@pytest.fixture
def odd(trial: Trial, begin: Begin) -> dict[str, Any]:
    """A blood count with a query, beside a child without one."""

    def fill() -> Any:
        trial.enrol()
        made = trial.record("blood_count", ODD, visit="SCR")
        assert made.status_code == 201, made.text
        return made.json()

    found: dict[str, Any] = begin("a blood count with a query", fill)
    return found


@pytest.fixture
def query(trial: Trial, odd: dict[str, Any]) -> dict[str, Any]:
    """The query of check LAB-01 on it."""
    (found,) = (each for each in queries(trial) if each["check_id"] == "LAB-01")
    return found


@pytest.mark.proves("C12", kind="positive")
@pytest.mark.proves("ASM-5", kind="positive")
def test_what_does_not_fit_is_kept_and_asked_about(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    assert odd["items"] == ODD
    assert query == query | {
        "subject": "S01-001",
        "site": "S01",
        "record_id": odd["record_id"],
        "form": "blood_count",
        "visit": "SCR",
        "item": "neutrophils",
        "origin": "check",
        "check_version": "1",
        "severity": "query",
        "state": "open",
        "raised_at": odd["recorded_at"],
        "last_action": "open",
    }
    assert "1.05" not in query["text"]


def test_the_life_of_a_query_is_open_answered_closed_and_again(
    trial: Trial, query: dict[str, Any]
) -> None:
    lived = [
        step(trial, query, "answer", "coordinator"),
        step(trial, query, "reopen", "data_manager"),
        step(trial, query, "answer", "investigator"),
        step(trial, query, "close", "medical_monitor"),
        step(trial, query, "reopen", "safety_desk"),
        step(trial, query, "cancel", "cra"),
    ]
    assert [each.status_code for each in lived] == [200] * 6
    events = lived[-1].json()["events"]
    assert [(e["action"], e["state"], e["role"]) for e in events] == [
        ("open", "open", "coordinator"),
        ("answer", "answered", "coordinator"),
        ("reopen", "open", "data_manager"),
        ("answer", "answered", "investigator"),
        ("close", "closed", "medical_monitor"),
        ("reopen", "open", "safety_desk"),
        ("cancel", "cancelled", "cra"),
    ]
    assert [e["number"] for e in events] == list(range(1, 8))


@pytest.mark.parametrize(
    ("before", "action", "role"),
    [
        ((), "reopen", "cra"),
        (("answer",), "answer", "coordinator"),
        (("close",), "answer", "coordinator"),
        (("close",), "close", "cra"),
        (("close",), "cancel", "cra"),
        (("cancel",), "reopen", "cra"),
        (("cancel",), "close", "cra"),
    ],
)
def test_a_step_that_the_state_does_not_allow_is_a_conflict_and_changes_nothing(
    trial: Trial, query: dict[str, Any], before: tuple[str, ...], action: str, role: str
) -> None:
    for each in before:
        done = step(trial, query, each, "coordinator" if each == "answer" else "cra")
        assert done.status_code == 200
    was = trial.api.get(f"/queries/{query['query_id']}", role="cra").json()
    refused = step(trial, query, action, role)
    assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "query-step")
    assert trial.api.get(f"/queries/{query['query_id']}", role="cra").json() == was


@pytest.mark.proves("C12", kind="positive")
def test_a_correction_that_clears_the_check_closes_its_query_and_says_who_did(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    cleared = trial.correct(odd, {"leukocytes": "3.1"}, client="nurse-9")
    assert cleared.status_code == 200
    read = trial.api.get(f"/queries/{query['query_id']}", role="cra").json()
    assert (read["state"], read["last_action"]) == ("closed", "auto-close")
    last = read["events"][-1]
    assert (last["actor"], last["text"]) == ("nurse-9", "LAB-01, version 1, passes")
    assert last["recorded_at"] == cleared.json()["recorded_at"]


def test_a_correction_of_something_else_leaves_the_query_and_asks_no_second_one(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    assert trial.correct(odd, {"platelets": "80"}).status_code == 200
    asked = [each for each in queries(trial) if each["check_id"] == "LAB-01"]
    assert [(each["query_id"], each["state"]) for each in asked] == [(query["query_id"], "open")]


def test_a_removed_value_decides_nothing_so_the_query_stays_open(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    assert trial.correct(odd, {"leukocytes": None}).status_code == 200
    assert trial.api.get(f"/queries/{query['query_id']}", role="cra").json()["state"] == "open"


def test_what_a_person_has_closed_is_not_asked_again_of_the_same_values(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    assert step(trial, query, "close", "data_manager").status_code == 200
    second = trial.correct(odd, {"platelets": "80"}).json()
    assert len([each for each in queries(trial) if each["check_id"] == "LAB-01"]) == 1
    assert trial.correct(second, {"neutrophils": "1.5"}).status_code == 200
    asked = [each for each in queries(trial) if each["check_id"] == "LAB-01"]
    assert sorted(each["state"] for each in asked) == ["closed", "open"]
    reopened = step(trial, query, "reopen", "data_manager")
    assert (reopened.status_code, reopened.json()["type"]) == (409, PROBLEM + "query-step")


def test_a_value_that_comes_back_is_asked_about_anew(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    second = trial.correct(odd, {"leukocytes": "3.1"}).json()
    assert trial.correct(second, {"leukocytes": "1.0"}).status_code == 200
    asked = [each for each in queries(trial) if each["check_id"] == "LAB-01"]
    assert sorted(each["last_action"] for each in asked) == ["auto-close", "open"]


@pytest.mark.parametrize("role", RAISERS)
def test_who_watches_may_ask_about_an_item_or_the_whole_record(
    trial: Trial, odd: dict[str, Any], role: str
) -> None:
    for item in ("platelets", None):
        body = {"text": "Please look at the source."} | ({"item": item} if item else {})
        asked = trial.api.post(trial.path(odd) + "/queries", json=body, role=role)
        assert asked.status_code == 201, asked.text
        told = asked.json()
        assert (told["item"], told["origin"], told["check_id"]) == (item, "person", None)
        assert told["raised_by"] == f"{role}-client"


def test_an_item_that_the_form_does_not_have_is_told_by_pointer(
    trial: Trial, odd: dict[str, Any]
) -> None:
    body = {"item": "colour", "text": "Which?"}
    refused = trial.api.post(trial.path(odd) + "/queries", json=body, role="cra")
    assert refused.status_code == 422
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [
        ("/item", "unknown-item")
    ]


@pytest.mark.parametrize("role", ["statistician", "auditor", "coordinator", "admin"])
def test_who_only_reads_does_not_ask(trial: Trial, odd: dict[str, Any], role: str) -> None:
    asked = trial.api.post(trial.path(odd) + "/queries", json={"text": "Why?"}, role=role)
    assert asked.status_code == 403


def test_another_site_sees_nothing_of_a_query(trial: Trial, query: dict[str, Any]) -> None:
    other = {"sites": ["S02"]}
    listed = trial.api.get("/queries", role="coordinator", **other)
    read = trial.api.get(f"/queries/{query['query_id']}", role="coordinator", **other)
    answered = step(trial, query, "answer", "coordinator", **other)
    assert listed.json()["items"] == []
    assert read.status_code == answered.status_code == 404


def test_queries_are_found_by_subject_state_and_form_page_by_page(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    for number in range(3):
        body = {"text": f"Question {number}"}
        assert trial.api.post(trial.path(odd) + "/queries", json=body, role="cra").is_success
    assert step(trial, query, "close", "cra").is_success
    everything = {each["query_id"] for each in queries(trial)}
    assert {each["query_id"] for each in queries(trial, state="closed")} == {query["query_id"]}
    assert {each["query_id"] for each in queries(trial, form="blood_count")} == everything
    assert queries(trial, form="marrow") == []
    assert {each["query_id"] for each in queries(trial, subject="S01-001")} == everything
    assert trial.api.get("/queries", role="cra", params={"subject": "S01-999"}).status_code == 404
    paged: list[str] = []
    page: dict[str, Any] = {"next": ""}
    while page["next"] is not None:
        params = {"limit": 2, "after": page["next"]}
        page = trial.api.get("/queries", role="cra", params=params).json()
        paged += [each["query_id"] for each in page["items"]]
    assert len(paged) == len(set(paged)) == len(everything)


def test_the_past_of_a_query_is_as_it_was(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    at = {"as_of": trial.clock().isoformat()}
    assert step(trial, query, "answer", "coordinator").is_success
    assert trial.correct(odd, {"leukocytes": "3.1"}).is_success
    path = f"/queries/{query['query_id']}"
    then = trial.api.get(path, role="cra", params=at).json()
    assert (then["state"], len(then["events"])) == ("open", 1)
    assert queries(trial, **at)[0]["state"] == "open"
    before = {"as_of": "2020-01-01T00:00:00Z"}
    assert queries(trial, **before) == []
    assert trial.api.get(path, role="cra", params=before).status_code == 404
    future = trial.api.get("/queries", role="cra", params={"as_of": "2190-01-01T00:00:00Z"})
    assert (future.status_code, future.json()["errors"][0]["code"]) == (422, "in-the-future")


def test_each_step_is_told_without_a_text(trial: Trial, query: dict[str, Any]) -> None:
    step(trial, query, "answer", "coordinator")
    step(trial, query, "close", "cra")
    told = [e for e in trial.events("query.changed") if e["check_id"] == "LAB-01"]
    assert [e["state"] for e in told] == ["open", "answered", "closed"]
    assert all("text" not in e and e["query_id"] == query["query_id"] for e in told)


def test_a_repeated_key_takes_a_step_once(trial: Trial, query: dict[str, Any]) -> None:
    first = step(trial, query, "answer", "coordinator", key="answer-once")
    again = step(trial, query, "answer", "coordinator", key="answer-once")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


def test_many_corrections_at_once_leave_one_open_query_of_a_check(
    trial: Trial, odd: dict[str, Any]
) -> None:
    body = {"items": {"leukocytes": "0.9"}, "reason": "Data entry error"}
    calls = [
        trial.api.call("PUT", trial.path(odd), json=body, headers={"If-Match": '"1"'})
        for _ in range(8)
    ]
    answered = sorted(each.status_code for each in trial.api.together(calls))
    assert answered[0] == 200
    assert set(answered[1:]) == {412}
    (count,) = trial.database.rows(
        "SELECT count(*) FROM assessments.query WHERE check_id = 'LAB-01' AND state = 'open'"
    )
    assert count == (1,)


def test_steps_of_a_query_are_never_changed(trial: Trial, query: dict[str, Any]) -> None:
    assert query["state"] == "open"
    with trial.database.admin() as admin, pytest.raises(psycopg.Error, match="append-only"):
        admin.execute("DELETE FROM assessments.query_event")


def test_a_step_that_was_altered_in_the_database_is_named_by_the_trail(
    trial: Trial, query: dict[str, Any]
) -> None:
    step(trial, query, "answer", "coordinator")
    assert altered_rows(trial.database.url("induct_platform")) == []
    with trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE assessments.query_event SET message = 'x' WHERE number = 2")
    (fault,) = altered_rows(trial.database.url("induct_platform"))
    assert "assessments.query_event" in str(fault)


def test_a_person_and_a_correction_that_close_at_once_close_it_once(
    trial: Trial, odd: dict[str, Any], query: dict[str, Any]
) -> None:
    correction = {"items": {"leukocytes": "3.1"}, "reason": "Data entry error"}
    answers = trial.api.together(
        [
            trial.api.call("PUT", trial.path(odd), json=correction, headers={"If-Match": '"1"'}),
            trial.api.call(
                "POST",
                f"/queries/{query['query_id']}/close",
                json={"reason": "As reported"},
                role="cra",
            ),
        ]
    )
    assert answers[0].status_code == 200
    assert answers[1].status_code in {200, 409}
    read = trial.api.get(f"/queries/{query['query_id']}", role="cra").json()
    ended = [e["action"] for e in read["events"]]
    assert ended in (["open", "close"], ["open", "auto-close"])
    assert (answers[1].status_code == 200) == (ended[-1] == "close")


def test_the_trail_tells_who_raised_and_who_moved_a_query(
    trial: Trial, query: dict[str, Any]
) -> None:
    assert step(trial, query, "answer", "coordinator", client="nurse-9").is_success
    told = trial.database.rows(
        "SELECT operation, old_value, CASE field WHEN '*' THEN CAST(new_value AS jsonb) ->> 'state'"
        " ELSE new_value END, actor FROM platform.audit WHERE table_name = 'assessments.query'"
        " AND field IN ('*', 'state') AND row_key = %s ORDER BY seq",
        query["query_id"],
    )
    assert told == [
        ("INSERT", None, "open", "coordinator-client"),
        ("UPDATE", "open", "answered", "nurse-9"),
    ]


def test_a_new_record_that_cures_another_closes_its_query(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    relapse = {"event_date": "2024-06-01", "event": "RELAPSE", "site": "BM"}
    assert trial.record("relapse_progression", relapse).status_code == 201

    def states() -> list[str]:
        found = trial.api.get("/queries", role="data_manager").json()["items"]
        return [each["state"] for each in found if each["check_id"] == "REL-02"]

    assert states() == ["open"], "a relapse comes after a response"
    ended = trial.record("end_of_treatment", {"recovery_date": "2024-02-24"}, visit="C1D28")
    assert ended.status_code == 201
    response = {"assessment_date": "2024-02-24", "response": "CR"}
    assert trial.record("response", response, visit="C1D28").status_code == 201
    assert states() == ["closed"]


def test_a_departure_goes_when_a_new_record_moves_the_window(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    late = trial.record("end_of_treatment", {"recovery_date": "2024-02-29"}, visit="C1D28")
    assert late.status_code == 201

    def departures() -> int:
        return len(trial.api.get("/deviations", role="statistician").json()["items"])

    assert departures() > 0, "day 32 counted from randomization"
    dose = {"product": "INO", "dose_date": "2024-02-02", "given": True}
    assert trial.record("dosing", dose, visit="C1D1").status_code == 201
    assert departures() == 0, "day 28 counted from the first dose"
