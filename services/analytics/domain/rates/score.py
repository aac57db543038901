"""A score statistic as a falling function of the effect, and what follows from it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.crossing import crossing
from services.analytics.domain.estimate import Estimate, Statistic, normal_quantile
from services.analytics.domain.rates.table import NO_STRATUM

Score = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class ScoreEffect:
    """An effect with score limits, and the score test of one value of the effect.

    ``z`` is the statistic at ``tested``: positive where the arm is above it. It is None
    where no stratum has subjects of both arms.
    """

    effect: Statistic
    tested: float
    z: float | None

    @property
    def p_two_sided(self) -> float | None:
        """Of the effect being ``tested``."""
        return None if self.z is None else 2.0 * normal_upper_tail(abs(self.z))

    @property
    def p_one_sided(self) -> float | None:
        """Of the effect being at most ``tested``: small when the arm is above it."""
        return None if self.z is None else normal_upper_tail(self.z)

    def statistics(self) -> tuple[Statistic, ...]:
        """The effect and the p on both sides."""
        name, convention = self.effect.name, {**self.effect.convention, "tested": self.tested}
        reason = NO_STRATUM if self.z is None else None
        method = f"{self.effect.method}: score test"
        return (
            self.effect,
            *(
                Statistic(
                    f"{name}_p_{word}_sided",
                    Estimate(p, reason=reason),
                    method,
                    {**convention, "sides": sides},
                    "probability",
                )
                for word, sides, p in (
                    ("two", 2, self.p_two_sided),
                    ("one", 1, self.p_one_sided),
                )
            ),
        )


def standardized(excess: float, variance: float) -> float:
    """excess / sqrt(variance); without a variance 0 for no excess, else infinite with its sign."""
    if variance > 0:
        return excess / math.sqrt(variance)
    return math.copysign(math.inf, excess) if excess else 0.0


def difference_limits(score: Score, swapped: Score, level: float) -> tuple[float, float]:
    """Where the statistic reaches the quantiles, within [-1, 1].

    The upper limit is the lower one of the swapped arms, so that a swap mirrors exactly.
    """
    z = normal_quantile(level)
    lower, mirrored = (crossing(_less(of, z), -1.0, 1.0) for of in (score, swapped))
    return lower, -mirrored


def ratio_estimate(
    value: float | None, score: Score, swapped: Score, level: float, infinite: str
) -> Estimate:
    """A ratio from 0 to infinity with its limits; an infinite one is not estimable.

    ``value`` None stands for an infinite or undefined ratio, for the reason ``infinite``.
    """
    z = normal_quantile(level)
    lower, inverse = (_ratio_crossing(of, z) for of in (score, swapped))
    upper = 1.0 / inverse if inverse else None
    if value is None:
        return Estimate(None, lower, upper, infinite)
    reason = None if upper is not None else "the upper limit is infinite"
    return Estimate(value, lower, upper, reason)


def ratio_root(score: Score) -> float:
    """The ratio at which the statistic is 0."""
    return _ratio_crossing(score, 0.0)


def _ratio_crossing(score: Score, z: float) -> float:
    # On r / (1 + r), which maps the whole half-line to [0, 1].
    place = crossing(lambda part: score(part / (1.0 - part)) - z, 0.0, 1.0)
    return place / (1.0 - place) if place < 1 else 0.0


def _less(score: Score, z: float) -> Score:
    return lambda effect: score(effect) - z
