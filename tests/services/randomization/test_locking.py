"""Two sessions led step by step through the allocating transaction, in every order.

What a pause and a limit do between two sessions is in ``test_locking_gates``.
"""

import itertools
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.services.randomization.expected import FROM_24, STUDY, UNDER_24
from tests.services.randomization.sessions import Session, Watcher, used
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


def dies(session: Session, watch: Watcher) -> None:
    watch.end(session.pid)


@pytest.mark.parametrize("exclusive", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("site", ["S01", "S02"])
def test_the_second_waits_and_gets_the_number_after_the_first_ones(
    two: tuple[Session, Session], watch: Watcher, database: TestDatabase,
    exclusive: tuple[bool, bool], site: str,
) -> None:  # fmt: skip
    first, second = two
    taken = first.take("A", exclusive=exclusive[0])
    assert taken["position"] == 1
    first.record(taken)
    waiting = second.later(lambda: second.take("B", site=site, exclusive=exclusive[1]))
    watch.until_waits(second.pid, first.pid, waiting)
    first.commit()
    assert waiting.result()["position"] == 2
    second.commit()
    assert used(database) == [(UNDER_24, 1, "A"), (UNDER_24, 2, "B")]


@pytest.mark.parametrize("end", [lambda one, _: one.rollback(), dies], ids=["rollback", "death"])
def test_the_second_gets_the_very_number_that_the_first_gave_up(
    two: tuple[Session, Session], watch: Watcher, database: TestDatabase,
    end: Callable[[Session, Watcher], None],
) -> None:  # fmt: skip
    first, second = two
    assert first.take("A")["position"] == 1
    waiting = second.later(lambda: second.take("B"))
    # It never skips ahead to 2, which would turn the order round when the first gives up.
    watch.until_waits(second.pid, first.pid, waiting)
    end(first, watch)
    assert waiting.result()["position"] == 1
    second.commit()
    assert used(database) == [(UNDER_24, 1, "B")]


def test_strata_do_not_wait_for_each_other_where_nothing_counts_across_them(
    two: tuple[Session, Session], database: TestDatabase
) -> None:
    first, second = two
    assert first.take("A")["position"] == second.take("B", FROM_24)["position"] == 1
    second.commit()
    first.commit()
    assert used(database) == [(FROM_24, 1, "B"), (UNDER_24, 1, "A")]


@pytest.mark.parametrize("exclusive", [False, True])
def test_screening_and_reading_go_on_while_a_number_is_being_taken(
    two: tuple[Session, Session], api: ApiClient, database: TestDatabase, exclusive: bool
) -> None:
    """Were it locked FOR UPDATE, every row that refers to the study would wait."""
    first, second = two
    first.take("A", exclusive=exclusive)
    # Whatever had to wait now would never be let go: it would end in an error here.
    second.connection.execute("SET lock_timeout = '500ms'")
    second.execute(
        "INSERT INTO randomization.screening VALUES (%s, 'S01-009', 'S01', now(), NULL)", STUDY
    )
    second.commit()
    with database.admin() as screening:
        screening.execute("SET lock_timeout = '500ms'")
        screening.execute(
            "SELECT set_config('app.actor', 'x', false), set_config('app.role', 'x', false),"
            " set_config('app.request', 'x', false)"
        )
        screening.execute(
            "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
            " birth_year_month, sex, consented_on, registered_at)"
            " VALUES (%s, 'S01-009', 'S01', 'screening', '2015-01', 'male', '2024-01-20', now())",
            (STUDY,),
        )
    assert api.get("/enrolment").json()["screened"] == 1
    assert api.get("/allocations").json()["items"] == []


@pytest.mark.parametrize("won", [True, False], ids=["commit", "rollback"])
def test_of_one_child_in_two_strata_at_once_one_wins(
    two: tuple[Session, Session], watch: Watcher, database: TestDatabase, won: bool
) -> None:
    first, second = two
    first.take("A")
    waiting = second.later(lambda: second.take("A", FROM_24))
    watch.until_waits(second.pid, first.pid, waiting)
    if won:
        first.commit()
        assert isinstance(waiting.exception(), psycopg.errors.UniqueViolation)
        second.rollback()
        assert used(database) == [(UNDER_24, 1, "A")]
    else:
        first.rollback()
        assert waiting.result()["position"] == 1
        second.commit()
        assert used(database) == [(FROM_24, 1, "A")]


def test_no_order_of_two_sessions_ends_in_a_deadlock_a_gap_or_a_number_twice(
    two: tuple[Session, Session], watch: Watcher, database: TestDatabase
) -> None:
    """Every pair of strata, sites, lock strengths and ends; the second starts under the first."""
    counted = itertools.count(1)
    committed: dict[str, list[str]] = {UNDER_24: [], FROM_24: []}
    ways = itertools.product((UNDER_24, FROM_24), (True, False), ("commit", "rollback"))
    for one, other in itertools.product(list(ways), repeat=2):
        acts: list[tuple[Session, str, dict[str, Any]]] = []
        for session, site, (label, exclusive, _) in zip(two, ("S01", "S02"), (one, other),
                                                        strict=True):  # fmt: skip
            place = {"label": label, "site": site, "exclusive": exclusive}
            acts.append((session, f"X-{next(counted)}", place))
        (first, child, place), (second, later_child, later_place) = acts
        first.record(first.take(child, **place))
        step = second.later(lambda s=second, c=later_child, p=later_place: s.take(c, **p))
        if one[0] == other[0] or one[1] or other[1]:
            watch.until_waits(second.pid, first.pid, step)
        else:
            assert step.result()["position"] == len(committed[other[0]]) + 1
        for session, name, end in ((first, child, one), (second, later_child, other)):
            if session is second:
                second.record(step.result())
            getattr(session, end[2])()
            if end[2] == "commit":
                committed[end[0]].append(name)
    assert used(database) == [
        (label, n, name)
        for label in sorted(committed)
        for n, name in enumerate(committed[label], start=1)
    ]
