"""Success rates of arms compared, plain and over the strata of randomization."""

import math
from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.analytics.domain.estimate import NO_SUBJECTS
from services.analytics.domain.proportion_contrasts import (
    proportion_contrast_rows,
    shares_by_stratum,
)
from services.analytics.domain.proportions import ProportionPlan, Share
from services.analytics.domain.rates.exact_tests import fisher, suissa_shuster
from services.analytics.domain.rates.mantel_haenszel import mantel_haenszel
from services.analytics.domain.rates.score_difference import score_difference
from services.analytics.domain.rates.table import NO_STRATUM, TwoByTwo
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.exact_limits import ENGINE, clopper_pearson
from shared.study.endpoints import ProportionEndpoint
from tests.services.analytics.dated import DAY0, FAR, allocated, dose, one, transplant
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
PLAN = ProportionPlan("MRDNEG", "ITT", 0.95, date(2026, 6, 30), clopper_pearson, ENGINE)
ONE = {"INO": Share(3, 4), "ALLR3": Share(1, 4)}
UNEQUAL = {
    "x": {"INO": Share(9, 12), "ALLR3": Share(4, 11)},
    "y": {"INO": Share(3, 8), "ALLR3": Share(3, 9)},
}
TABLES = [TwoByTwo(9, 12, 4, 11), TwoByTwo(3, 8, 3, 9)]


def endpoint(paramcd: str) -> ProportionEndpoint:
    found = NCT.endpoint(paramcd)
    assert isinstance(found, ProportionEndpoint)
    return found


def rows(strata: dict[str, dict[str, Share]]) -> dict[str, ResultRow]:
    """By the tests that the trial plans for its primary endpoint."""
    tests = endpoint("MRDNEG").tests
    return {row.statistic: row for row in proportion_contrast_rows(NCT, PLAN, tests, strata)}


def test_the_numbers_worked_out_by_hand_come_out() -> None:
    # 3 of 4 against 1 of 4: pooled rate 1/2, variance (1/16 + 1/16) 8/7 = 1/7, z = sqrt(7)/2.
    found = rows({"x": ONE})
    assert found["rate_difference"].value == pytest.approx(0.5, abs=1e-12)
    p = math.erfc(math.sqrt(7) / 2 / math.sqrt(2))
    assert found["rate_difference_p_two_sided"].value == pytest.approx(p, rel=1e-10)
    # Twice the same stratum: excess 2 x 1, variance 2 x 4/7, so chi-square 7/2.
    twice = rows({"x": ONE, "y": ONE})
    assert twice["cmh_chi_square"].value == pytest.approx(3.5, rel=1e-12)
    assert twice["cmh_p_two_sided"].value == pytest.approx(math.erfc(math.sqrt(1.75)), rel=1e-10)
    assert twice["stratified_rate_difference"].value == pytest.approx(0.5, abs=1e-12)


def test_the_rows_hold_what_the_estimators_say_of_the_same_tables() -> None:
    found = rows(UNEQUAL)
    pooled = [TwoByTwo(12, 20, 7, 20)]
    expected = {
        **{each.name: each for each in score_difference(pooled, 0.95).statistics()},
        **{f"stratified_{s.name}": s for s in score_difference(TABLES, 0.95).statistics()},
        **{each.name: each for each in mantel_haenszel(TABLES, 0.95).statistics()},
        **{each.name: each for each in (fisher(pooled[0]), suissa_shuster(pooled[0]))},
    }
    assert found.keys() == expected.keys()
    for name, each in expected.items():
        row, estimate = found[name], each.estimate
        assert (row.value, row.lower, row.upper) == (
            estimate.value,
            estimate.lower,
            estimate.upper,
        )
        assert (row.method, row.unit) == (each.method, each.unit)
        assert row.convention.items() >= each.convention.items()


def test_a_comparison_of_arms_is_closed_and_names_both() -> None:
    for row in rows(UNEQUAL).values():
        assert row.output_class is OutputClass.CLOSED
        assert (row.contrast, row.group) == ("INO vs ALLR3", None)
        assert (row.n, row.events) == (40, 19)
    strata = {
        name: row.convention["strata"] for name, row in rows(UNEQUAL).items() if "odds" not in name
    }
    assert {name for name, number in strata.items() if number == 1} == {
        "rate_difference",
        "rate_difference_p_two_sided",
        "rate_difference_p_one_sided",
        "fisher_p_two_sided",
        "unconditional_p_two_sided",
    }


@pytest.mark.parametrize("strata", [{}, {"x": {"INO": Share(3, 4)}}])
def test_an_arm_without_subjects_makes_every_comparison_not_estimable_with_a_reason(
    strata: dict[str, dict[str, Share]],
) -> None:
    for row in rows(strata).values():
        assert (row.status, row.value) == (Status.NE, None)
        exact = row.statistic in {"fisher_p_two_sided", "unconditional_p_two_sided"}
        assert row.reason == (NO_SUBJECTS if exact else NO_STRATUM)


def test_where_nobody_or_everybody_succeeds_a_difference_stands_and_association_has_no_test() -> (
    None
):
    for successes in (0, 4):
        found = rows({"x": {"INO": Share(successes, 4), "ALLR3": Share(successes, 4)}})
        assert found["rate_difference"].value == 0.0
        assert found["rate_difference"].lower is not None
        assert found["cmh_p_two_sided"].status is Status.NE


def test_an_endpoint_without_tests_has_no_comparison() -> None:
    assert endpoint("HSCT").tests == ()
    assert not list(proportion_contrast_rows(NCT, PLAN, (), UNEQUAL))


def test_subjects_are_counted_in_the_stratum_they_were_randomized_in() -> None:
    treated = one(NCT, [dose(DAY0)])
    grafted = one(NCT, [dose(DAY0), transplant(DAY0 + timedelta(days=60))])
    subjects = [
        replace(treated, allocated=replace(allocated(), stratum="b")),
        replace(grafted, allocated=replace(allocated(), stratum="a")),
        replace(treated, allocated=replace(allocated(arm="ALLR3"), stratum="a")),
    ]
    found = shares_by_stratum(NCT, endpoint("HSCT"), subjects, FAR)
    assert found == {
        "a": {"INO": Share(1, 1), "ALLR3": Share(0, 1)},
        "b": {"INO": Share(0, 1)},
    }
    assert list(found) == ["a", "b"]
