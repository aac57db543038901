"""Who is replaced, how often, and by which number."""

from collections.abc import Callable

import httpx
import pytest

from tests.services.randomization.aftercare import (
    PROBLEM,
    SOURCE,
    allocate,
    mark,
)
from tests.services.randomization.expected import STUDY, UNDER_24, contents
from tests.services.randomization.world import (
    BLOCKS,
    open_sites,
    put_in_force,
    request,
    screen,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


def replace(api: ApiClient, subject: str, replaces: str) -> httpx.Response:
    site = subject[:3]
    body = request(subject, site) | {"replaces": replaces}
    return api.post("/allocations", json=body, role="iwrs", signed_by={"role": "investigator",
                    "sites": [site]})  # fmt: skip


@pytest.fixture
def replacing(variant: Callable[..., ApiClient], database: TestDatabase) -> ApiClient:
    """A study that replaces up to two, with two children in error and one that is not."""
    api = variant(replacement={"rule": "next_number", "limit": 2, "source": SOURCE})
    open_sites(api, "S02")
    put_in_force(api, BLOCKS)
    screen(database, *(f"S01-00{n}" for n in range(1, 8)), study=STUDY)
    screen(database, "S02-001", site="S02", study=STUDY)
    for n in (1, 2, 3, 4):
        allocate(api, f"S01-00{n}")
    for n in (1, 2, 3):
        assert mark(api, f"S01-00{n}").status_code == 200
    return api


def test_a_replacement_takes_the_next_number_of_its_own_stratum(replacing: ApiClient) -> None:
    answer = replace(replacing, "S01-005", "S01-001")
    assert answer.status_code == 201, answer.text
    assert answer.json()["replaces"] == "S01-001"
    assert answer.json()["arm"] == contents("L1", UNDER_24)[4]


def test_only_a_subject_in_error_is_replaced(replacing: ApiClient) -> None:
    for replaced in ("S01-004", "S01-006", "S01-999"):
        answer = replace(replacing, "S01-005", replaced)
        assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "replacement-refused")


def test_a_subject_is_replaced_once_wherever_the_replacement_is(replacing: ApiClient) -> None:
    assert replace(replacing, "S02-001", "S01-001").status_code == 201
    answer = replace(replacing, "S01-005", "S01-001")
    assert answer.status_code == 409
    assert answer.json()["detail"] == "The subject is replaced already."


def test_the_limit_of_replacements_admits_its_number_and_refuses_the_next(
    replacing: ApiClient, database: TestDatabase
) -> None:
    assert replace(replacing, "S02-001", "S01-001").status_code == 201
    assert replace(replacing, "S01-005", "S01-002").status_code == 201
    answer = replace(replacing, "S01-006", "S01-003")
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "replacement-refused")
    assert database.rows("SELECT count(*) FROM randomization.slot WHERE subject_id = 'S01-006'") \
        == [(0,)]  # fmt: skip
    # An ordinary child goes on.
    assert allocate(replacing, "S01-006")["replaces"] is None


@pytest.mark.proves("RND-7", kind="fault")
def test_replacements_asked_for_at_once_keep_the_limit(replacing: ApiClient) -> None:
    pairs = [("S01-005", "S01-001"), ("S01-006", "S01-002"), ("S01-007", "S01-003")]
    answers = replacing.together(
        replacing.call("POST", "/allocations", json=request(subject) | {"replaces": replaced})
        for subject, replaced in pairs
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 409]


def test_a_study_without_the_rule_replaces_nobody(api: ApiClient) -> None:
    allocate(api)
    mark(api)
    answer = replace(api, "S01-002", "S01-001")
    assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "replacement-refused")
