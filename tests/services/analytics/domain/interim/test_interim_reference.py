"""Boundaries and conditional powers against rpact.

Boundaries hold to 1e-5: rpact spends 1e-8 less than alpha by the last look.
"""

import json
from typing import Any

import pytest

from services.analytics.domain.account.looks import DESIGNS, boundary_answer, power_answer
from tests.services.analytics.reference import REFERENCE

PATH = REFERENCE / "interim.json"
TOLERANCES = {
    "critical_z": 1e-5, "stage_level_one_sided_p": 1e-6, "cumulative_alpha_spent": 2e-8,
}  # fmt: skip


def answers(key: str) -> list[dict[str, Any]]:
    if not PATH.exists():
        pytest.skip(f"reference data absent: {PATH} (set INDUCT_REFERENCE)")
    found: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))[key]
    return found


def test_boundaries_of_every_design() -> None:
    for answer in answers("boundaries"):
        found = boundary_answer(answer)
        for name, allowed in TOLERANCES.items():
            assert found[name] == pytest.approx(answer[name], abs=allowed), (answer["type"], name)
    assert {answer["type"] for answer in answers("boundaries")} == set(DESIGNS)


def test_conditional_power() -> None:
    for answer in answers("conditional_power"):
        found = power_answer(answer)["conditional_power"]
        assert found == pytest.approx(answer["conditional_power"], rel=1e-10)
