"""The terms of Efron's form, a few in the place of many where many events are tied.

A term is a smooth function of l / D, so the sum over l = 0 ... D - 1 is that over the nodes of the
Gauss rule of these very points (Gram polynomials; Golub and Welsch 1969): n nodes are exact for
polynomials of degree 2 n - 1. The function has its singularity where the weighted events are all
that is at risk. The larger the share of an arm that falls on one day, the nearer that is and the
more nodes are taken, so that the error stays below 1e-12; close to all, no term is left out.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from services.analytics.domain.life_table import FloatArray

# Nodes, for days on which at most this share of any arm has the event.
_RULES = ((4, 0.02), (6, 0.2), (10, 0.6), (32, 0.95))
_WORTH_IT = 3

IntArray = NDArray[np.int64]


def tied_terms(events: FloatArray, at_risk: FloatArray) -> tuple[IntArray, FloatArray, FloatArray]:
    """For each term its event time, l / D, and how often it counts; by event time.

    ``events`` and ``at_risk`` have shape (event times, arms).
    """
    deaths = events.sum(axis=1)
    share = np.divide(events, at_risk, out=np.zeros(events.shape), where=at_risk > 0).max(
        axis=1, initial=0.0
    )
    parts = list(_parts(deaths, share))
    event_time, gone, counted = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(event_time, kind="stable")
    return event_time[order], gone[order], counted[order]


def _parts(
    deaths: FloatArray, share: FloatArray
) -> Iterator[tuple[IntArray, FloatArray, FloatArray]]:
    left = np.ones(deaths.shape, dtype=np.bool_)
    for nodes, most in _RULES:
        taken = left & (share <= most) & (deaths > _WORTH_IT * nodes)
        left &= ~taken
        at = np.flatnonzero(taken)
        # Many days have as many events as others: of each number the rule is found once.
        numbers, same = np.unique(deaths[at], return_inverse=True)
        places, weights = (each[same] for each in _gauss(numbers, nodes))
        gone = places / deaths[at][:, None]
        yield np.repeat(at, nodes), gone.ravel(), weights.ravel()
    at = np.flatnonzero(left)
    whole = deaths[at].astype(np.int64)
    first = np.repeat(whole.cumsum() - whole, whole)
    number = np.arange(first.size) - first
    event_time = np.repeat(at, whole)
    yield event_time, number / deaths[event_time], np.ones(number.size)


def _gauss(deaths: FloatArray, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Nodes between 0 and D - 1 and weights that sum to D, shape (days, nodes)."""
    n = np.arange(1, nodes, dtype=np.float64)
    # In units of D: the recurrence of polynomials orthogonal over the points l / D.
    inverse = 1.0 / deaths[:, None] ** 2
    beside = np.sqrt(n**2 * (1.0 - n**2 * inverse) / (4.0 * (4.0 * n**2 - 1.0)))
    matrix = np.zeros((deaths.size, nodes, nodes))
    index = np.arange(nodes - 1)
    matrix[:, index, index + 1] = matrix[:, index + 1, index] = beside
    values, vectors = np.linalg.eigh(matrix)
    middle = (deaths[:, None] - 1.0) / 2.0
    return middle + values * deaths[:, None], deaths[:, None] * vectors[:, 0, :] ** 2
