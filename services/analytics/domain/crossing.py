"""Where a falling function crosses zero."""

from collections.abc import Callable

HALVINGS = 100


def crossing(falling: Callable[[float], float], lower: float, upper: float) -> float:
    """Bisect between ``lower`` and ``upper``; an end itself where no sign changes before it.

    The ends are not evaluated. Infinite values are allowed.
    """
    low, high = lower, upper
    for _ in range(HALVINGS):
        middle = (low + high) / 2.0
        if middle in {low, high}:
            break
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    if low == lower:
        return lower
    return upper if high == upper else (low + high) / 2.0
