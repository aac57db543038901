"""Tail probabilities of the binomial distribution, and the limits they give."""

import math

import numpy as np

from services.analytics.domain.crossing import crossing
from services.analytics.domain.life_table import FloatArray


def log_choose(n: int) -> FloatArray:
    """ln of n over k for k = 0, ..., n."""
    factorials = np.array([math.lgamma(k + 1.0) for k in range(n + 1)])
    choices: FloatArray = factorials[n] - factorials - factorials[::-1]
    return choices


def probabilities(n: int, p: FloatArray) -> FloatArray:
    """P(X = k) of a binomial X for every ``p`` (m,) in [0, 1]; shape (m, n + 1)."""
    k = np.arange(n + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(k > 0, k * np.log(p)[:, None], 0.0)
        logs += np.where(k < n, (n - k) * np.log1p(-p)[:, None], 0.0)
    found: FloatArray = np.exp(logs + log_choose(n))
    return found


def tail_limits(x: int, n: int, level: float, observed_share: float) -> tuple[float, float]:
    """Limits of p that leave half of 1 - ``level`` in each tail, x in 0, ..., n with n >= 1.

    ``observed_share`` is how much of P(X = x) belongs to a tail: 1 for Clopper and
    Pearson's exact limits, 1/2 for mid-p.
    """
    choices = log_choose(n)
    return (
        _lower(x, n, level, observed_share, choices),
        1.0 - _lower(n - x, n, level, observed_share, choices),
    )


def _lower(x: int, n: int, level: float, share: float, choices: FloatArray) -> float:
    k = np.arange(x, n + 1)

    def room(p: float) -> float:
        terms = np.exp(choices[x:] + k * math.log(p) + (n - k) * math.log1p(-p))
        return (1.0 - level) / 2.0 - float(share * terms[0] + terms[1:].sum())

    return crossing(room, 0.0, 1.0)
