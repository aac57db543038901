"""Probability that all of some correlated normal variables lie below a limit.

In directions u of a space of as many dimensions as the correlation has rank, all are below the
limit up to a length t(u); the square of a length is chi-squared whatever its direction, so the
probability is the mean of that distribution at t(u) over all directions. Correlations short of rank
(one variable a sum of others) are no special case, and the same question has the same answer.
"""

import math

import numpy as np

from services.analytics.domain.life_table import FloatArray

RANK_TOLERANCE = 1e-9
MOST_DIMENSIONS = 4
# Directions an angle; a probability is then right to 1e-5, and to 1e-4 in four dimensions.
_ANGLES = {2: (20_000,), 3: (160, 320), 4: (60, 60, 120)}


def all_within(correlation: FloatArray, limit: float, *, both_sides: bool) -> float:
    """P(Z_i <= limit for all i), or of ``both_sides`` P(|Z_i| <= limit); (k, k) correlations.

    Raises ValueError for a correlation of higher rank than four.
    """
    values, vectors = np.linalg.eigh(correlation)
    kept = values > RANK_TOLERANCE
    loadings = vectors[:, kept] * np.sqrt(values[kept])
    directions, weights = _directions(loadings.shape[1])
    along = directions @ loadings.T
    if both_sides:
        return float(weights @ _reached(np.abs(along).max(axis=1), max(limit, 0.0), loadings))
    if limit >= 0:
        return float(weights @ _reached(along.max(axis=1), limit, loadings))
    # Below a negative limit lie only lengths beyond it, in directions in which all fall.
    falling = -along.max(axis=1)
    inside = falling > 0
    beyond = np.zeros(falling.shape)
    beyond[inside] = 1.0 - _reached(falling[inside], -limit, loadings)
    return float(weights @ beyond)


def _reached(steepest: FloatArray, limit: float, loadings: FloatArray) -> FloatArray:
    """The distribution of a length at the limit over ``steepest``; 1 where nothing rises."""
    rising = steepest > 0
    found = np.ones(steepest.shape)
    found[rising] = _length_below(limit / steepest[rising], loadings.shape[1])
    return found


def _length_below(lengths: FloatArray, dimensions: int) -> FloatArray:
    """P(chi with so many degrees of freedom <= length): Abramowitz and Stegun 26.4.4, 26.4.5."""
    density = np.exp(-(lengths**2) / 2.0)
    if dimensions % 2 == 0:
        return 1.0 - density * (1.0 if dimensions == 2 else 1.0 + lengths**2 / 2.0)
    below = np.array([math.erf(each / math.sqrt(2.0)) for each in lengths])
    return below if dimensions == 1 else below - math.sqrt(2.0 / math.pi) * lengths * density


def _directions(dimensions: int) -> tuple[FloatArray, FloatArray]:
    """Unit vectors (directions, dimensions) spread over the sphere, and their weights."""
    if dimensions == 1:
        return np.array([[1.0], [-1.0]]), np.array([0.5, 0.5])
    if dimensions > MOST_DIMENSIONS:
        raise ValueError(f"a correlation of rank {dimensions} is more than {MOST_DIMENSIONS}")
    *polar, round_about = _ANGLES[dimensions]
    angle = (np.arange(round_about) + 0.5) * (2.0 * math.pi / round_about)
    found = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    weights = np.full(round_about, 1.0 / round_about)
    for number, count in enumerate(reversed(polar), start=1):
        angle = (np.arange(count) + 0.5) * (math.pi / count)
        sine = np.sin(angle) ** number
        rim = np.sin(angle)[:, None, None] * found[None]
        pole = np.broadcast_to(np.cos(angle)[:, None, None], (*rim.shape[:2], 1))
        found = np.concatenate([pole, rim], axis=2).reshape(-1, found.shape[1] + 1)
        weights = ((sine / sine.sum())[:, None] * weights[None]).ravel()
    return found, weights
