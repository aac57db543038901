"""Every survival data set with answers of R, against the own estimators, to 1e-8 relative."""

import pytest

from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import logrank
from tests.services.analytics.reference import NAMES, SURVIVAL, close, load


def test_no_data_set_is_left_out() -> None:
    if not SURVIVAL.exists():
        pytest.skip(f"reference data absent: {SURVIVAL} (set INDUCT_REFERENCE)")
    assert {path.stem for path in (SURVIVAL / "data").glob("*.csv")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_survival_its_error_limits_and_numbers_at_risk(name: str) -> None:
    for table, expected in load(name).groups():
        assert (table.n, table.n_events) == (expected["n"], expected["events"])
        curve = kaplan_meier(table, 0.95)
        for index, time in enumerate(expected["times"]):
            point, limits = curve.at(time), expected["log-log"]
            assert close(point.value, expected["survival"][index])
            assert close(point.lower, limits["lower"][index])
            assert close(point.upper, limits["upper"][index])
            error = curve.standard_error_at(time)
            assert close(error.value, expected["std_err_of_survival"][index])
            assert table.before(time).at_risk == expected["n_risk"][index]


@pytest.mark.parametrize("name", NAMES)
def test_quartiles_and_their_limits(name: str) -> None:
    for table, expected in load(name).groups():
        curve, quartiles = kaplan_meier(table, 0.95), expected["log-log"]["quartiles"]
        for index, p in enumerate(quartiles["p"]):
            estimate, lower, upper = curve.quantiles(p)
            assert close(estimate.time, quartiles["estimate"][index])
            assert close(lower.time, quartiles["lower"][index])
            assert close(upper.time, quartiles["upper"][index])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stratified", [False, True], ids=["plain", "stratified"])
def test_logrank(name: str, stratified: bool) -> None:
    reference = load(name)
    key = "logrank_stratified" if stratified else "logrank"
    if key not in reference.expected:
        pytest.skip(f"{name} has no strata")
    expected, counts = reference.expected[key], reference.counts
    assert tuple(expected["arms"]) == reference.arms
    parts = [counts.of_stratum(s) for s in counts.strata] if stratified else [counts]
    tables = [[LifeTable.of(part.of_arm(arm).cells) for arm in reference.arms] for part in parts]
    test = logrank(tables)
    assert close(test.chi_square, expected["chisq"])
    assert test.degrees_of_freedom == expected["df"]
    assert close(test.p_two_sided, expected["p_two_sided"])
    assert test.observed.tolist() == expected["observed"]
    assert test.expected.tolist() == pytest.approx(expected["expected"], rel=1e-8)
    assert test.variance.ravel().tolist() == pytest.approx(
        [value for row in expected["variance"] for value in row], rel=1e-8
    )
