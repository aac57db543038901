"""Boundaries and conditional powers against rpact.

Boundaries hold to 1e-5: rpact spends 1e-8 less than alpha by the last look.
"""

import json
from typing import Any

import pytest

from services.analytics.domain.interim.boundaries import (
    Boundary,
    Shape,
    shaped_boundary,
    spending_boundary,
)
from services.analytics.domain.interim.conditional_power import Trend, conditional_power
from services.analytics.domain.interim.spending import Spending
from tests.services.analytics.reference import REFERENCE

PATH = REFERENCE / "interim.json"
DESIGNS = {
    "Lan-DeMets O'Brien-Fleming spending": Spending.OBRIEN_FLEMING,
    "Lan-DeMets Pocock spending": Spending.POCOCK,
    "O'Brien-Fleming exact": Shape.OBRIEN_FLEMING,
    "Pocock exact": Shape.POCOCK,
}


def answers(key: str) -> list[dict[str, Any]]:
    if not PATH.exists():
        pytest.skip(f"reference data absent: {PATH} (set INDUCT_REFERENCE)")
    found: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))[key]
    return found


def boundary(design: Spending | Shape, alpha: float, information: list[float]) -> Boundary:
    if isinstance(design, Spending):
        return spending_boundary(design, alpha, information)
    return shaped_boundary(design, alpha, information)


def test_boundaries() -> None:
    compared = 0
    for answer in answers("boundaries"):
        design = DESIGNS[answer["type"]]
        found = boundary(design, answer["one_sided_alpha"], answer["information_rates"])
        z = [look.z.value for look in found.looks]
        assert z == pytest.approx(answer["critical_z"], abs=1e-5)
        levels = [look.p_one_sided for look in found.looks]
        assert levels == pytest.approx(answer["stage_level_one_sided_p"], abs=1e-6)
        spent = [look.spent for look in found.looks]
        assert spent == pytest.approx(answer["cumulative_alpha_spent"], abs=2e-8)
        compared += len(z)
    assert compared >= 16


def test_conditional_power() -> None:
    for answer in answers("conditional_power"):
        assert answer["trend"] == "null"
        found = conditional_power(answer["z"], answer["t"], answer["final_critical_z"], Trend.NULL)
        assert found.power == pytest.approx(answer["conditional_power"], rel=1e-10)
