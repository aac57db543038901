"""Concentrations at a visit: by hand, and what holds for any samples."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.concentrations import (
    MEAN_OF_ZERO,
    NO_VALUES,
    NOT_POSITIVE,
    ONE_VALUE,
    BelowLimit,
    Concentration,
    summarize,
)
from services.analytics.domain.display import decimals


def samples(*values: float | None) -> list[Concentration]:
    return [Concentration(value, limit=1.0) for value in values]


@pytest.mark.proves("S6", kind="oracle")
def test_arithmetic_and_geometric_statistics_by_hand() -> None:
    found = summarize(samples(2.0, 8.0))
    assert found.mean.value == 5.0
    assert found.sd.value == pytest.approx(math.sqrt(18))
    assert found.cv_percent.value == pytest.approx(100 * math.sqrt(18) / 5)
    assert found.geometric_mean.value == pytest.approx(4)
    spread = 2 * math.log(2) ** 2  # ln 2 to either side of ln 4
    assert found.geometric_cv_percent.value == pytest.approx(100 * math.sqrt(math.exp(spread) - 1))


def test_quartiles_follow_sas_definition_five() -> None:
    ten = summarize(samples(*range(1, 11)))
    assert [each.value for each in ten.quartiles] == [3.0, 5.5, 8.0]
    eight = summarize(samples(*range(1, 9)))
    assert [each.value for each in eight.quartiles] == [2.5, 4.5, 6.5]
    assert (ten.minimum.value, ten.maximum.value) == (1.0, 10.0)


def test_the_rule_decides_what_a_value_below_the_limit_counts_as() -> None:
    means = {rule: summarize(samples(None, 3.0), rule).mean.value for rule in BelowLimit}
    assert means == {BelowLimit.ZERO: 1.5, BelowLimit.HALF: 1.75, BelowLimit.MISSING: 3.0}
    for rule in BelowLimit:
        found = summarize(samples(None, 3.0), rule)
        assert (found.n, found.n_below) == (2, 1)


def test_a_value_of_zero_has_no_geometric_mean() -> None:
    found = summarize(samples(None, 3.0))
    assert found.geometric_mean.reason == NOT_POSITIVE
    assert found.geometric_cv_percent.reason == NOT_POSITIVE
    half = summarize(samples(None, 2.0), BelowLimit.HALF)
    assert half.geometric_mean.value == pytest.approx(1)


def test_where_all_are_below_the_limit_the_mean_is_zero_and_its_cv_not_estimable() -> None:
    found = summarize(samples(None, None))
    assert (found.mean.value, found.sd.value) == (0.0, 0.0)
    assert found.cv_percent.reason == MEAN_OF_ZERO
    assert summarize(samples(None, None), BelowLimit.MISSING).mean.reason == NO_VALUES


def test_one_value_has_a_mean_and_no_spread() -> None:
    found = summarize(samples(3.0))
    assert (found.mean.value, found.geometric_mean.value) == (3.0, pytest.approx(3.0))
    assert {found.sd.reason, found.cv_percent.reason, found.geometric_cv_percent.reason} == {
        ONE_VALUE
    }


def test_without_samples_only_the_numbers_of_samples_are_known() -> None:
    rows = {row.name: row.estimate for row in summarize([]).statistics("ng/mL")}
    assert (rows.pop("n").value, rows.pop("n_blq").value) == (0.0, 0.0)
    assert {estimate.reason for estimate in rows.values()} == {NO_VALUES}


def test_the_rows_name_their_rules_and_units() -> None:
    rows = {row.name: row for row in summarize(samples(2.0, 8.0)).statistics("ng/mL")}
    assert rows["median"].convention == {"blq": "0", "quantile_rule": "SAS definition 5"}
    assert (rows["mean"].unit, rows["cv_percent"].unit) == ("ng/mL", "%")


def test_a_displayed_half_is_rounded_away_from_zero() -> None:
    assert decimals(summarize(samples(0.1, 0.35)).mean.value, 2) == "0.23"  # 0.225


@pytest.mark.parametrize(
    ("value", "limit"), [(-1.0, 1.0), (math.nan, 1.0), (math.inf, 1.0), (1.0, 0.0), (1.0, math.nan)]
)
def test_impossible_values_and_limits_are_errors(value: float, limit: float) -> None:
    with pytest.raises(ValueError, match=r"concentration|limit"):
        Concentration(value, limit)


VALUES = st.lists(st.one_of(st.none(), st.floats(0.001, 1e4)), max_size=20)


@given(VALUES, st.sampled_from(list(BelowLimit)))
def test_every_number_is_between_the_extremes_or_has_a_reason(
    values: list[float | None], rule: BelowLimit
) -> None:
    found = summarize(samples(*values), rule)
    for row in found.statistics("ng/mL"):
        assert (row.estimate.value is None) == (row.estimate.reason is not None)
    low, high = found.minimum.value, found.maximum.value
    if low is not None and high is not None:
        for each in (found.mean, found.geometric_mean, *found.quartiles):
            if each.value is not None:
                assert low * (1 - 1e-9) <= each.value <= high * (1 + 1e-9)


@given(VALUES, st.data())
def test_the_order_of_the_samples_changes_no_bit(
    values: list[float | None], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(values))
    assert summarize(samples(*values)) == summarize(samples(*shuffled))
