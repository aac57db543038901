"""The score difference by hand, and what holds for every table."""

import math
from statistics import NormalDist

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.analytics.domain.rates.mantel_haenszel import mantel_haenszel
from services.analytics.domain.rates.score_difference import (
    ScoreMethod,
    StratumWeights,
    constrained_rates,
    score_difference,
    unskewed,
)
from services.analytics.domain.rates.table import NO_STRATUM, Strata, TwoByTwo
from tests.services.analytics.domain.rates.tables import several, two_by_two
from tests.support.examples import examples

METHODS = [
    (ScoreMethod.MIETTINEN_NURMINEN, StratumWeights.MH),
    (ScoreMethod.MIETTINEN_NURMINEN, StratumWeights.MN),
    (ScoreMethod.MEE, StratumWeights.MH),
    (ScoreMethod.SCAS, StratumWeights.IV),
]
Z = NormalDist().inv_cdf(0.975)


def test_without_any_success_the_limits_have_a_closed_form() -> None:
    # Under a difference of -d the rates are 0 and d, so z^2 = d n2 (N - 1) / ((1 - d) N).
    found = score_difference([TwoByTwo(0, 4, 0, 6)], 0.95).effect.estimate
    share2, share1 = (Z * Z * 10 / 9 / n for n in (6, 4))
    assert found.value == 0
    assert found.lower == pytest.approx(-share2 / (1 + share2))
    assert found.upper == pytest.approx(share1 / (1 + share1))


def test_mee_leaves_out_the_factor_of_miettinen_and_nurminen() -> None:
    tables = [TwoByTwo(3, 4, 1, 6)]
    mn, mee = (score_difference(tables, 0.95, method).z for method in list(ScoreMethod)[:2])
    assert mn is not None
    assert mee == pytest.approx(mn * math.sqrt(10 / 9))
    # At no difference both rates are 4 / 10.
    assert mee == pytest.approx((3 / 4 - 1 / 6) / math.sqrt(0.4 * 0.6 * (1 / 4 + 1 / 6)))


def test_a_margin_is_tested_with_the_rates_that_it_allows() -> None:
    found = score_difference([TwoByTwo(0, 4, 0, 6)], 0.95, tested=-0.2)
    assert found.z == pytest.approx(0.2 / math.sqrt(0.2 * 0.8 / 6 * 10 / 9))
    assert found.p_one_sided == pytest.approx((found.p_two_sided or 0) / 2)
    assert found.statistics()[1].convention["tested"] == -0.2


def test_tables_without_any_variance_have_limits_and_no_evidence_of_a_difference() -> None:
    for table in (TwoByTwo(0, 1, 0, 1), TwoByTwo(5, 5, 7, 7)):
        found = score_difference([table], 0.95)
        assert (found.z, found.p_two_sided) == (0.0, 1.0)
        assert found.effect.estimate.reason is None


def test_where_no_stratum_holds_both_arms_there_is_no_difference() -> None:
    found = score_difference([TwoByTwo(0, 0, 1, 3), TwoByTwo(2, 2, 0, 0)], 0.95)
    assert [row.estimate.reason for row in found.statistics()] == [NO_STRATUM] * 3
    assert (found.p_two_sided, found.p_one_sided) == (None, None)


def test_more_successes_than_subjects_and_impossible_margins_are_errors() -> None:
    with pytest.raises(ValueError, match="successes"):
        TwoByTwo(3, 2, 0, 1)
    for tested in (-1.0, 1.0, 1.5):
        with pytest.raises(ValueError, match="between -1 and 1"):
            score_difference([TwoByTwo(1, 2, 0, 1)], 0.95, tested=tested)
    with pytest.raises(ValueError, match="level"):
        score_difference([TwoByTwo(1, 2, 0, 1)], 1.0)


def test_a_correction_of_skewness_solves_its_equation_or_stays_at_the_vertex() -> None:
    corrected = unskewed(1.5, 0.1)
    assert corrected + 0.1 * (corrected**2 - 1) == pytest.approx(1.5)
    assert unskewed(1.5, 0.0) == 1.5
    assert unskewed(-9.0, 0.2) == -2.5


@given(two_by_two(), st.floats(-0.99, 0.99))
@example(TwoByTwo(3, 3, 2, 2), 1e-07)
def test_constrained_rates_keep_their_distance_and_are_the_likeliest(
    table: TwoByTwo, difference: float
) -> None:
    p1, p2 = (float(rate[0]) for rate in constrained_rates(Strata.of([table]), difference))
    assert p1 - p2 == pytest.approx(difference, abs=1e-9)
    best = likelihood(table, p1, p2)
    for share in (0.001, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999):
        other = max(0.0, -difference) + share * (1 - abs(difference))
        assert likelihood(table, other + difference, other) <= best + 1e-7


def likelihood(table: TwoByTwo, p1: float, p2: float) -> float:
    pairs = ((table.x1, p1), (table.n1 - table.x1, 1 - p1))
    pairs += ((table.x2, p2), (table.n2 - table.x2, 1 - p2))
    return sum(k * math.log(max(p, 1e-300)) for k, p in pairs if k)


@examples(0.6)
@given(several(), st.floats(0.5, 0.999), st.sampled_from(METHODS))
def test_swapped_arms_mirror_the_difference_and_its_limits(
    tables: list[TwoByTwo], level: float, method: tuple[ScoreMethod, StratumWeights]
) -> None:
    one = score_difference(tables, level, *method)
    other = score_difference([table.swapped() for table in tables], level, *method)
    mine, theirs = one.effect.estimate, other.effect.estimate
    assert (mine.lower, mine.upper) == (-(theirs.upper or 0.0), -(theirs.lower or 0.0))
    assert mine.value == pytest.approx(-(theirs.value or 0.0), abs=1e-9)
    assert one.z == pytest.approx(-(other.z or 0.0), abs=1e-7)


@given(two_by_two(), st.floats(0.5, 0.999), st.sampled_from(METHODS))
def test_limits_of_one_table_contain_the_difference(
    table: TwoByTwo, level: float, method: tuple[ScoreMethod, StratumWeights]
) -> None:
    found = score_difference([table], level, *method).effect.estimate
    assert None not in (found.value, found.lower, found.upper)
    assert -1 <= found.lower <= found.value + 1e-9  # type: ignore[operator]
    assert found.value - 1e-9 <= found.upper <= 1  # type: ignore[operator]


@given(several(), st.floats(0.5, 0.999))
def test_limits_in_mantel_haenszel_weights_contain_the_difference(
    tables: list[TwoByTwo], level: float
) -> None:
    found = score_difference(tables, level).effect.estimate
    assert found.lower <= found.value + 1e-9  # type: ignore[operator]
    assert found.value - 1e-9 <= found.upper  # type: ignore[operator]


@examples(0.6)
@given(several(), two_by_two(), st.booleans(), st.sampled_from(METHODS))
def test_a_stratum_of_one_arm_changes_nothing(
    tables: list[TwoByTwo],
    other: TwoByTwo,
    first: bool,
    method: tuple[ScoreMethod, StratumWeights],
) -> None:
    alone = TwoByTwo(other.x1, other.n1, 0, 0) if first else TwoByTwo(0, 0, other.x2, other.n2)
    assert score_difference([*tables, alone], 0.95, *method) == score_difference(
        tables, 0.95, *method
    )


@given(several())
def test_the_square_of_z_in_mantel_haenszel_weights_is_the_mantel_haenszel_test(
    tables: list[TwoByTwo],
) -> None:
    z, test = score_difference(tables, 0.95).z, mantel_haenszel(tables, 0.95).test
    assert z is not None
    if test.statistic is not None:
        assert z**2 == pytest.approx(test.statistic, rel=1e-8, abs=1e-9)


@given(several(), st.permutations(range(4)))
def test_the_order_of_the_strata_changes_nothing(tables: list[TwoByTwo], order: list[int]) -> None:
    shuffled = [tables[place] for place in order if place < len(tables)]
    one, other = (score_difference(each, 0.95) for each in (tables, shuffled))
    assert one.effect.estimate.lower == pytest.approx(other.effect.estimate.lower, abs=1e-9)
    assert one.z == pytest.approx(other.z, abs=1e-9)


@given(several(), st.integers(-999, 999), st.sampled_from(METHODS))
def test_every_margin_in_thousandths_has_a_finite_statistic(
    tables: list[TwoByTwo], thousandths: int, method: tuple[ScoreMethod, StratumWeights]
) -> None:
    found = score_difference(tables, 0.95, *method, tested=thousandths / 1000)
    assert found.z is not None
    assert math.isfinite(found.z)
    assert 0 <= (found.p_two_sided or 0.0) <= 1
