"""Cumulative incidence by hand for at most six subjects, and what holds for any data."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings

from services.analytics.domain.competing.incidence import (
    ALL_BY_THIS_CAUSE,
    NO_EVENT_YET,
    cumulative_incidence,
)
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.kaplan_meier import PAST_LAST, kaplan_meier
from tests.services.analytics.domain.competing.causes import ends, seen

Z = NormalDist().inv_cdf(0.975)


def test_the_incidence_and_its_variance_by_hand() -> None:
    curve = cumulative_incidence(seen((1, 1), (2, 2), (3, 0), (4, 1), (5, 0)), 0.95)
    # S: 4/5, 3/5, 3/5, 3/10. F: 1/5, 1/5, 1/5, 1/5 + 3/5 / 2.
    assert curve.incidence.tolist() == pytest.approx([0.2, 0.2, 0.2, 0.5, 0.5])
    # By day 4: the share of what is still to come among those left after each day.
    first = (0.2 - 0.5) / 0.8
    second = (0.2 - 0.5) / 0.6
    variance = (1 / 5) ** 2 * (1 + first) ** 2 + (0.8 / 4) ** 2 * second**2 + (0.6 / 2) ** 2
    assert curve.standard_error_at(4).value == pytest.approx(math.sqrt(variance))
    half = Z * math.sqrt(variance) / (0.5 * math.log(2))
    point = curve.at(4)
    assert point.lower == pytest.approx(0.5 ** math.exp(half))
    assert point.upper == pytest.approx(0.5 ** math.exp(-half))


def test_tied_events_of_the_cause_lessen_the_variance() -> None:
    curve = cumulative_incidence(seen((1, 1), (1, 1), (2, 0), (2, 0)), 0.95)
    # Two of four at once: 2 (1 - 1/3) / 16.
    assert curve.standard_error_at(1).value == pytest.approx(math.sqrt(1 / 12))


def test_before_the_first_event_of_the_cause_the_incidence_is_zero_without_limits() -> None:
    curve = cumulative_incidence(seen((1, 2), (3, 1), (4, 0)), 0.95)
    assert curve.at(0.5) == Estimate(0.0, reason=NO_EVENT_YET)
    assert curve.at(1) == Estimate(0.0, reason=NO_EVENT_YET)
    assert curve.standard_error_at(1).value == 0.0


def test_past_the_last_day_the_incidence_stands_only_if_nobody_is_left() -> None:
    assert cumulative_incidence(seen((1, 1), (2, 0)), 0.95).at(2.5).reason == PAST_LAST
    assert cumulative_incidence(seen((1, 1), (2, 2)), 0.95).at(9).value == 0.5


def test_where_all_have_this_event_the_incidence_is_one_without_limits() -> None:
    curve = cumulative_incidence(seen((1, 1), (2, 1), (7, 1)), 0.95)
    assert curve.at(7) == Estimate(1.0, reason=ALL_BY_THIS_CAUSE)


def test_an_incidence_of_one_after_censoring_has_no_limits_either() -> None:
    # 1 - 1/3 - 1/3 ... in floats need not end at 0: the counts tell.
    for size in range(3, 40):
        table = seen(*((float(day), 1) for day in range(1, size)), (1.5, 0))
        found = cumulative_incidence(table, 0.95).at(float(size))
        assert (found.value, found.lower, found.upper) == (1.0, None, None), size
        assert found.reason == ALL_BY_THIS_CAUSE


def test_without_subjects_nothing_is_estimable() -> None:
    curve = cumulative_incidence(CompetingTable.of((), 1), 0.95)
    assert curve.at(1) == Estimate(None, reason=NO_SUBJECTS)
    assert {row.estimate.reason for row in curve.statistics(1)} == {NO_SUBJECTS}


def test_the_rows_name_the_cause_and_the_variance() -> None:
    rows = cumulative_incidence(seen((1, 1), (2, 0)), 0.95).statistics(1)
    assert {row.convention["cif_variance"] for row in rows} == {"aalen"}
    assert {row.convention["cause"] for row in rows} == {1}


def test_censoring_is_no_cause_and_counts_are_not_negative() -> None:
    with pytest.raises(ValueError, match="censoring"):
        CompetingTable.of((), 0)
    with pytest.raises(ValueError, match="not be negative"):
        CauseCount("a", "", 1.0, 1, -1)
    with pytest.raises(ValueError, match="finite"):
        CauseCount("a", "", math.inf, 1, 1)


@settings(deadline=None)
@given(ends())
def test_the_incidences_of_all_causes_and_survival_sum_to_one(cells: list[CauseCount]) -> None:
    curves = [cumulative_incidence(CompetingTable.of(cells, cause), 0.95) for cause in (1, 2, 3)]
    total = sum(curve.incidence for curve in curves) + curves[0].survival
    assert total.tolist() == pytest.approx([1.0] * total.size)


@settings(deadline=None)
@given(ends())
def test_without_competing_events_the_incidence_is_what_survival_leaves(
    cells: list[CauseCount],
) -> None:
    alone = CompetingTable.of((cell for cell in cells if cell.cause < 2), 1)
    incidence = cumulative_incidence(alone, 0.95).incidence
    survival = kaplan_meier(alone.of_any_cause(), 0.95).survival
    assert incidence.tolist() == pytest.approx((1 - survival).tolist(), abs=1e-12)


@settings(deadline=None)
@given(ends())
def test_limits_contain_the_incidence_or_have_a_reason(cells: list[CauseCount]) -> None:
    curve = cumulative_incidence(CompetingTable.of(cells, 1), 0.9)
    for time in curve.table.times:
        point = curve.at(float(time))
        assert point.value is not None
        if point.lower is not None and point.upper is not None:
            assert 0 <= point.lower <= point.value + 1e-12
            assert point.value - 1e-12 <= point.upper <= 1
        else:
            assert point.reason


@settings(deadline=None)
@given(ends())
def test_split_counts_give_the_same_bits_as_whole_ones(cells: list[CauseCount]) -> None:
    split = [
        CauseCount(cell.arm, cell.stratum, cell.time, cell.cause, 1)
        for cell in reversed(cells)
        for _ in range(cell.subjects)
    ]
    one, other = (cumulative_incidence(CompetingTable.of(c, 1), 0.95) for c in (cells, split))
    assert one.incidence.tobytes() == other.incidence.tobytes()
