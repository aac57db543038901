"""Boundaries of a group-sequential test of superiority, one-sided, stopping for benefit.

Sources: Lan and DeMets 1983 for spending; O'Brien and Fleming 1979 and Pocock 1977 for
the shapes with one constant, by the recursion of Armitage, McPherson and Rowe 1969.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from services.analytics.domain.chi_square import normal_upper_tail
from services.analytics.domain.crossing import crossing
from services.analytics.domain.estimate import Convention, Estimate, Statistic
from services.analytics.domain.interim.crossing_density import FARTHEST, Continuing
from services.analytics.domain.interim.spending import Spending, spent

SPENDS_NOTHING = "this look spends less error than can be computed"
LEAST = 1e-17
CLOSEST = 0.01 - 1e-12  # Looks closer than this would ask for a finer integral.


class Shape(StrEnum):
    """Boundaries that one constant decides."""

    OBRIEN_FLEMING = "O'Brien-Fleming"
    POCOCK = "Pocock"


@dataclass(frozen=True, slots=True)
class Look:
    """``z`` to be reached at ``information``; ``spent`` of the error by the end of this look."""

    information: float
    z: Estimate
    spent: float

    @property
    def p_one_sided(self) -> float | None:
        """The nominal level of this look."""
        return None if self.z.value is None else normal_upper_tail(self.z.value)


@dataclass(frozen=True, slots=True)
class Boundary:
    """The looks of a design; ``alpha`` is one-sided."""

    design: Spending | Shape
    alpha: float
    looks: tuple[Look, ...]

    def statistics(self) -> tuple[Statistic, ...]:
        """The z and the nominal level of every look."""
        rows = []
        for number, look in enumerate(self.looks, start=1):
            convention: Convention = {
                "alpha": self.alpha,
                "sides": 1,
                "look": number,
                "information": look.information,
                "spent": look.spent,
            }
            level = Estimate(look.p_one_sided, reason=look.z.reason)
            method = f"{self.design.value} boundary"
            rows += [
                Statistic("boundary_z", look.z, method, convention, "1"),
                Statistic("boundary_p_one_sided", level, method, convention, "probability"),
            ]
        return tuple(rows)


def spending_boundary(function: Spending, alpha: float, information: Sequence[float]) -> Boundary:
    """The boundary that spends ``alpha`` as ``function`` says at shares of ``information``.

    Raises ValueError unless the shares rise by at least 0.01 within (0, 1] and alpha
    lies in (0, 0.5).
    """
    _require_rising(information)
    state, before, looks = Continuing.start(), 0.0, []
    for share in information:
        until = spent(function, alpha, share)
        z = _z_that_spends(state, share, until - before)
        reason = SPENDS_NOTHING if z is None else None
        looks.append(Look(share, Estimate(z, reason=reason), until))
        if z is not None:  # Where nobody can stop the trial goes on as if there were no look.
            state = state.beyond(share, z)
        before = until
    return Boundary(function, alpha, tuple(looks))


def shaped_boundary(shape: Shape, alpha: float, information: Sequence[float]) -> Boundary:
    """The boundary of this ``shape`` that spends exactly ``alpha`` by the last look.

    Pocock's is one z at every look, O'Brien and Fleming's falls with the square root of
    the information. Raises ValueError unless the shares rise by at least 0.01 within
    (0, 1] and alpha lies in (0, 0.5).
    """
    _require_rising(information)
    if not 0 < alpha < 0.5:
        raise ValueError("alpha lies between 0 and 0.5")
    form = _FORMS[shape]

    def excess(constant: float) -> float:
        return _walk([(share, constant * form(share)) for share in information])[-1] - alpha

    constant = crossing(excess, 0.0, FARTHEST)
    bounds = [(share, constant * form(share)) for share in information]
    looks = [
        Look(share, Estimate(z), total)
        for (share, z), total in zip(bounds, _walk(bounds), strict=True)
    ]
    return Boundary(shape, alpha, tuple(looks))


_FORMS: dict[Shape, Callable[[float], float]] = {
    Shape.OBRIEN_FLEMING: lambda share: 1.0 / math.sqrt(share),
    Shape.POCOCK: lambda share: 1.0,
}


def _walk(bounds: Sequence[tuple[float, float]]) -> list[float]:
    """Error spent by each look."""
    state, totals = Continuing.start(), [0.0]
    for share, z in bounds:
        totals.append(totals[-1] + state.crossing(share, z))
        state = state.beyond(share, z)
    return totals[1:]


def _z_that_spends(state: Continuing, share: float, error: float) -> float | None:
    if error < LEAST:
        return None
    return crossing(lambda z: state.crossing(share, z) - error, -FARTHEST, FARTHEST)


def _require_rising(information: Sequence[float]) -> None:
    ends = [0.0, *information]
    steps = [after - before for before, after in pairwise(ends)]
    if not steps or not all(step >= CLOSEST for step in steps) or ends[-1] > 1:
        raise ValueError("shares of information rise by at least 0.01 within (0, 1]")
