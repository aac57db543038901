"""Closed forms computed by hand for at most six subjects."""

import math
from dataclasses import replace
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.kaplan_meier import (
    LIMITS_AT_ONE,
    LIMITS_AT_ZERO,
    PAST_LAST,
    kaplan_meier,
)
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.specification import ConfidenceType
from tests.services.analytics.cases import table, trials

Z = NormalDist().inv_cdf(0.975)


def test_survival_is_the_product_of_the_shares_that_survive_each_day() -> None:
    curve = kaplan_meier(table(1, "2+", 3, 3, "5+", 6), 0.95)
    # 5/6, then 4 at risk and two events, then one at risk and one event.
    assert curve.survival.tolist() == pytest.approx([5 / 6, 5 / 6, 5 / 12, 5 / 12, 0])


def test_limits_are_symmetric_on_the_log_log_scale() -> None:
    curve = kaplan_meier(table(1, "2+", 3, 3, "5+", 6), 0.95)
    survival = 5 / 12
    variance = 1 / (6 * 5) + 2 / (4 * 2)
    half = Z * math.sqrt(variance) / math.log(survival)
    point = curve.at(4)
    assert point.value == pytest.approx(survival)
    assert point.lower == pytest.approx(math.exp(math.log(survival) * math.exp(-half)))
    assert point.upper == pytest.approx(math.exp(math.log(survival) * math.exp(half)))
    assert curve.standard_error_at(4).value == pytest.approx(survival * math.sqrt(variance))


@pytest.mark.parametrize("conf_type", list(ConfidenceType))
def test_limits_are_symmetric_on_the_scale_they_are_named_for(conf_type: ConfidenceType) -> None:
    point = kaplan_meier(table(1, 2, "3+", "4+"), 0.5, conf_type).at(2)
    variance = 1 / (4 * 3) + 1 / (3 * 2)
    s, half = 0.5, NormalDist().inv_cdf(0.75) * math.sqrt(variance)
    lower, upper = {
        ConfidenceType.PLAIN: (s - s * half, s + s * half),
        ConfidenceType.LOG: (s * math.exp(-half), s * math.exp(half)),
        # ln(-ln S) has the standard error sqrt(v) / ln 2, logit S has sqrt(v) / (1 - S).
        ConfidenceType.LOG_LOG: (
            s ** math.exp(half / math.log(2)),
            s ** math.exp(-half / math.log(2)),
        ),
        ConfidenceType.LOGIT: (
            1 / (1 + math.exp(2 * half)),
            1 / (1 + math.exp(-2 * half)),
        ),
    }[conf_type]
    assert (point.value, point.lower, point.upper) == pytest.approx((s, lower, upper))


@pytest.mark.parametrize("conf_type", [ConfidenceType.PLAIN, ConfidenceType.LOG])
def test_limits_that_leave_the_unit_interval_are_cut(conf_type: ConfidenceType) -> None:
    assert kaplan_meier(table(1, 2, 3), 0.95, conf_type).at(1).upper == 1.0
    if conf_type is ConfidenceType.PLAIN:
        assert kaplan_meier(table(1, 2, 3), 0.95, conf_type).at(2).lower == 0.0


@pytest.mark.parametrize("conf_type", list(ConfidenceType))
def test_before_the_first_event_plain_and_log_limits_are_one_and_the_others_are_not_estimable(
    conf_type: ConfidenceType,
) -> None:
    point = kaplan_meier(table("2+", 3), 0.95, conf_type).at(2)
    if conf_type in {ConfidenceType.PLAIN, ConfidenceType.LOG}:
        assert point == Estimate(1.0, 1.0, 1.0)
    else:
        assert point == Estimate(1.0, reason=LIMITS_AT_ONE)


@pytest.mark.parametrize("conf_type", list(ConfidenceType))
def test_no_limit_exists_at_zero_under_any_transformation(conf_type: ConfidenceType) -> None:
    assert kaplan_meier(table(1, 2), 0.95, conf_type).at(2) == Estimate(0.0, reason=LIMITS_AT_ZERO)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_a_level_outside_the_open_unit_interval_is_an_error(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        kaplan_meier(table(1, 2), level)


@settings(deadline=None)
@given(trials(least=1), st.sampled_from(list(ConfidenceType)), st.floats(0.01, 0.99))
def test_limits_contain_the_estimate(
    observations: list[Observation], conf_type: ConfidenceType, level: float
) -> None:
    made = LifeTable.of(count(observations, ("a", "b")).cells)
    curve = kaplan_meier(made, level, conf_type)
    for time in made.times:
        point = curve.at(float(time))
        assert point.value is not None
        if point.lower is not None and point.upper is not None:
            assert 0 <= point.lower <= point.value + 1e-12
            assert point.value - 1e-12 <= point.upper <= 1
        else:
            assert point.reason


@settings(deadline=None)
@given(trials(least=1), st.integers(1, 9))
def test_a_change_of_the_unit_of_time_changes_no_probability_and_scales_every_quantile(
    observations: list[Observation], factor: int
) -> None:
    longer = [replace(each, time=each.time * factor) for each in observations]
    one, other = (
        kaplan_meier(LifeTable.of(count(each, ("a", "b")).cells), 0.95)
        for each in (observations, longer)
    )
    assert one.survival.tolist() == other.survival.tolist()
    for first, second in zip(one.quantiles(0.5), other.quantiles(0.5), strict=True):
        assert second.time == (None if first.time is None else pytest.approx(first.time * factor))


@settings(deadline=None)
@given(trials(least=1), st.data())
def test_the_order_of_the_subjects_and_the_way_they_are_split_change_no_bit(
    observations: list[Observation], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(observations))
    cut = data.draw(st.integers(0, len(shuffled)))
    shards = count(shuffled[:cut], ("a", "b")) + count(shuffled[cut:], ("a", "b"))
    one, other = (
        kaplan_meier(LifeTable.of(counts.cells), 0.95)
        for counts in (count(observations, ("a", "b")), shards)
    )
    assert one.survival.tobytes() == other.survival.tobytes()
    assert one.lower.tobytes() == other.lower.tobytes()


def test_a_wider_level_gives_wider_limits() -> None:
    narrow, wide = (kaplan_meier(table(1, 2, 3, 4), level).at(2) for level in (0.8, 0.95))
    assert wide.lower < narrow.lower < narrow.value < narrow.upper < wide.upper  # type: ignore[operator]


def test_before_the_first_observed_day_survival_and_limits_are_one() -> None:
    curve = kaplan_meier(table("2+", 3), 0.95)
    assert curve.at(1.9) == Estimate(1.0, 1.0, 1.0)
    assert curve.standard_error_at(1.9) == Estimate(0.0)


def test_limits_at_one_are_not_estimable_from_the_first_observed_day_on() -> None:
    curve = kaplan_meier(table("2+", 3), 0.95)
    assert curve.at(2) == Estimate(1.0, reason=LIMITS_AT_ONE)
    assert curve.standard_error_at(2) == Estimate(0.0)


def test_at_zero_the_value_stands_and_its_limits_are_not_estimable() -> None:
    curve = kaplan_meier(table(1, 2), 0.95)
    assert curve.at(2) == Estimate(0.0, reason=LIMITS_AT_ZERO)
    assert curve.at(99) == Estimate(0.0, reason=LIMITS_AT_ZERO)
    assert curve.standard_error_at(2).value is None


def test_past_the_last_observed_day_nothing_is_estimable_while_someone_survives() -> None:
    curve = kaplan_meier(table(1, "2+"), 0.95)
    assert curve.at(2).value == 0.5
    assert curve.at(2.1) == Estimate(None, reason=PAST_LAST)
    assert curve.standard_error_at(2.1) == Estimate(None, reason=PAST_LAST)


def test_without_subjects_nothing_is_estimable() -> None:
    curve = kaplan_meier(LifeTable.of(()), 0.95)
    assert curve.at(0) == Estimate(None, reason=NO_SUBJECTS)
    assert [quantile.time for quantile in curve.quantiles(0.5)] == [None, None, None]


def test_an_event_on_day_zero_counts_from_day_zero() -> None:
    assert kaplan_meier(table(0, 4), 0.95).at(0).value == 0.5


def test_the_median_is_the_first_day_at_or_below_one_half() -> None:
    median = kaplan_meier(table(1, 2, 3, 4, 5), 0.95).quantiles(0.5)[0]
    assert (median.time, median.plateau) == (3.0, False)


def test_on_a_plateau_the_median_is_its_midpoint() -> None:
    median = kaplan_meier(table(1, 2, "3+", 5, "9+"), 0.95).quantiles(0.4)[0]
    assert (median.time, median.plateau) == (3.5, True)  # S = 0.6 from day 2 to day 5


def test_a_plateau_to_the_end_of_follow_up_ends_on_the_last_observed_day() -> None:
    median = kaplan_meier(table(1, 2, "8+", "9+"), 0.95).quantiles(0.5)[0]
    assert (median.time, median.plateau) == (5.5, True)


def test_a_plateau_is_found_although_products_are_rounded() -> None:
    # S = 9/10 8/9 7/8 6/7 5/6: exactly 1/2, but not in binary arithmetic.
    curve = kaplan_meier(table(1, 2, 3, 4, 5, 7, "8+", "8+", "8+", "8+"), 0.95)
    assert curve.quantiles(0.5)[0].time == 6.0


def test_the_median_is_not_reached_when_survival_stays_above_one_half() -> None:
    assert kaplan_meier(table(1, "2+", "3+"), 0.95).quantiles(0.5)[0].time is None


def test_survival_of_zero_does_not_close_the_upper_limit_of_the_median() -> None:
    # The upper limit is 0.9999 on day 1; on day 2, S = 0, it is not estimable.
    estimate, lower, upper = kaplan_meier(table(1, 2), 0.95).quantiles(0.5)
    assert (estimate.time, lower.time, upper.time) == (1.5, 1.0, None)


def test_where_a_limit_curve_rises_again_the_nearest_point_counts_as_in_r() -> None:
    # survival 3.5-3: quantile(survfit(Surv(time, event) ~ 1, conf.type = "log")). The upper limit
    # is 0.563 on day 15, 0.4532 on day 16 and 0.457 on day 17.
    ends = table(
        0, 0, 0, 0, "0+", 1, "2+", "5+", 7, 7, "7+", 8, "8+", "9+", 10, 11, 11, "12+", 13, 13,
        13, 14, 15, 16, 16, "16+", 17, "17+",
    )  # fmt: skip
    found = kaplan_meier(ends, 0.95, ConfidenceType.LOG).quantiles(0.5)
    assert [each.time for each in found] == [13.0, 10.0, 17.0]
