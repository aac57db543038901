"""Every survival data set with answers of R, against the own estimators, to 1e-8 relative."""

import pytest

from services.analytics.domain.kaplan_meier import kaplan_meier
from services.analytics.domain.logrank import EventWeights, logrank
from services.analytics.domain.restricted_mean import restricted_mean
from services.analytics.domain.restricted_mean_comparison import compare_restricted_means
from services.analytics.domain.reverse_kaplan_meier import ReverseTies, follow_up
from services.analytics.domain.specification import ConfidenceType
from tests.services.analytics.reference import NAMES, SURVIVAL, close, load


def test_no_data_set_is_left_out() -> None:
    if not SURVIVAL.exists():
        pytest.skip(f"reference data absent: {SURVIVAL} (set INDUCT_REFERENCE)")
    assert {path.stem for path in (SURVIVAL / "data").glob("*.csv")} == set(NAMES)


@pytest.mark.proves("ANA-1", kind="oracle")
@pytest.mark.parametrize("conf_type", list(ConfidenceType))
@pytest.mark.parametrize("name", NAMES)
def test_survival_its_error_limits_and_numbers_at_risk(
    name: str, conf_type: ConfidenceType
) -> None:
    for table, expected in load(name).groups():
        assert (table.n, table.n_events) == (expected["n"], expected["events"])
        curve = kaplan_meier(table, 0.95, conf_type)
        for index, time in enumerate(expected["times"]):
            point, limits = curve.at(time), expected[conf_type.value]
            assert close(point.value, expected["survival"][index])
            assert close(point.lower, limits["lower"][index])
            assert close(point.upper, limits["upper"][index])
            error = curve.standard_error_at(time)
            assert close(error.value, expected["std_err_of_survival"][index])
            assert table.before(time).at_risk == expected["n_risk"][index]


@pytest.mark.parametrize("conf_type", list(ConfidenceType))
@pytest.mark.parametrize("name", NAMES)
def test_quartiles_and_their_limits(name: str, conf_type: ConfidenceType) -> None:
    for table, expected in load(name).groups():
        curve = kaplan_meier(table, 0.95, conf_type)
        quartiles = expected[conf_type.value]["quartiles"]
        for index, p in enumerate(quartiles["p"]):
            estimate, lower, upper = curve.quantiles(p)
            assert close(estimate.time, quartiles["estimate"][index])
            assert close(lower.time, quartiles["lower"][index])
            assert close(upper.time, quartiles["upper"][index])


@pytest.mark.proves("ANA-1", kind="oracle")
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["logrank", "logrank_stratified", "peto_rho1"])
def test_tests_of_equal_survival(name: str, key: str) -> None:
    reference = load(name)
    if key not in reference.expected:
        pytest.skip(f"{name} has no strata")
    expected = reference.expected[key]
    assert tuple(expected["arms"]) == reference.arms
    weights = EventWeights.PETO_PETO if key == "peto_rho1" else EventWeights.LOGRANK
    test = logrank(reference.strata(stratified=key == "logrank_stratified"), weights)
    assert close(test.chi_square, expected["chisq"])
    assert test.degrees_of_freedom == expected["df"]
    assert close(test.p_two_sided, expected["p_two_sided"])
    assert test.observed.tolist() == pytest.approx(expected["observed"], rel=1e-12)
    assert test.expected.tolist() == pytest.approx(expected["expected"], rel=1e-8)
    assert test.variance.ravel().tolist() == pytest.approx(
        [value for row in expected["variance"] for value in row], rel=1e-8
    )


@pytest.mark.parametrize("name", NAMES)
def test_median_follow_up(name: str) -> None:
    reference = load(name)
    for arm, table in reference.tables().items():
        expected = reference.expected["reverse_km"][arm]
        flip = follow_up(table, 0.95).median
        assert close(flip.value, expected["flipped_indicator_median"])
        assert close(flip.lower, expected["loglog_lower"])
        assert close(flip.upper, expected["loglog_upper"])
        prodlim = follow_up(table, 0.95, ReverseTies.PRODLIM).median
        assert close(prodlim.value, expected["prodlim_reverse_first_time_le_half"])


@pytest.mark.parametrize("name", NAMES)
def test_restricted_means_of_the_arms(name: str) -> None:
    reference = load(name)
    expected, tables = reference.expected["rmst"], reference.tables()
    for index, arm in enumerate(expected["survfit"]["arms"]):
        mean = restricted_mean(tables[arm], expected["tau"])
        assert close(mean.value, expected["survfit"]["rmst"][index])
        assert close(mean.standard_error, expected["survfit"]["se"][index])


@pytest.mark.parametrize("name", NAMES)
def test_comparisons_of_restricted_means(name: str) -> None:
    reference = load(name)
    rmst, tables = reference.expected["rmst"], reference.tables()
    if "survRM2" not in rmst:
        pytest.skip(f"{name} has three arms")
    expected = rmst["survRM2"]
    both = compare_restricted_means(tables[expected["arm1"]], tables[expected["arm0"]], rmst["tau"])
    for key, mean in (("arm1_rmst", both.arm), ("arm0_rmst", both.reference)):
        point = mean.estimate(0.95)
        found = (point.value, mean.standard_error, point.lower, point.upper)
        assert all(map(close, found, expected[key]))
    for key, contrast in (
        ("diff", both.difference(0.95)),
        ("ratio", both.ratio(0.95)),
        ("rmtl_ratio", both.lost_ratio(0.95)),
    ):
        point = contrast.estimate
        numbers = (point.value, point.lower, point.upper, contrast.p_two_sided)
        assert all(map(close, numbers, expected[key])), (key, numbers, expected[key])
