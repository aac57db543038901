"""Acceptance tests of the service as a whole that belong to none of its rooms alone."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import httpx

from tests.services.randomization.expected import UNDER_24, contents
from tests.services.randomization.ledger import check_ledger
from tests.services.randomization.planting import change
from tests.services.randomization.world import request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
EXPECTED = {UNDER_24: contents("L1", UNDER_24)}


def from_edc(
    api: ApiClient, key: str, subject: str = "S01-001", **values: object
) -> httpx.Response:
    """As a data capture system asks: its service account, with the investigator's signature."""
    signature = {"role": "investigator", "sites": ["S01"]}
    body = request(subject, **values)
    return api.post("/allocations", role="iwrs", json=body, key=key, signed_by=signature)


def test_a_data_capture_system_gets_201_then_200_for_the_same_and_409_for_other_content(
    api: ApiClient, database: TestDatabase
) -> None:
    first = from_edc(api, "one")
    again = [from_edc(api, key) for key in ("one", "two", "three")]
    differing = from_edc(api, "four", marrow_blasts="50")
    reused = from_edc(api, "one", marrow_blasts="50")
    assert first.status_code == 201
    assert {(answer.status_code, answer.content) for answer in again} == {(200, first.content)}
    assert (differing.status_code, differing.json()["type"]) == (409, PROBLEM + "already-allocated")
    assert (reused.status_code, reused.json()["type"]) == (
        422,
        PROBLEM + "idempotency-key-reused",
    )
    assert first.json()["arm"] not in differing.text + reused.text
    assert check_ledger(database, EXPECTED) == 1


def test_years_later_the_same_request_is_still_answered_the_same(api: ApiClient) -> None:
    """By then the child is in another age group, grown up, and its site without approval."""
    first = api.post("/allocations", json=request())
    body = {"approved_until": str(datetime.now(UTC).date()), "reason": "it was for a year"}
    assert api.post("/sites/S01/state", role="admin", json=body).status_code == 200
    for years in (3, 12):
        later = datetime.now(UTC) + timedelta(days=366 * years)
        again = api.post("/allocations", json=request(), at=later)
        assert (again.status_code, again.content) == (200, first.content)
        assert api.post("/allocations", json=request("S01-002"), at=later).status_code == 422


def test_an_allocation_is_told_by_one_event_however_often_it_is_asked_for(
    api: ApiClient, database: TestDatabase
) -> None:
    for _ in range(3):
        for subject in ("S01-001", "S01-002"):
            from_edc(api, f"key of {subject}", subject)
            from_edc(api, f"another key of {subject}", subject)
    told = database.rows(
        "SELECT envelope->'data'->>'subject_id', envelope->>'version' FROM platform.outbox"
        " WHERE type = 'subject.randomized'"
    )
    assert sorted(told) == [("S01-001", "1"), ("S01-002", "1")]


def test_a_request_is_an_attempt_and_a_retry_another_and_all_are_audited(
    api: ApiClient, database: TestDatabase
) -> None:
    told = Counter(
        answer.status_code
        for answer in (
            from_edc(api, "one"),
            from_edc(api, "one"),
            from_edc(api, "two"),
            from_edc(api, "three", marrow_blasts="50"),
            from_edc(api, "four", "S01-002", cd22_positive=False),
            from_edc(api, "five", "S01-002"),
        )
    )
    assert told == {201: 2, 200: 2, 409: 1, 422: 1}
    ((attempts, audited),) = database.rows(
        "SELECT (SELECT count(*) FROM randomization.attempt),"
        " (SELECT count(*) FROM platform.audit WHERE table_name = 'randomization.attempt')"
    )
    assert attempts == audited == sum(told.values())


def test_a_used_number_that_the_servers_owner_made_free_is_not_given_to_another_child(
    api: ApiClient, database: TestDatabase
) -> None:
    first = from_edc(api, "one")
    change(database, "UPDATE randomization.slot SET subject_id = NULL")
    refused = from_edc(api, "two", "S01-002")
    assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "list-broken")
    assert database.rows("SELECT subject_id FROM randomization.allocation") == [("S01-001",)]
    assert from_edc(api, "one").content == first.content
