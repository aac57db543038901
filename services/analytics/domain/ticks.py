"""Ticks of a time axis: the steps readers of each unit expect, nine ticks at most."""

import math
from itertools import chain, count

MOST_TICKS = 9
_STEPS = {
    "months": (1, 2, 3, 6, 12, 24, 36, 48, 60, 120),
    "weeks": (1, 2, 4, 5, 10, 13, 26, 52, 104),
}


def time_ticks(longest: float, unit: str) -> tuple[float, ...]:
    """Ticks from 0 that cover ``longest`` (in ``unit``), the last one at most half a step beyond.

    Units without steps of their own, and times beyond them, use 1, 2 and 5 times powers of ten.
    """
    decades = (factor * 10**power for power in count() for factor in (1, 2, 5))
    longest_known = max(_STEPS.get(unit, (0,)))
    steps = chain(_STEPS.get(unit, ()), (step for step in decades if step > longest_known))
    for step in steps:
        last = math.floor(longest / step + 0.5)
        if last < MOST_TICKS:
            return tuple(float(step * index) for index in range(max(last, 1) + 1))
    raise AssertionError("steps grow without end")
