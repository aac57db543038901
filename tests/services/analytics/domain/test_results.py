import json
import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.results import OutputClass, ResultRow, Status, rounded

ROW = ResultRow(
    endpoint="OS",
    population="ITT",
    group="InO",
    statistic="median",
    value=1 / 3,
    lower=0.1,
    method="Kaplan-Meier quantile",
    convention={"level": 0.95, "conf_type": "log-log"},
    unit="months",
    n=10,
    events=4,
    cutoff=date(2026, 3, 31),
    inputs_hash="00",
    engine="own",
    output_class=OutputClass.CLOSED,
    warnings=("few events",),
)


def test_json_has_a_fixed_order_twelve_digits_and_null_for_missing() -> None:
    assert json.dumps(ROW.to_json(), allow_nan=False) == (
        '{"endpoint": "OS", "population": "ITT", "group": "InO", "contrast": null, '
        '"statistic": "median", "category": null, "subgroup": null, "level": null, '
        '"timepoint": null, "value": 0.333333333333, "lower": 0.1, '
        '"upper": null, "status": "OK", "reason": null, "method": "Kaplan-Meier quantile", '
        '"convention": {"conf_type": "log-log", "level": 0.95}, "unit": "months", "n": 10, '
        '"events": 4, "cutoff": "2026-03-31", "inputs_hash": "00", "engine": "own", '
        '"output_class": "closed", "warnings": ["few events"]}'
    )


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["value", "lower", "upper", "timepoint"])
def test_a_row_never_holds_a_number_that_is_not_finite(name: str, number: float) -> None:
    changes: dict[str, Any] = {name: number}
    with pytest.raises(ValueError, match="not a finite number"):
        replace(ROW, **changes)


def test_a_value_stands_exactly_with_status_ok() -> None:
    with pytest.raises(ValueError, match="status is OK"):
        replace(ROW, value=None)
    with pytest.raises(ValueError, match="status is OK"):
        replace(ROW, status=Status.NE, reason="median not reached")


def test_a_missing_value_needs_its_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        replace(ROW, value=None, status=Status.NE)
    row = replace(ROW, value=None, status=Status.NE, reason="median not reached")
    assert row.to_json()["value"] is None


def test_a_row_is_of_a_group_or_of_a_contrast() -> None:
    with pytest.raises(ValueError, match="either a group or a contrast"):
        replace(ROW, contrast="InO vs SoC")
    with pytest.raises(ValueError, match="either a group or a contrast"):
        replace(ROW, group=None)


def test_an_open_row_names_no_arm_and_no_contrast() -> None:
    with pytest.raises(ValueError, match="holds no arm"):
        replace(ROW, output_class=OutputClass.OPEN)
    with pytest.raises(ValueError, match="holds no arm"):
        replace(ROW, group=None, contrast="InO vs SoC", output_class=OutputClass.OPEN)
    assert replace(ROW, group="pooled", output_class=OutputClass.OPEN).group == "pooled"


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_rounding_keeps_twelve_significant_digits(number: float) -> None:
    short = rounded(number)
    assert short is not None
    if math.isfinite(short):
        assert short == pytest.approx(number, rel=5.1e-12, abs=0)
        assert rounded(short) == short


def test_minus_zero_is_zero() -> None:
    assert str(rounded(-0.0)) == "0.0"


def test_rounding_refuses_what_is_not_finite() -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        rounded(math.nan)
