"""Hazard ratios, their tests and the proportional-hazards test against answers of R.

Coefficients hold to 1e-6: R stops iterating about 5e-9 from the maximum. What depends
on them in second order only (likelihoods, score tests) holds to 1e-8.
"""

from typing import Any

import pytest

from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.cox.proportional_hazards import TimeScale, proportional_hazards
from services.analytics.domain.score_test import ChiSquare
from tests.services.analytics.reference import NAMES, load


def listed(value: Any) -> list[float]:
    return value if isinstance(value, list) else [value]


def models(name: str) -> list[tuple[bool, Ties, dict[str, Any]]]:
    """Every model that R fitted to a data set: stratified or not, ties, answers."""
    expected = load(name).expected
    return [
        (key == "cox_stratified", Ties(ties), answers)
        for key in ("cox", "cox_stratified")
        if key in expected
        for ties, answers in expected[key].items()
    ]


@pytest.mark.proves("ANA-1", kind="oracle")
@pytest.mark.parametrize("name", NAMES)
def test_hazard_ratios_and_likelihoods(name: str) -> None:
    reference = load(name)
    for stratified, ties, expected in models(name):
        model = cox(reference.strata(stratified=stratified), ties)
        coefficients = listed(expected["coef"])
        assert len(model.coefficients) == len(coefficients)
        for index, found in enumerate(model.coefficients):
            assert found.value == pytest.approx(coefficients[index], rel=1e-6)
            assert found.standard_error == pytest.approx(listed(expected["se"])[index], rel=1e-6)
            ratio = found.hazard_ratio(0.95)
            assert ratio.value == pytest.approx(listed(expected["hr"])[index], rel=1e-6)
            assert ratio.lower == pytest.approx(listed(expected["hr_lower95"])[index], rel=1e-6)
            assert ratio.upper == pytest.approx(listed(expected["hr_upper95"])[index], rel=1e-6)
            assert found.p_two_sided == pytest.approx(listed(expected["wald_p"])[index], rel=1e-6)
        assert model.null_log_likelihood == pytest.approx(expected["loglik"][0], rel=1e-8)
        assert model.log_likelihood == pytest.approx(expected["loglik"][1], rel=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_score_and_likelihood_ratio_tests(name: str) -> None:
    reference = load(name)
    for stratified, ties, expected in models(name):
        model = cox(reference.strata(stratified=stratified), ties)
        agrees(model.score, expected["score"], 1e-8)
        # A difference of likelihoods: what R's last digits leave of a small one.
        agrees(model.likelihood_ratio, expected["lrt"], 1e-8)
        assert model.wald.p == pytest.approx(expected["wald"][2], rel=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("scale", list(TimeScale))
def test_proportional_hazards(name: str, scale: TimeScale) -> None:
    reference = load(name)
    for stratified, ties, expected in models(name):
        answer = expected[f"zph_{scale.value}"]
        if answer is not None:
            found = proportional_hazards(reference.strata(stratified=stratified), scale, ties)
            agrees(found.test, [answer["chisq"], answer["df"], answer["p"]], 1e-7)


def agrees(test: ChiSquare, expected: list[float], relative: float) -> None:
    statistic, freedom, p = expected
    assert test.statistic == pytest.approx(statistic, rel=relative, abs=1e-11)
    assert test.degrees_of_freedom == freedom
    assert test.p == pytest.approx(p, rel=relative)
