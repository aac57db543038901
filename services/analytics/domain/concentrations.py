"""Descriptive statistics of concentrations at one scheduled visit.

What a value below the limit of quantification (BLQ) counts as is a choice that changes
every number, so it is a named rule. Quantiles follow SAS definition 5 (the mean of the
two neighbours where n p is whole): numpy's default gives others.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.analytics.domain.estimate import Convention, Estimate, Statistic
from services.analytics.domain.life_table import FloatArray

NO_VALUES = "no values"
ONE_VALUE = "fewer than two values"
MEAN_OF_ZERO = "the mean is 0"
NOT_POSITIVE = "a value of 0 has no logarithm"
QUANTILE_RULE = "SAS definition 5"


class BelowLimit(StrEnum):
    """What a value below the limit of quantification counts as."""

    ZERO = "0"
    HALF = "half the limit"
    MISSING = "left out"


@dataclass(frozen=True, slots=True)
class Concentration:
    """A measured value, or None below the ``limit`` of quantification, in one unit.

    ``limit`` is None where it is not known: only the rule of half the limit needs it.
    Raises ValueError for a value that is negative or not finite, and for a limit that is
    not positive and finite.
    """

    value: float | None
    limit: float | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and not (math.isfinite(self.limit) and self.limit > 0):
            raise ValueError(f"a limit of quantification is positive, not {self.limit}")
        if self.value is not None and not (math.isfinite(self.value) and self.value >= 0):
            raise ValueError(f"a concentration is finite and not negative, not {self.value}")


@dataclass(frozen=True, slots=True)
class ConcentrationSummary:
    """``n`` samples, ``n_below`` of them below the limit, and what the rest is by ``rule``.

    ``quartiles`` are the first, the second (the median) and the third.
    """

    rule: BelowLimit
    n: int
    n_below: int
    mean: Estimate
    sd: Estimate
    cv_percent: Estimate
    geometric_mean: Estimate
    geometric_cv_percent: Estimate
    quartiles: tuple[Estimate, Estimate, Estimate]
    minimum: Estimate
    maximum: Estimate

    @property
    def median(self) -> Estimate:
        """The second quartile."""
        return self.quartiles[1]

    def statistics(self, unit: str) -> tuple[Statistic, ...]:
        """All numbers, concentrations in ``unit``."""
        convention: Convention = {"blq": self.rule.value}
        ranked: Convention = {**convention, "quantile_rule": QUANTILE_RULE}
        rows: tuple[tuple[str, Estimate, str, Convention], ...] = (
            ("n", Estimate(float(self.n)), "samples", {}),
            ("n_blq", Estimate(float(self.n_below)), "samples", {}),
            ("mean", self.mean, unit, convention),
            ("sd", self.sd, unit, convention),
            ("cv_percent", self.cv_percent, "%", convention),
            ("geometric_mean", self.geometric_mean, unit, convention),
            ("geometric_cv_percent", self.geometric_cv_percent, "%", convention),
            ("first_quartile", self.quartiles[0], unit, ranked),
            ("median", self.median, unit, ranked),
            ("third_quartile", self.quartiles[2], unit, ranked),
            ("minimum", self.minimum, unit, convention),
            ("maximum", self.maximum, unit, convention),
        )
        return tuple(
            Statistic(name, estimate, "descriptive statistics", by, of)
            for name, estimate, of, by in rows
        )


def summarize(
    samples: Sequence[Concentration], rule: BelowLimit = BelowLimit.ZERO
) -> ConcentrationSummary:
    """Summarize the samples of one visit, one of each subject.

    Geometric statistics are not estimable where a value is 0, which a value below the
    limit is under the rule ``0``. Raises ValueError where half of an unknown limit is asked for.
    """
    counted = (_counted(sample, rule) for sample in samples)
    values = np.sort(np.array([value for value in counted if value is not None], dtype=np.float64))
    below = sum(sample.value is None for sample in samples)
    none = Estimate(None, reason=NO_VALUES)
    arithmetic, geometric, quartiles, ends = (none,) * 3, (none,) * 2, (none,) * 3, (none,) * 2
    if values.size:
        arithmetic, geometric = _arithmetic(values), _geometric(values)
        quartiles = _quartiles(values)
        ends = Estimate(float(values[0])), Estimate(float(values[-1]))
    return ConcentrationSummary(
        rule,
        len(samples),
        below,
        mean=arithmetic[0],
        sd=arithmetic[1],
        cv_percent=arithmetic[2],
        geometric_mean=geometric[0],
        geometric_cv_percent=geometric[1],
        quartiles=quartiles,
        minimum=ends[0],
        maximum=ends[1],
    )


def _quartiles(values: FloatArray) -> tuple[Estimate, Estimate, Estimate]:
    found = np.quantile(values, (0.25, 0.5, 0.75), method="averaged_inverted_cdf")
    first, second, third = (Estimate(float(each)) for each in found)
    return first, second, third


def _counted(sample: Concentration, rule: BelowLimit) -> float | None:
    if sample.value is not None:
        return sample.value
    if rule is BelowLimit.HALF:
        if sample.limit is None:
            raise ValueError("half of a limit that is not known")
        return sample.limit / 2.0
    return 0.0 if rule is BelowLimit.ZERO else None


def _arithmetic(values: FloatArray) -> tuple[Estimate, Estimate, Estimate]:
    mean = Estimate(float(values.mean()))
    if values.size < 2:
        none = Estimate(None, reason=ONE_VALUE)
        return mean, none, none
    sd = float(values.std(ddof=1))
    if not mean.value:
        return mean, Estimate(sd), Estimate(None, reason=MEAN_OF_ZERO)
    return mean, Estimate(sd), Estimate(100.0 * sd / mean.value)


def _geometric(values: FloatArray) -> tuple[Estimate, Estimate]:
    """Geometric mean and 100 sqrt(exp(s^2) - 1), s the SD of the natural logarithms."""
    if values[0] <= 0:
        none = Estimate(None, reason=NOT_POSITIVE)
        return none, none
    logs = np.log(values)
    mean = Estimate(math.exp(float(logs.mean())))
    if values.size < 2:
        return mean, Estimate(None, reason=ONE_VALUE)
    return mean, Estimate(100.0 * math.sqrt(math.expm1(float(logs.var(ddof=1)))))
