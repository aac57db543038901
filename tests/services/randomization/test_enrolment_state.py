"""Pause, close, reopen; expired approvals; and what was answered before stays answered."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.services.randomization.world import request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"


def change(api: ApiClient, path: str, **body: object) -> int:
    content = {"reason": "asked by the steering committee"} | body
    return api.post(path, role="admin", json=content).status_code


@pytest.mark.parametrize(
    ("state", "kind"), [("paused", "study-paused"), ("closed", "study-closed")]
)
def test_nobody_is_allocated_while_enrolment_is_not_open(
    api: ApiClient, state: str, kind: str
) -> None:
    first = api.post("/allocations", json=request())
    assert change(api, "/enrolment/state", state=state) == 200
    refused = api.post("/allocations", json=request("S01-002"))
    assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + kind)
    # The child that was in is told the same as ever.
    again = api.post("/allocations", json=request())
    assert (again.status_code, again.content) == (200, first.content)
    assert change(api, "/enrolment/state", state="open") == 200
    assert api.post("/allocations", json=request("S01-002")).status_code == 201


def test_a_state_that_is_there_already_is_refused(api: ApiClient) -> None:
    assert change(api, "/enrolment/state", state="open") == 409
    assert change(api, "/sites/S01/state", state="open") == 409


def test_a_change_without_a_reason_is_refused(api: ApiClient) -> None:
    answer = api.post("/enrolment/state", role="admin", json={"state": "paused"})
    assert answer.status_code == 422


def test_reasons_and_persons_are_in_the_trail(api: ApiClient, database: TestDatabase) -> None:
    change(api, "/enrolment/state", state="paused")
    change(api, "/sites/S01/state", state="closed")
    rows = database.rows(
        "SELECT table_name, new_value, reason, actor FROM platform.audit"
        " WHERE field = 'state' AND operation = 'UPDATE' AND table_name <> 'randomization.list'"
        " ORDER BY seq"
    )
    asked = "asked by the steering committee"
    assert rows == [
        ("platform.study", "paused", asked, "admin-client"),
        ("randomization.site", "closed", asked, "admin-client"),
    ]


@pytest.mark.proves("C32", kind="negative")
def test_a_closed_site_enrols_nobody_and_others_go_on(api: ApiClient) -> None:
    assert change(api, "/sites/S01/state", state="paused") == 200
    assert api.post("/allocations", json=request()).json()["type"] == PROBLEM + "site-not-open"


@pytest.mark.proves("C32", kind="negative")
def test_after_the_last_day_of_its_approval_a_site_enrols_nobody(api: ApiClient) -> None:
    today = datetime.now(UTC).date()
    assert change(api, "/sites/S01/state", approved_until=str(today - timedelta(days=2))) == 200
    refused = api.post("/allocations", json=request())
    assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "site-approval-expired")
    assert change(api, "/sites/S01/state", approved_until=str(today + timedelta(days=2))) == 200
    assert api.post("/allocations", json=request()).status_code == 201


def test_no_site_role_stops_or_starts_enrolment(api: ApiClient) -> None:
    for role in ("investigator", "coordinator", "iwrs", "statistician", "dmc"):
        body = {"state": "paused", "reason": "no right to"}
        assert api.post("/enrolment/state", role=role, json=body).status_code == 403
