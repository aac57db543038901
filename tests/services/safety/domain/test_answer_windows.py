"""When a report that was sent and not accepted is told to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from services.safety.domain.answer_windows import Sent, at_once, unanswered_steps

FRIDAY = datetime(2026, 4, 3, 18, 0, tzinfo=UTC)
NONE: frozenset[str] = frozenset()


def steps(hours: float, *, authority: str = "EU", channel: str = "e2b") -> list[str]:
    sent = Sent(authority, channel, FRIDAY, 1)
    return [step.id for step in unanswered_steps(sent, FRIDAY + timedelta(hours=hours), NONE)]


@pytest.mark.parametrize(
    ("authority", "channel", "first", "second"),
    [("EU", "e2b", 24, 48), ("US", "e2b", 24, 48), ("EU", "letter", 72, 120)],
)
def test_a_report_without_an_answer_is_told_in_time_and_a_weekend_puts_nothing_off(
    authority: str, channel: str, first: int, second: int
) -> None:
    def told(hours: float) -> list[str]:
        return steps(hours, authority=authority, channel=channel)

    assert told(first - 0.01) == []
    assert told(first) == ["no_answer/1"]
    assert told(second - 0.01) == ["no_answer/1"]
    assert told(second) == ["no_answer/1", "no_answer_in_window/1"]


def test_a_step_that_was_taken_comes_no_more_and_another_report_has_its_own() -> None:
    late = FRIDAY + timedelta(days=9)
    sent = Sent("EU", "e2b", FRIDAY, 2)
    found = unanswered_steps(sent, late, frozenset({"no_answer/1", "no_answer/2"}))
    assert [step.id for step in found] == ["no_answer_in_window/2"]
    assert found[0].at == FRIDAY + timedelta(hours=48)
    assert "sponsor" in found[0].roles


def test_a_rejection_and_a_conflict_are_steps_of_their_own_to_named_roles() -> None:
    rejected, conflict = at_once("rejected", 3, FRIDAY), at_once("conflict", 3, FRIDAY)
    assert (rejected.id, conflict.id) == ("rejected/3", "conflict/3")
    assert rejected.at == FRIDAY
    assert {"safety_desk", "safety_physician"} <= {*rejected.roles} & {*conflict.roles}
