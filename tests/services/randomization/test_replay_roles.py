"""A key repeats an answer to the role and the sites it was made for, and to no others."""

from tests.services.randomization.world import open_sites, request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

SAME = {"client": "one-account", "key": "one-key"}
REASON = {"category": "ineligible", "reason": "a test"}


def test_a_masked_role_is_not_told_the_arm_that_its_account_was_told_in_another_role(
    api: ApiClient,
) -> None:
    api.post("/allocations", json=request())
    path = "/allocations/S01-001/in-error"
    told = api.post(path, role="investigator", json=REASON, **SAME)
    assert told.status_code == 200
    again = api.post(path, role="investigator", json=REASON, **SAME)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (told.content, "true")
    other = api.post(path, role="admin", json=REASON, **SAME)
    assert "Idempotent-Replayed" not in other.headers
    assert told.json()["arm"] not in other.text
    assert other.status_code == 409


def test_another_role_asks_for_an_allocation_itself(api: ApiClient, database: TestDatabase) -> None:
    first = api.post("/allocations", role="investigator", json=request(), **SAME)
    again = api.post("/allocations", role="coordinator", json=request(), **SAME)
    assert (first.status_code, again.status_code) == (201, 200)
    assert "Idempotent-Replayed" not in again.headers
    assert first.json() == again.json()
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(1,)]


def test_an_account_that_lost_a_site_is_told_nothing_of_it(api: ApiClient) -> None:
    open_sites(api, "S02")
    assert api.post("/allocations", json=request(), **SAME).status_code == 201
    gone = api.post("/allocations", json=request(), sites=["S02"], **SAME)
    assert gone.status_code == 422


def test_the_order_in_which_a_token_names_its_sites_makes_no_other_request(api: ApiClient) -> None:
    open_sites(api, "S02")
    first = api.post("/allocations", json=request(), sites=["S01", "S02"], **SAME)
    again = api.post("/allocations", json=request(), sites=["S02", "S01"], **SAME)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert first.content == again.content
