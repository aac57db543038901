"""A number that may not be estimable, and the named statistic that becomes a result row."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

from services.analytics.domain.results import JsonValue

Convention: TypeAlias = Mapping[str, JsonValue]
NO_SUBJECTS = "no subjects in this group"


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its limits; None where not estimable, and then ``reason`` says why."""

    value: float | None
    lower: float | None = None
    upper: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of an estimator with all that a result row must say about it.

    ``method`` names the estimator, ``convention`` the choices that another program
    may make otherwise. Raises ValueError for a number that is not finite, and for a
    missing value without a reason.
    """

    name: str
    estimate: Estimate
    method: str
    convention: Convention
    unit: str

    def __post_init__(self) -> None:
        for number in (self.estimate.value, self.estimate.lower, self.estimate.upper):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.name}: {number} is not a finite number")
        if self.estimate.value is None and not self.estimate.reason:
            raise ValueError(f"{self.name}: a missing value needs a reason")


def normal_quantile(level: float) -> float:
    """z of a two-sided interval: 1.96 at ``level`` 0.95.

    Raises ValueError for a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError("the confidence level lies between 0 and 1")
    return NormalDist().inv_cdf((1.0 + level) / 2.0)
