"""What a report does to those before it: nothing, an amendment, or the nullification."""

from datetime import timedelta
from typing import Any

import pytest

from services.safety.domain.facts import Fact
from services.safety.domain.icsr_change import Change, Correction, Told, change
from tests.services.safety.domain.story import Story, local

START = local("2026-03-01")
SEALED = START + timedelta(days=2)
TOLD = Told("CZ-SPONSOR-1", None, SEALED)


def news(days: int, **value: Any) -> Fact:
    day = f"2026-03-{1 + days:02}"
    told = Story().tell("follow_up", day, significant=True, version=2, **value)
    return told.facts[0]


def correction(days: int, reason: str = "typed wrongly") -> Correction:
    return Correction(reason, START + timedelta(days=days))


def test_a_first_report_changes_nothing_whatever_became_of_the_case() -> None:
    assert change(None, (), [correction(3)], "no case") is None


def test_a_nullified_case_is_taken_back_with_its_reason() -> None:
    assert change(TOLD, [news(3)], [correction(3)], "no case") == Change("1", "no case")


def test_what_was_corrected_since_and_nothing_else_is_an_amendment_with_every_reason() -> None:
    corrections = [correction(1, "told already"), correction(3, "one"), correction(4, "two")]
    facts = [news(1), news(3, correction=True)]
    assert change(TOLD, facts, corrections, None) == Change("2", "one; two")


@pytest.mark.parametrize("corrections", [[], [correction(1)]])
def test_without_a_correction_since_a_report_is_a_follow_up(
    corrections: list[Correction],
) -> None:
    assert change(TOLD, [news(1)], corrections, None) is None


def test_new_information_makes_a_follow_up_of_what_would_be_an_amendment() -> None:
    assert change(TOLD, [news(3)], [correction(3)], None) is None


def test_a_reason_is_cut_to_what_the_element_holds() -> None:
    made = change(TOLD, (), [correction(3, "a" * 1500), correction(4, "b" * 1500)], None)
    assert made is not None
    assert (len(made.reason), made.reason[-3:]) == (2000, "...")
