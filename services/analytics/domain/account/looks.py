"""Designs with interim looks, and the power that is left at one."""

from collections.abc import Mapping
from typing import Any

from services.analytics.domain.interim.boundaries import (
    Shape,
    shaped_boundary,
    spending_boundary,
)
from services.analytics.domain.interim.conditional_power import Trend, conditional_power
from services.analytics.domain.interim.spending import Spending

DESIGNS: Mapping[str, Spending | Shape] = {
    "Lan-DeMets O'Brien-Fleming spending": Spending.OBRIEN_FLEMING,
    "Lan-DeMets Pocock spending": Spending.POCOCK,
    "O'Brien-Fleming exact": Shape.OBRIEN_FLEMING,
    "Pocock exact": Shape.POCOCK,
}
TRENDS: Mapping[str, Trend] = {
    "null": Trend.NULL,
    "current": Trend.CURRENT,
    "design": Trend.DESIGN,
}


def boundary_answer(design: Mapping[str, Any]) -> dict[str, Any]:
    """The z to be reached, its one-sided level, and the error spent by each look.

    ``design`` is ``{"type", "one_sided_alpha", "information_rates"}``. Raises ``ValueError``.
    """
    kind = DESIGNS.get(str(design.get("type")))
    if kind is None:
        raise ValueError(f"type is one of {', '.join(DESIGNS)}")
    rates = design.get("information_rates")
    alpha = _number(design, "one_sided_alpha")
    if not isinstance(rates, list) or not rates:
        raise ValueError("information_rates are the shares of information, one a look")
    shares = [_number({"information_rates": rate}, "information_rates") for rate in rates]
    found = (
        spending_boundary(kind, alpha, shares)
        if isinstance(kind, Spending)
        else shaped_boundary(kind, alpha, shares)
    )
    return {
        "critical_z": [look.z.value for look in found.looks],
        "cumulative_alpha_spent": [look.spent for look in found.looks],
        "stage_level_one_sided_p": [look.p_one_sided for look in found.looks],
    }


def power_answer(question: Mapping[str, Any]) -> dict[str, Any]:
    """The conditional power of ``{"z", "t", "final_critical_z", "trend"}``, and of ``drift`` where
    the trend is ``design``. Raises ``ValueError``."""
    trend = TRENDS.get(str(question.get("trend", "null")))
    if trend is None:
        raise ValueError(f"trend is one of {', '.join(TRENDS)}")
    z, t, final = (_number(question, name) for name in ("z", "t", "final_critical_z"))
    drift = _number(question, "drift") if "drift" in question else None
    return {"conditional_power": conditional_power(z, t, final, trend, drift).power}


def _number(given: Mapping[str, Any], name: str) -> float:
    value = given.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{name} is a number")
    return float(value)
