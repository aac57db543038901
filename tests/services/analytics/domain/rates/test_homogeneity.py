"""Whether a difference of rates is the same in every stratum."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from services.analytics.domain.rates.homogeneity import ONE_LEVEL, difference_homogeneity
from services.analytics.domain.rates.table import TwoByTwo

TABLES = [TwoByTwo(9, 12, 4, 11), TwoByTwo(3, 8, 7, 9), TwoByTwo(15, 20, 6, 10)]


@st.composite
def any_table(draw: st.DrawFn) -> TwoByTwo:
    n1, n2 = draw(st.integers(0, 12)), draw(st.integers(0, 12))
    return TwoByTwo(draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2)


def variance(table: TwoByTwo, difference: float) -> float:
    """At the likeliest rates that differ by so much, found by a search and not by the cubic."""

    def lost(p2: float) -> float:
        p1 = p2 + difference
        with np.errstate(all="ignore"):
            terms = (
                table.x1 * np.log(p1), (table.n1 - table.x1) * np.log(1 - p1),
                table.x2 * np.log(p2), (table.n2 - table.x2) * np.log(1 - p2),
            )  # fmt: skip
        return -float(sum(terms))

    low, high = max(0.0, -difference) + 1e-12, min(1.0, 1.0 - difference) - 1e-12
    p2 = float(minimize_scalar(lost, bounds=(low, high), method="bounded",
                               options={"xatol": 1e-13}).x)  # fmt: skip
    p1, n = p2 + difference, table.n1 + table.n2
    return (p1 * (1 - p1) / table.n1 + p2 * (1 - p2) / table.n2) * n / (n - 1)


def test_the_statistic_is_that_of_a_search_for_the_same_rates() -> None:
    def score(difference: float) -> float:
        return sum((away(t, difference)) / variance(t, difference) for t in TABLES)

    def away(table: TwoByTwo, difference: float) -> float:
        return table.x1 / table.n1 - table.x2 / table.n2 - difference

    common = brentq(score, -0.9, 0.9, xtol=1e-13)
    expected = sum(away(t, common) ** 2 / variance(t, common) for t in TABLES)
    found = difference_homogeneity(TABLES)
    assert found.statistic == pytest.approx(expected, rel=1e-6)
    assert found.degrees_of_freedom == 2


def test_opposite_tables_by_hand() -> None:
    # 3 of 4 v 1 of 4, and the same swapped: common difference 0, pooled rate 1/2 in both, variance
    # (1/16 + 1/16) 8/7 = 1/7, so twice (1/2)^2 7.
    found = difference_homogeneity([TwoByTwo(3, 4, 1, 4), TwoByTwo(1, 4, 3, 4)])
    assert found.statistic == pytest.approx(3.5, rel=1e-9)
    assert found.p == pytest.approx(math.erfc(math.sqrt(1.75)), rel=1e-8)


def test_strata_alike_and_strata_without_variance_differ_in_nothing() -> None:
    assert difference_homogeneity([TABLES[0]] * 3).statistic == pytest.approx(0.0, abs=1e-12)
    for extreme in (TwoByTwo(5, 5, 0, 5), TwoByTwo(0, 5, 0, 7), TwoByTwo(4, 4, 6, 6)):
        assert difference_homogeneity([extreme] * 2).statistic == pytest.approx(0.0, abs=1e-9)


def test_a_stratum_of_one_arm_is_no_level() -> None:
    one_arm = TwoByTwo(0, 0, 3, 5)
    assert difference_homogeneity([*TABLES, one_arm]) == difference_homogeneity(TABLES)
    found = difference_homogeneity([TABLES[0], one_arm])
    assert (found.statistic, found.degrees_of_freedom, found.reason) == (None, 0, ONE_LEVEL)


@given(st.lists(any_table(), max_size=4))
def test_every_set_of_tables_has_an_answer_that_a_swap_of_arms_keeps(
    tables: list[TwoByTwo],
) -> None:
    found = difference_homogeneity(tables)
    other = difference_homogeneity([each.swapped() for each in tables])
    assert found.degrees_of_freedom == other.degrees_of_freedom
    if found.statistic is None or other.statistic is None:
        assert found.reason == other.reason == ONE_LEVEL
        return
    assert math.isfinite(found.statistic)
    assert found.statistic >= 0
    assert other.statistic == pytest.approx(found.statistic, rel=1e-6, abs=1e-7)
