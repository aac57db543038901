"""Exact limits of a proportion, by scipy's beta quantiles; only the run of an analysis loads it.

The domain has its own by bisection (``rates.single``), which needs no scipy and is too slow for the
hundreds of terms of a table of adverse events.
"""

from importlib.metadata import version

from scipy.special import betaincinv

ENGINE = f"scipy {version('scipy')}"


def clopper_pearson(successes: int, subjects: int, level: float) -> tuple[float, float]:
    """Lower and upper limit of successes / subjects at confidence ``level``.

    Clopper and Pearson 1934: 0 is the lower limit of no success, 1 the upper one of successes only.
    """
    tail = (1.0 - level) / 2.0
    failures = subjects - successes
    lower = float(betaincinv(successes, failures + 1, tail)) if successes else 0.0
    upper = float(betaincinv(successes + 1, failures, 1.0 - tail)) if failures else 1.0
    return lower, upper
