"""How numbers are printed: fixed decimals, half away from zero, NE where there is none."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from services.analytics.domain.estimate import Estimate
from services.analytics.domain.results import rounded

NOT_ESTIMABLE = "NE"
EN_DASH = "\N{EN DASH}"


def decimals(number: float | None, places: int) -> str:
    """A number with ``places`` decimals; 0.125 prints as 0.13 at two, None as NE."""
    exact = rounded(number)
    if exact is None:
        return NOT_ESTIMABLE
    return str(Decimal(repr(exact)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def with_limits(estimate: Estimate, places: int) -> str:
    """``value (lower-upper)``; a value that is not estimable keeps the limit it has."""
    value = decimals(estimate.value, places)
    if estimate.value is None and estimate.lower is None and estimate.upper is None:
        return value
    lower, upper = decimals(estimate.lower, places), decimals(estimate.upper, places)
    # A dash between them would be read as the sign of a negative limit.
    between = " to " if "-" in lower + upper else EN_DASH
    return f"{value} ({lower}{between}{upper})"


def p_value(p: float | None) -> str:
    """``= 0.0123``, ``< 0.0001`` or ``NE``, to follow the letter p."""
    if p is None:
        return NOT_ESTIMABLE
    return "< 0.0001" if p < 0.0001 else f"= {decimals(p, 4)}"


def percent(level: float) -> str:
    """A confidence level such as ``95 %``."""
    return f"{decimals(level * 100, 1).removesuffix('.0')} %"


def listed(parts: Sequence[str]) -> str:
    """Parts joined by a middle dot, empty ones left out."""
    return " \N{MIDDLE DOT} ".join(part for part in parts if part)
