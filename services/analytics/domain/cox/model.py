"""Cox's proportional hazards model of arms: hazard ratios and three tests of no difference.

Sources: Cox 1972; for the tests Kalbfleisch and Prentice 2002, section 4.2. The model
is that of R's ``coxph``, which stops iterating about 5e-9 from the maximum.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.cox.connection import REFERENCE, obstacles
from services.analytics.domain.cox.newton import Maximum, maximize
from services.analytics.domain.cox.partial_likelihood import PartialLikelihood, Ties
from services.analytics.domain.estimate import Convention, Estimate, Statistic, normal_quantile
from services.analytics.domain.life_table import FloatArray, LifeTable
from services.analytics.domain.logrank import NO_EVENTS
from services.analytics.domain.score_test import (
    NO_COMPARISON,
    ChiSquare,
    score_test,
)

NOT_CONVERGED = "the iteration did not converge"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """Log hazard ratio of an arm to the reference, or the reason why there is none."""

    value: float | None
    standard_error: float | None = None
    reason: str | None = None

    def hazard_ratio(self, level: float) -> Estimate:
        """exp(value) with Wald limits, symmetric on the log scale.

        Raises ValueError for a level outside (0, 1).
        """
        z = normal_quantile(level)
        if self.value is None or self.standard_error is None:
            return Estimate(None, reason=self.reason)
        half = z * self.standard_error
        lower, upper = math.exp(self.value - half), math.exp(self.value + half)
        return Estimate(math.exp(self.value), lower, upper)

    @property
    def p_two_sided(self) -> float | None:
        """Wald test of this arm against the reference."""
        if self.value is None or self.standard_error is None:
            return None
        return 2.0 * normal_upper_tail(abs(self.value) / self.standard_error)


@dataclass(frozen=True, slots=True)
class CoxModel:
    """The fit of all arms to arm 0; ``coefficients`` holds one for each other arm, in order.

    ``log_likelihood`` is None where not all compared arms have a hazard ratio; the Wald
    and the likelihood-ratio test are then not possible. The score test needs no
    estimate and stands.
    """

    ties: Ties
    coefficients: tuple[Coefficient, ...]
    null_log_likelihood: float
    log_likelihood: float | None
    wald: ChiSquare
    score: ChiSquare
    likelihood_ratio: ChiSquare

    def statistics(self, arms: Sequence[str], level: float) -> tuple[Statistic, ...]:
        """A hazard ratio for each but the first of ``arms``, then the p of the three tests."""
        model = f"Cox model, {self.ties.value.capitalize()} ties"
        convention: Convention = {
            "ties": self.ties.value,
            "reference": arms[REFERENCE],
        }
        limits: Convention = {"limits": "Wald on the log scale", "level": level}
        ratios = [
            Statistic(
                "hazard_ratio",
                each.hazard_ratio(level),
                model,
                {**convention, **limits, "arm": arm},
                "1",
            )
            for arm, each in zip(arms[1:], self.coefficients, strict=True)
        ]
        tests = {
            "wald": self.wald,
            "score": self.score,
            "likelihood_ratio": self.likelihood_ratio,
        }
        return (
            *ratios,
            *(
                Statistic(
                    f"{name}_p_two_sided",
                    Estimate(test.p, reason=test.reason),
                    f"{model}: {name.replace('_', '-')} test",
                    {**convention, "sides": 2, "degrees_of_freedom": test.degrees_of_freedom},
                    "probability",
                )
                for name, test in tests.items()
            ),
        )


def cox(
    strata: Sequence[Sequence[LifeTable]], ties: Ties = Ties.EFRON, minimum_events: int = 0
) -> CoxModel:
    """Fit the arms of ``strata[s][k]`` (arm k in stratum s) to arm 0, the reference.

    An arm whose hazard ratio has no finite maximum takes no part in the fit of the
    others: their estimates are what they tend to as its own grows without bound. With
    fewer than ``minimum_events`` events in an arm or in the reference its ratio is not
    estimable by rule.
    """
    likelihood = PartialLikelihood.of(strata, ties)
    observed = likelihood.observed
    at_null = likelihood.shares(np.zeros(observed.size))
    expected = likelihood.multiplicity @ at_null
    events, score = float(observed.sum()), ChiSquare(None, 0, NO_EVENTS)
    if events:
        information = likelihood.information(at_null)
        score = score_test(likelihood.score(at_null), information, expected, events)
    reasons = obstacles(strata)
    whole = all(reason is None for reason in reasons) and len(reasons) > 1
    everybody = tuple(range(len(reasons)))
    fitted, maximum = (everybody, maximize(likelihood)) if whole else fit(strata, ties)
    wald, ratio = _tests(reasons, expected, maximum)
    return CoxModel(
        ties,
        coefficients(reasons, fitted, _found(maximum), observed, minimum_events),
        likelihood.log_likelihood(np.zeros(observed.size)),
        None if maximum is None or wald.reason else maximum.log_likelihood,
        wald,
        score,
        ratio,
    )


def fit(
    strata: Sequence[Sequence[LifeTable]], ties: Ties
) -> tuple[tuple[int, ...], Maximum | None]:
    """The arms with a hazard ratio, the reference among them, and their maximum likelihood."""
    kept = tuple(arm for arm, reason in enumerate(obstacles(strata)) if reason is None)
    if len(kept) < 2:
        return kept, None
    return kept, maximize(PartialLikelihood.of([[t[arm] for arm in kept] for t in strata], ties))


def coefficients(
    reasons: Sequence[str | None],
    fitted: Sequence[int],
    found: tuple[FloatArray, FloatArray] | None,
    observed: FloatArray,
    minimum_events: int,
) -> tuple[Coefficient, ...]:
    """The coefficient of each arm but the reference, or why it has none.

    ``found`` are the log ratios of the ``fitted`` arms but the first and their standard errors,
    None without a finite maximum; ``reasons`` and ``observed`` events are of all arms.
    """
    made = []
    for arm in range(1, len(reasons)):
        reason = reasons[arm]
        if min(observed[REFERENCE], observed[arm]) < minimum_events:
            reason = f"fewer than {minimum_events} events in an arm"
        if reason is not None or found is None:
            made.append(Coefficient(None, reason=reason or NOT_CONVERGED))
            continue
        place = fitted.index(arm) - 1
        ratios, errors = found
        made.append(Coefficient(float(ratios[place]), float(errors[place])))
    return tuple(made)


def _found(maximum: Maximum | None) -> tuple[FloatArray, FloatArray] | None:
    if maximum is None:
        return None
    variance = np.linalg.inv(maximum.information).diagonal()
    return maximum.log_hazards[1:], np.sqrt(variance)


def _tests(
    reasons: Sequence[str | None], expected: FloatArray, maximum: Maximum | None
) -> tuple[ChiSquare, ChiSquare]:
    """Wald and likelihood-ratio test, of all arms that are ever at risk at an event."""
    compared = [reason for reason, share in zip(reasons, expected, strict=True) if share > 0]
    barred = next((reason for reason in compared if reason is not None), None)
    if barred or len(compared) < 2 or maximum is None:
        nowhere = NO_COMPARISON if len(compared) < 2 else NOT_CONVERGED
        none = ChiSquare(None, 0, barred or nowhere)
        return none, none
    effects, information = maximum.log_hazards[1:], maximum.information
    wald = ChiSquare(float(effects @ information @ effects), effects.size)
    gain = 2.0 * (maximum.log_likelihood - maximum.null_log_likelihood)
    return wald, ChiSquare(max(gain, 0.0), effects.size)
