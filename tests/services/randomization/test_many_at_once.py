"""What holds when many ask at once."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from httpx import Response

from shared.study import StudyDefinition
from tests.services.randomization.bursts import behind_one_lock
from tests.services.randomization.planting import use_up
from tests.services.randomization.world import open_trial, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


@pytest.mark.proves("RND-1", kind="property")
def test_two_hundred_at_once_get_distinct_consecutive_slots_and_a_child_only_one(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> None:
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    children = [f"S01-{n:03}" for n in range(1, 182)]
    screen(database, *children, study=STUDY)
    asked = [*children[:-1], *[children[-1]] * 20]
    answers = answered(api, asked)
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert sum(answer.status_code == 201 for answer in answers) == 181
    assert len({answer.content for answer in answers[180:]}) == 1
    taken = database.rows(
        "SELECT position, subject_id FROM randomization.slot"
        " WHERE subject_id IS NOT NULL ORDER BY position"
    )
    assert [row[0] for row in taken] == list(range(1, 182))
    assert {row[1] for row in taken} == set(children)


def answered(api: ApiClient, children: Sequence[str]) -> list[Response]:
    """The answers of requests sent at once; on a busy machine some ask again when told to."""
    found: dict[int, Response] = {}
    while len(found) < len(children):
        waiting = [n for n in range(len(children)) if n not in found]
        calls = (api.call("POST", "/allocations", json=request(children[n])) for n in waiting)
        answers = zip(waiting, api.together(calls), strict=True)
        found |= {n: answer for n, answer in answers if answer.status_code != 503}
    return [found[n] for n in range(len(children))]


def test_one_child_in_two_strata_at_once_gets_one_arm(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> None:
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    # Born in this month ten years ago: until the birthday in it 9 years old, then 10.
    today = datetime.now(UTC).date()
    screen(database, "S01-001", study=STUDY, born=f"{today.year - 10}-{today.month:02}")
    answers = api.together(
        api.call("POST", "/allocations", json=request("S01-001", age_years=age))
        for age in (9, 10) * 10
    )
    assert sum(answer.status_code == 201 for answer in answers) == 1
    assert {answer.status_code for answer in answers} == {200, 201, 409}
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(1,)]
    assert database.rows(
        "SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL"
    ) == [(1,)]


def test_a_list_that_ends_in_the_middle_of_a_burst_gives_its_last_slots_and_nothing_else(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> None:
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    use_up(database, "L1", but=7)
    children = [f"S01-{n:03}" for n in range(1, 21)]
    screen(database, *children, study=STUDY)
    answers = answered(api, children)
    kinds = Counter(
        "allocated" if answer.is_success else answer.json()["type"] for answer in answers
    )
    assert kinds == {"allocated": 7, "urn:induct:problem:stratum-exhausted": 13}
    ((given,),) = database.rows("SELECT count(*) FROM randomization.allocation")
    assert given == 7
    again = [answer.status_code for answer in answered(api, children)]
    assert Counter(again) == {200: 7, 409: 13}


def test_of_two_requests_for_the_last_slot_by_one_child_both_are_answered_with_it(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> None:
    """Both have seen a child without an arm before the first one took the slot."""
    activate(STUDY)
    api = client_for("randomization")
    open_trial(api)
    use_up(database, "L1", but=1)
    screen(database, "S01-001", study=STUDY)
    calls = [api.call("POST", "/allocations", json=request("S01-001"), key=key) for key in "ab"]
    answers = behind_one_lock(api, database, calls)
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    assert answers[0].content == answers[1].content


def test_three_hundred_callers_of_five_connections_are_served_or_told_to_come_again(
    client_for: Callable[..., ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> None:
    activate(STUDY)
    api = client_for("randomization", pool_size=5)
    open_trial(api)
    children = [f"S01-{n:03}" for n in range(1, 31)]
    screen(database, *children, study=STUDY)
    calls = (
        api.call("POST", "/allocations", json=request(child), key=f"{child} for the {n}th time")
        for n in range(10)
        for child in children
    )
    answers = api.together(calls)
    assert len(answers) == 300
    assert {answer.status_code for answer in answers} <= {200, 201, 409, 503}
    left = [
        c for c in children if not any(a.is_success and a.json()["subject"] == c for a in answers)
    ]
    assert all(answer.is_success for answer in answered(api, left))
    place = "SELECT count(*), count(DISTINCT position), max(position) FROM randomization.allocation"
    assert database.rows(place) == [(30, 30, 30)]
