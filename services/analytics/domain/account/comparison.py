"""The arms of a data set compared: tests, hazard ratios, follow-up, restricted means."""

from collections.abc import Sequence
from typing import Any

from services.analytics.domain.account.data_set import DataSet
from services.analytics.domain.account.survival import LEVEL
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.cox.proportional_hazards import TimeScale, proportional_hazards
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import EventWeights, logrank
from services.analytics.domain.restricted_mean import RestrictedMean, restricted_mean
from services.analytics.domain.restricted_mean_comparison import (
    Contrast,
    compare_restricted_means,
)
from services.analytics.domain.reverse_kaplan_meier import ReverseTies, follow_up
from services.analytics.domain.score_test import ChiSquare

Strata = Sequence[Sequence[LifeTable]]


def equality(data: DataSet) -> dict[str, Any]:
    """Tests of equal survival: log-rank, Peto-Peto, and stratified where there are strata."""
    found = {
        "logrank": _test(data, stratified=False),
        "peto_rho1": _test(data, stratified=False, weights=EventWeights.PETO_PETO),
    }
    if data.stratified:
        found["logrank_stratified"] = _test(data, stratified=True)
    return found


def hazards(data: DataSet) -> dict[str, Any]:
    """Cox models by arm, both kinds of ties; the test of proportional hazards with Efron's."""
    kinds = {"cox": False} | ({"cox_stratified": True} if data.stratified else {})
    return {
        key: {
            ties.value: _model(data.arms, data.strata(stratified=stratified), ties)
            for ties in (Ties.EFRON, Ties.BRESLOW)
        }
        for key, stratified in kinds.items()
    }


def median_follow_up(data: DataSet) -> dict[str, Any]:
    """Reverse Kaplan-Meier of each arm by both rules for ties."""
    found = {}
    for arm, table in data.tables().items():
        flipped = follow_up(table, LEVEL).median
        found[arm] = {
            "flipped_indicator_median": flipped.value,
            "loglog_lower": flipped.lower,
            "loglog_upper": flipped.upper,
            "prodlim_reverse_first_time_le_half": follow_up(
                table, LEVEL, ReverseTies.PRODLIM
            ).median.value,
        }
    return found


def restricted(data: DataSet, tau: float) -> dict[str, Any]:
    """Restricted means up to ``tau``, and both arms compared where there are two."""
    tables = data.tables()
    means = {arm: restricted_mean(table, tau) for arm, table in tables.items()}
    found: dict[str, Any] = {
        "tau": tau,
        "survfit": {
            "arms": list(means),
            "rmst": [mean.value for mean in means.values()],
            "se": [mean.standard_error for mean in means.values()],
        },
    }
    if len(data.arms) == 2:
        reference, arm = data.arms
        both = compare_restricted_means(tables[arm], tables[reference], tau)
        found["survRM2"] = {
            "arm0": reference,
            "arm1": arm,
            "arm1_rmst": _mean(both.arm),
            "arm0_rmst": _mean(both.reference),
            "diff": _contrast(both.difference(LEVEL)),
            "ratio": _contrast(both.ratio(LEVEL)),
            "rmtl_ratio": _contrast(both.lost_ratio(LEVEL)),
            "columns": ["estimate", "lower95", "upper95", "p"],
        }
    return found


def one_or_all(values: list[Any]) -> Any:
    """A value of the only hazard ratio by itself; of several a list, in the order of the arms."""
    return values[0] if len(values) == 1 else values


def _test(
    data: DataSet, *, stratified: bool, weights: EventWeights = EventWeights.LOGRANK
) -> dict[str, Any]:
    found = logrank(data.strata(stratified=stratified), weights)
    return {
        "chisq": found.chi_square,
        "df": found.degrees_of_freedom,
        "p_two_sided": found.p_two_sided,
        "arms": list(data.arms),
        "observed": found.observed.tolist(),
        "expected": found.expected.tolist(),
        "variance": found.variance.tolist(),
    }


def _model(arms: Sequence[str], strata: Strata, ties: Ties) -> dict[str, Any]:
    model = cox(strata, ties)
    ratios = [each.hazard_ratio(LEVEL) for each in model.coefficients]
    found: dict[str, Any] = {
        "term": one_or_all([f"arm{arm}" for arm in arms[1:]]),
        "coef": one_or_all([each.value for each in model.coefficients]),
        "se": one_or_all([each.standard_error for each in model.coefficients]),
        "hr": one_or_all([each.value for each in ratios]),
        "hr_lower95": one_or_all([each.lower for each in ratios]),
        "hr_upper95": one_or_all([each.upper for each in ratios]),
        "wald_p": one_or_all([each.p_two_sided for each in model.coefficients]),
        "loglik": [model.null_log_likelihood, model.log_likelihood],
        "lrt": _listed(model.likelihood_ratio),
        "score": _listed(model.score),
        # Not R's "wald", which summary.coxph rounds to two decimals.
        "wald_test": _listed(model.wald),
    }
    if ties is Ties.EFRON:
        for scale in TimeScale:
            test = proportional_hazards(strata, scale, ties).test
            found[f"zph_{scale.value}"] = (
                None
                if test.statistic is None
                else {"chisq": test.statistic, "df": test.degrees_of_freedom, "p": test.p}
            )
    return found


def _listed(test: ChiSquare) -> list[float | None]:
    return [test.statistic, test.degrees_of_freedom, test.p]


def _mean(mean: RestrictedMean) -> list[float | None]:
    point = mean.estimate(LEVEL)
    return [point.value, mean.standard_error, point.lower, point.upper]


def _contrast(contrast: Contrast) -> list[float | None]:
    point = contrast.estimate
    return [point.value, point.lower, point.upper, contrast.p_two_sided]
