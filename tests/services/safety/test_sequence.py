"""The number that a desk counts a case's messages by."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from services.safety import escalation_service
from shared.clock import SimulatedClock
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin
from shared.identity.principal import system
from tests.services.safety.letting_in import register
from tests.services.safety.life import Life, on
from tests.services.safety.trial import STUDY, Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


def told(api: ApiClient, endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The content of every notice to the endpoint, in the order of its telling."""
    path = f"/webhooks/{endpoint['endpoint_id']}/messages?limit=200"
    found = api.get(path, role="admin").json()["items"]
    return [json.loads(each["body"]) for each in found if each["kind"] == "notice"]


def numbers(api: ApiClient, endpoint: Mapping[str, Any], life: Life) -> list[int]:
    return [
        each["data"]["sequence"]
        for each in told(api, endpoint)
        if each["data"]["case_number"] == life.case["case_number"]
    ]


def sweep(trial: Trial, at: Any) -> int:
    origin = Origin(system("safety", STUDY), STUDY, "test", SimulatedClock(at))
    return in_transaction(trial.engine, origin, None, escalation_service.sweep)


@pytest.fixture
def endpoint(api: ApiClient) -> dict[str, Any]:
    return register(api, "http://127.0.0.1:9/desk")


def test_every_message_of_a_case_has_the_next_number_whatever_it_tells(
    api: ApiClient, trial: Trial, report: Body, endpoint: dict[str, Any]
) -> None:
    life, other = Life(api, report), Life(api, report)
    life.causality(on(0.1), "investigator", True)
    # Not significant, and nothing a clock hangs on: a version without a fact, at one instant.
    for narrative in ("More of the same.", "And more."):
        life.follow_up(on(0.2), significant=False, narrative=narrative)
    sweep(trial, on(20))
    life.follow_up(on(21), seriousness=["death"], grade=5)
    types = {each["type"] for each in told(api, endpoint)}
    assert types == {
        "case.opened", "case.followed_up", "case.recomputed", "obligation.escalated",
    }  # fmt: skip
    mine = numbers(api, endpoint, life)
    assert len(mine) > 10
    for found in (mine, numbers(api, endpoint, other)):
        assert found == list(range(1, len(found) + 1))


def test_sweeps_at_once_and_refused_changes_leave_no_gap(
    api: ApiClient, trial: Trial, report: Body, endpoint: dict[str, Any], database: TestDatabase
) -> None:
    life = Life(api, report)
    body = {"reason": "typed wrongly"} | life._content()
    stale = {"If-Match": '"7"'}
    life.post("/amendments", body, on(1), status=412, headers=stale)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: sweep(trial, on(20)), range(3)))
    found = numbers(api, endpoint, life)
    assert found == list(range(1, len(found) + 1))
    assert database.rows("SELECT last FROM safety.notice_count") == [(len(found),)]


def test_a_desk_that_comes_later_goes_on_from_where_the_case_is(
    api: ApiClient, report: Body, endpoint: dict[str, Any]
) -> None:
    life = Life(api, report)
    late = register(api, "http://127.0.0.1:9/late")
    life.follow_up(on(2), seriousness=["death"], grade=5)
    life.follow_up(on(3), narrative="More.")
    everything = numbers(api, endpoint, life)
    assert numbers(api, late, life) == everything[1:]
