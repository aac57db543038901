"""A query without an answer is told of again at its rungs, each once."""

from datetime import timedelta

from services.safety.domain.query_windows import query_steps
from tests.services.safety.domain.story import local

RAISED = local("2026-03-01")


def due(hours: float, *taken: str) -> list[str]:
    at = RAISED + timedelta(hours=hours)
    return [step.id for step in query_steps(RAISED, at, frozenset(taken))]


def test_nothing_is_told_before_the_first_window_ends() -> None:
    assert due(47.99) == []
    assert due(48) == ["unanswered"]


def test_a_step_is_taken_once_and_a_missed_one_is_caught_up() -> None:
    assert due(119, "unanswered") == []
    assert due(120) == ["unanswered", "unanswered_for_five_days"]
    assert due(1000, "unanswered") == ["unanswered_for_five_days"]


def test_a_step_names_its_instant_and_its_roles() -> None:
    (step,) = query_steps(RAISED, RAISED + timedelta(hours=50), frozenset())
    assert step.at == RAISED + timedelta(hours=48)
    assert "investigator" in step.roles
