"""Pauses and limits hold inside the allocating transaction: two sessions, step by step."""

import pytest

from tests.services.randomization.expected import FROM_24, STUDY, UNDER_24
from tests.services.randomization.sessions import Session, Watcher, used
from tests.support.database import TestDatabase

CAP = {"id": "all", "scope": "study", "target": None, "limit": 1, "counts_in_error": True,
       "alerts": []}  # fmt: skip
GATES: list[tuple[str, str, str]] = [
    ("SELECT randomization.set_enrolment(%s, 'paused')", STUDY, "study-paused"),
    ("UPDATE randomization.site SET state = 'closed' WHERE site_id = %s", "S01", "site-not-open"),
]


def test_strata_wait_for_each_other_where_a_cap_counts_across_them(
    two: tuple[Session, Session], watch: Watcher, database: TestDatabase
) -> None:
    """The second counts only after the first's child is in, and is refused for it."""
    first, second = two
    first.record(first.take("A", caps=[CAP], exclusive=True))
    waiting = second.later(lambda: second.take("B", FROM_24, caps=[CAP], exclusive=True))
    watch.until_waits(second.pid, first.pid, waiting)
    first.commit()
    refused = waiting.result()
    assert (refused["refusal"], refused["cap"]) == ("cap-reached", "all")
    second.rollback()
    assert used(database) == [(UNDER_24, 1, "A")]


def test_a_place_under_a_cap_that_was_given_up_is_the_next_ones(
    two: tuple[Session, Session], watch: Watcher
) -> None:
    first, second = two
    first.record(first.take("A", caps=[CAP], exclusive=True))
    waiting = second.later(lambda: second.take("B", FROM_24, caps=[CAP], exclusive=True))
    watch.until_waits(second.pid, first.pid, waiting)
    first.rollback()
    assert (waiting.result()["refusal"], waiting.result()["position"]) == (None, 1)


@pytest.mark.parametrize(("statement", "what", "refusal"), GATES)
def test_who_waits_behind_a_pause_is_refused_by_it_unless_it_is_taken_back(
    two: tuple[Session, Session], watch: Watcher, statement: str, what: str, refusal: str
) -> None:
    first, second = two
    for end, expected in ((first.rollback, None), (first.commit, refusal)):
        first.execute(statement, what)
        waiting = second.later(lambda: second.take("B"))
        watch.until_waits(second.pid, first.pid, waiting)
        end()
        assert waiting.result()["refusal"] == expected
        second.rollback()


@pytest.mark.parametrize(("statement", "what", "refusal"), GATES)
def test_a_pause_waits_for_the_allocation_under_way_and_nobody_follows_it(
    two: tuple[Session, Session], watch: Watcher, database: TestDatabase,
    statement: str, what: str, refusal: str,
) -> None:  # fmt: skip
    first, second = two
    first.take("A")
    pause = second.later(lambda: second.execute(statement, what))
    watch.until_waits(second.pid, first.pid, pause)
    first.commit()
    pause.result()
    second.commit()
    assert first.take("B")["refusal"] == refusal
    first.rollback()
    assert used(database) == [(UNDER_24, 1, "A")]
