"""The density of a trial that has not stopped yet, look after look.

Source: Armitage, McPherson and Rowe 1969: on the scale of B(t) = Z sqrt(t), whose steps
are independent, the density at a look is an integral over that at the look before.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.life_table import FloatArray

NODES = 256
FARTHEST = 9.0  # In standard deviations; beyond them is 1e-19 of a normal distribution.


@dataclass(frozen=True, slots=True, eq=False)
class Continuing:
    """Where B may be at ``information`` in a trial that goes on, under no effect.

    ``density`` at ``points``, both (nodes,); ``weights`` integrate over them.
    """

    information: float
    points: FloatArray
    weights: FloatArray
    density: FloatArray

    @classmethod
    def start(cls) -> Self:
        """Before the first look: B is 0."""
        one = np.ones(1)
        return cls(0.0, np.zeros(1), one, one)

    def crossing(self, information: float, z: float) -> float:
        """Probability of going on until ``information`` and being above ``z`` there."""
        step = math.sqrt(information - self.information)
        bound = z * math.sqrt(information)
        beyond = np.array([normal_upper_tail(gap) for gap in (bound - self.points) / step])
        return float(self.weights @ (self.density * beyond))

    def beyond(self, information: float, z: float) -> Self:
        """The trial at ``information`` that has stayed below ``z``."""
        step = math.sqrt(information - self.information)
        root = math.sqrt(information)
        nodes, weights = _gauss_legendre()
        lower, upper = -FARTHEST * root, z * root
        points = lower + (nodes + 1.0) * (upper - lower) / 2.0
        gaps = (points[:, None] - self.points[None, :]) / step
        kernel = np.exp(-0.5 * gaps**2) / (step * math.sqrt(2.0 * math.pi))
        density = kernel @ (self.weights * self.density)
        return type(self)(information, points, weights * (upper - lower) / 2.0, density)


@lru_cache(maxsize=1)
def _gauss_legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    return nodes, weights
