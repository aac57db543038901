"""The maximum of a partial likelihood that is known to have one."""

from dataclasses import dataclass

import numpy as np

from services.analytics.domain.cox.partial_likelihood import PartialLikelihood
from services.analytics.domain.life_table import FloatArray

STEP = 1e-12
MOST_STEPS = 100
LONGEST = 4.0  # Of arms of very different size the first step would leave the range of exp.


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """``log_hazards`` (arms,), the first 0; ``information`` (arms - 1, arms - 1) of the others."""

    log_hazards: FloatArray
    information: FloatArray
    null_log_likelihood: float
    log_likelihood: float


def maximize(likelihood: PartialLikelihood) -> Maximum | None:
    """Newton's method from equal hazards, halving a step that overshoots; None without an end.

    It ends when no log hazard moves by 1e-12, relative where they are larger than 1.
    """
    log_hazards = np.zeros(likelihood.risk.shape[1])
    null = value = likelihood.log_likelihood(log_hazards)
    for _ in range(MOST_STEPS):
        shares = likelihood.shares(log_hazards)
        information = likelihood.information(shares)[1:, 1:]
        step = np.linalg.solve(information, likelihood.score(shares)[1:])
        step = step * min(1.0, LONGEST / max(float(np.abs(step).max()), LONGEST))
        moved = log_hazards.copy()
        moved[1:] += step
        reached = likelihood.log_likelihood(moved)
        # Near the maximum the likelihood is flat to its last digits: a fall there is rounding.
        while reached < value - 1e-9 * (1.0 + abs(value)):
            step = step / 2.0
            moved[1:] = log_hazards[1:] + step
            reached = likelihood.log_likelihood(moved)
        log_hazards, value = moved, reached
        if (np.abs(step) <= STEP * np.maximum(1.0, np.abs(log_hazards[1:]))).all():
            return Maximum(log_hazards, information, null, value)
    return None
