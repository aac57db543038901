"""The escalation ladder: when its steps are due, and that none is skipped."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.domain.ladder import due_steps, steps
from tests.services.safety.domain.story import shipped

BEGAN = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
DUE = BEGAN + timedelta(days=8)


def ladder():
    safety = shipped().safety
    assert safety is not None
    return safety.escalation


@pytest.mark.proves("SAF-3", kind="oracle")
def test_the_steps_lie_at_half_three_quarters_a_day_before_the_due_instant_and_after_it() -> None:
    found = {step.id: step.at - BEGAN for step in steps(ladder(), BEGAN, DUE)}
    assert found == {
        "half": timedelta(days=4),
        "three_quarters": timedelta(days=6),
        "day_before": timedelta(days=7),
        "due": timedelta(days=8),
        "overdue": timedelta(days=8, hours=1),
    }


def test_on_the_24_hour_clock_the_day_before_is_at_once() -> None:
    found = {step.id: step.at for step in steps(ladder(), BEGAN, BEGAN + timedelta(hours=24))}
    assert found["day_before"] == BEGAN
    assert found["half"] == BEGAN + timedelta(hours=12)


def test_every_step_names_roles_of_the_definition() -> None:
    assert all(step.roles for step in steps(ladder(), BEGAN, DUE))
    due = next(step for step in steps(ladder(), BEGAN, DUE) if step.id == "due")
    assert "sponsor" in due.roles


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=12))
def test_however_sweeps_are_missed_each_step_is_taken_once_and_never_early(
    hours: list[int],
) -> None:
    taken: list[str] = []
    for hour in sorted(hours):
        now = BEGAN + timedelta(hours=hour)
        for step in due_steps(ladder(), BEGAN, DUE, now, frozenset(taken)):
            assert step.at <= now
            taken.append(step.id)
    last = BEGAN + timedelta(hours=max(hours, default=-1))
    wanted = [step.id for step in steps(ladder(), BEGAN, DUE) if step.at <= last]
    assert sorted(taken) == sorted(wanted)
