"""Gray's test by hand for four subjects, and what holds for any data."""

import pytest
from hypothesis import given, settings

from services.analytics.domain.competing.gray import NO_EVENTS, gray
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.score_test import NO_COMPARISON, NOT_POSITIVE
from tests.services.analytics.domain.competing.causes import by_arm, ends, seen

EMPTY = CompetingTable.of((), 1)


def test_the_score_counts_those_gone_by_another_cause_as_still_at_risk() -> None:
    found = gray([[seen((1, 2), (2, 1)), seen((2, 0), (3, 1))]])
    # Day 1: no event of the cause. Day 2: one at risk of two in the first arm, but S = 1/2
    # and so a share of 2 against 2; day 3: 2 (the first arm has left) against 1 / 1.
    assert found.score[0] == pytest.approx(1 - 2 / 4 - 0)
    assert found.score.sum() == pytest.approx(0)


def test_the_variance_of_one_event_by_hand() -> None:
    found = gray([[seen((1, 1), (9, 0)), seen((9, 0), (9, 0))]])
    # One event among shares 2 and 2; the drift ends with the only event and so adds nothing:
    # a = 2 (1 - 1/2) = 1 and -1, each group's weight 1 / (4 * 2).
    assert found.score[0] == pytest.approx(1 / 2)
    assert found.variance[0, 0] == pytest.approx(1 / 8 + 1 / 8)
    assert found.test.statistic == pytest.approx(1)


@pytest.mark.parametrize(
    ("arms", "reason"),
    [
        ([seen((1, 2), (2, 0)), seen((1, 2))], NO_EVENTS),
        ([EMPTY, EMPTY], NO_EVENTS),
        ([seen((1, 1), (2, 0)), EMPTY], NO_COMPARISON),
    ],
)
def test_where_no_test_is_possible_the_reason_is_given(
    arms: list[CompetingTable], reason: str
) -> None:
    found = gray([arms])
    assert (found.test.statistic, found.test.p, found.test.reason) == (None, None, reason)
    assert {row.estimate.reason for row in found.statistics()} == {reason}


def test_the_rows_name_the_cause() -> None:
    rows = gray([[seen((1, 1), (9, 0)), seen((9, 0), (9, 0))]]).statistics()
    assert [row.name for row in rows] == ["gray_chi_square", "gray_p"]
    assert {row.convention["cause"] for row in rows} == {1}


def test_strata_add_their_scores_and_variances() -> None:
    first = [seen((1, 1), (9, 0)), seen((9, 0), (9, 0))]
    second = [seen((2, 2), (5, 1)), seen((3, 1), (7, 0), (8, 0))]
    whole, parts = gray([first, second]), [gray([first]), gray([second])]
    assert whole.score == pytest.approx(parts[0].score + parts[1].score)
    assert whole.variance == pytest.approx(parts[0].variance + parts[1].variance)


@settings(deadline=None)
@given(ends())
def test_swapping_arms_keeps_chi_square(cells: list[CauseCount]) -> None:
    one, other = (gray(by_arm(cells, arms)).test for arms in (("a", "b"), ("b", "a")))
    assert one.reason == other.reason
    if one.statistic is not None:
        assert one.statistic == pytest.approx(other.statistic, rel=1e-8, abs=1e-9)


@settings(deadline=None)
@given(ends(), ends(("a",), strata=("alone",)))
def test_a_stratum_of_one_arm_changes_nothing(
    cells: list[CauseCount], alone: list[CauseCount]
) -> None:
    without, with_it = (gray(by_arm(c, ("a", "b"))) for c in (cells, [*cells, *alone]))
    assert with_it.score == pytest.approx(without.score, abs=1e-9)
    if without.test.statistic is not None:
        assert with_it.test.statistic == pytest.approx(without.test.statistic, rel=1e-8, abs=1e-9)


def test_a_variance_that_is_negative_in_a_direction_gives_no_chi_square() -> None:
    cells = [
        CauseCount("a", "x", 0.0, 0, 2), CauseCount("a", "x", 0.0, 2, 3),
        CauseCount("a", "x", 1.0, 0, 1), CauseCount("a", "y", 0.0, 0, 1),
        CauseCount("b", "x", 1.0, 1, 3), CauseCount("c", "x", 1.0, 1, 1),
    ]  # fmt: skip
    test = gray(by_arm(cells, ("a", "b", "c"))).test
    assert (test.statistic, test.reason) == (None, NOT_POSITIVE)


@settings(deadline=None)
@given(ends(("a", "b", "c")))
def test_any_data_give_a_chi_square_or_a_reason(cells: list[CauseCount]) -> None:
    test = gray(by_arm(cells, ("a", "b", "c"))).test
    assert (test.statistic is None) == (test.reason is not None)
    if test.statistic is not None:
        assert test.statistic >= 0
        assert 0 <= (test.p or 0.0) <= 1
