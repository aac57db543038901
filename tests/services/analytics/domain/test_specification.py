from decimal import Decimal
from typing import Any

import pytest

from services.analytics.domain.specification import ConfidenceType
from tests.services.analytics.cases import plan


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"arms": ()}, "arms must be named"),
        ({"arms": ("control", "control")}, "each once"),
        ({"arms": ("pooled", "control")}, "cannot be called 'pooled'"),
        ({"arms": ("", "control")}, "have no name"),
        ({"reference_arm": "placebo"}, "'placebo' is not among the arms"),
        ({"level": 1.0}, "between 0 and 1"),
        ({"days_per_unit": Decimal(0)}, "days per unit must be positive"),
        ({"landmarks": (Decimal(-1),)}, "landmark must not be negative"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        plan(**changes)


def test_days_and_units_convert_without_binary_rounding() -> None:
    spec = plan(unit="months", days_per_unit=Decimal("30.4375"))
    assert spec.in_days(Decimal(12)) == 365.25
    assert spec.in_units(365.25) == 12.0
    assert plan().in_units(161.0) == 23.0


def test_the_contrast_names_the_reference_last() -> None:
    assert plan(arms=("control", "6-MP")).contrast == "6-MP vs control"
    three = plan(arms=("control", "low", "high"))
    assert three.contrast == "low vs high vs control"


def test_limits_are_log_log_unless_told() -> None:
    assert plan().conf_type is ConfidenceType.LOG_LOG
