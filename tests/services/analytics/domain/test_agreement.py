import json
import math

import numpy as np
import pytest

from services.analytics.domain.agreement import EngineCheck, EngineDisagreement
from services.analytics.domain.engine_port import (
    AT_ZERO,
    CLOSED_AT_ZERO,
    NOT_MONOTONE,
    ON_PLATEAU,
    EngineCurve,
    Triple,
    compare_curves,
    compare_quantiles,
)
from services.analytics.domain.kaplan_meier import Curve, kaplan_meier
from services.analytics.domain.results import OutputClass
from tests.services.analytics.cases import table

CLOSED = OutputClass.CLOSED


def _only(check: EngineCheck) -> dict[str, object]:
    (entry,) = check.to_json(CLOSED)
    assert isinstance(entry, dict)
    return entry


def test_the_largest_difference_is_kept_with_its_place() -> None:
    check = EngineCheck()
    agreement = check.of("S(t)", 1e-3, CLOSED)
    agreement.add("day 1", 0.5, 0.5)
    agreement.add("day 2", 0.5, 0.5004)
    agreement.add("day 3", 0.5, 0.5001)
    entry = _only(check)
    assert entry["max_absolute"] == pytest.approx(0.0004)
    assert entry["max_relative"] == pytest.approx(0.0004 / 0.5004)
    assert (entry["where"], entry["compared"], entry["verdict"]) == ("day 2", 3, "agrees")
    check.require_agreement()


def test_a_difference_over_tolerance_fails_the_run_and_says_where() -> None:
    check = EngineCheck()
    check.of("S(t)", 1e-12, CLOSED).add("OS ITT InO, day 9", 0.5, 0.5 + 1e-11)
    with pytest.raises(EngineDisagreement, match="OS ITT InO, day 9"):
        check.require_agreement()
    assert _only(check)["verdict"] == "disagrees"


def test_large_numbers_are_compared_relatively() -> None:
    check = EngineCheck()
    check.of("chi-square", 1e-10, CLOSED).add("OS", 1000.0, 1000.0 + 1e-8)
    check.require_agreement()


def test_a_number_on_one_side_only_is_a_disagreement() -> None:
    check = EngineCheck()
    check.of("median", 1e-12, CLOSED).add("OS", None, 3.0)
    with pytest.raises(EngineDisagreement, match="1 unmatched"):
        check.require_agreement()


def test_not_estimable_on_both_sides_is_no_comparison() -> None:
    check = EngineCheck()
    check.of("median", 1e-12, CLOSED).add("OS", None, math.nan)
    assert _only(check)["compared"] == 0
    check.require_agreement()


def test_every_quantity_at_fault_is_named() -> None:
    check = EngineCheck()
    check.of("median", 1e-12, CLOSED).add("OS", 2.0, 3.0)
    check.of("chi-square", 1e-12, CLOSED).add("EFS", 2.0, 3.0)
    with pytest.raises(EngineDisagreement) as caught:
        check.require_agreement()
    assert [fault.quantity for fault in caught.value.faults] == ["chi-square", "median"]


def test_the_open_list_holds_nothing_compared_by_arm() -> None:
    check = EngineCheck()
    check.of("S(t)", 1e-12, CLOSED).add("OS ITT InO, day 9", 0.5, 0.4)
    check.of("S(t)", 1e-12, OutputClass.OPEN).add("OS ITT pooled, day 9", 0.5, 0.5)
    text = json.dumps(check.to_json(OutputClass.OPEN), allow_nan=False)
    assert "InO" not in text
    assert '"compared": 1' in text


def _like(curve: Curve, quantiles: dict[float, Triple]) -> EngineCurve:
    return EngineCurve(curve.survival, curve.lower, curve.upper, quantiles, curve.survival)


def test_the_librarys_limits_at_zero_are_an_expected_difference() -> None:
    curve = kaplan_meier(table(1, 2, 3), 0.95)
    zeros = np.where(np.isnan(curve.lower), 0.0, curve.lower)
    check = EngineCheck()
    theirs = EngineCurve(curve.survival, zeros, zeros, {}, zeros)
    compare_curves(check, "OS", curve, theirs, CLOSED)
    limits = next(e for e in check.to_json(CLOSED) if "limits" in str(e))
    assert isinstance(limits, dict)
    assert limits["expected_reasons"] == [AT_ZERO]


@pytest.mark.parametrize(
    ("times", "p", "theirs", "reason"),
    [
        ((1, 2, 3, 4), 0.5, (2.0, 1.0, 4.0), ON_PLATEAU),
        ((1, 2, 3), 0.5, (2.0, 1.0, 3.0), CLOSED_AT_ZERO),
    ],
)
def test_differences_of_definition_are_expected(
    times: tuple[int, ...], p: float, theirs: Triple, reason: str
) -> None:
    curve = kaplan_meier(table(*times), 0.95)
    check = EngineCheck()
    compare_quantiles(check, "OS", curve, _like(curve, {p: theirs}), CLOSED)
    check.require_agreement()
    reasons = _only(check)["expected_reasons"]
    assert isinstance(reasons, list)
    assert reason in reasons


def test_any_other_difference_of_a_quantile_is_a_disagreement() -> None:
    curve = kaplan_meier(table(1, 2, 3, "4+", 5), 0.95)
    assert [quantile.time for quantile in curve.quantiles(0.5)] == [3.0, 1.0, None]
    for theirs in ((2.0, 1.0, None), (3.0, 2.0, None), (3.0, 1.0, 4.0), (None, 1.0, None)):
        check = EngineCheck()
        compare_quantiles(check, "OS", curve, _like(curve, {0.5: theirs}), CLOSED)
        with pytest.raises(EngineDisagreement):
            check.require_agreement()


def test_a_limit_that_rises_again_may_be_read_differently() -> None:
    # Many early events, then two left of whom one has the event: the upper limit rises.
    many = [*range(1, 301), *(f"{day}+" for day in range(301, 400)), 400, "401+"]
    curve = kaplan_meier(table(*many), 0.95)
    upper = curve.upper[~np.isnan(curve.upper)]
    assert np.diff(upper).max() > 0
    p = 0.68
    mine = [quantile.time for quantile in curve.quantiles(p)]
    assert mine[2] is not None
    check = EngineCheck()
    compare_quantiles(check, "OS", curve, _like(curve, {p: (mine[0], mine[1], None)}), CLOSED)
    assert _only(check)["expected_reasons"] == [NOT_MONOTONE]
