"""What holds when many ask at once."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from httpx import Response

from shared.study import StudyDefinition
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
