"""Survival of two arms at one time: closed forms, and what cannot be compared."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.kaplan_meier import PAST_LAST, kaplan_meier
from services.analytics.domain.milestone import NO_VARIANCE, milestone_difference
from tests.services.analytics.cases import table, trials
from tests.services.analytics.reference import NAMES, close, load

Z = 1.959963984540054


def difference(arm: list[int | str], reference: list[int | str], time: float) -> Estimate:
    curves = (kaplan_meier(table(*times), 0.95) for times in (arm, reference))
    return milestone_difference(*curves, time).difference


def test_the_difference_has_the_sum_of_both_variances() -> None:
    # 3 of 4 and 1 of 4 survive day 5: each variance is 3/16 over 4.
    found = difference([1, 9, 9, 9], [2, 3, 4, 9], 5)
    error = math.sqrt(2 * 3 / 16 / 4)
    assert found.value == pytest.approx(0.5)
    assert found.lower == pytest.approx(0.5 - Z * error)
    assert found.upper == 1.0  # 1.1001 is no difference of probabilities
    p = milestone_difference(
        kaplan_meier(table(1, 9, 9, 9), 0.95), kaplan_meier(table(2, 3, 4, 9), 0.95), 5
    ).p_two_sided
    assert p.value == pytest.approx(math.erfc(0.5 / error / math.sqrt(2)))


@pytest.mark.parametrize(
    ("arm", "reference", "reason"),
    [
        ([], [1, 2], NO_SUBJECTS),
        (["1+", "2+"], [1, 9, 9], PAST_LAST),
        ([1, 2], [1, 9, 9], "standard error not estimable: survival is 0"),
        ([1, 9], [1, 2], "standard error not estimable: survival is 0"),
    ],
)
def test_without_a_standard_error_in_both_arms_there_is_no_difference(
    arm: list[int | str], reference: list[int | str], reason: str
) -> None:
    found = difference(arm, reference, 5)
    assert (found.value, found.lower, found.upper, found.reason) == (None, None, None, reason)


def test_before_any_event_the_difference_is_0_without_limits() -> None:
    found = difference([8, 9], [7, "9+"], 5)
    assert (found.value, found.lower, found.upper, found.reason) == (0.0, None, None, NO_VARIANCE)


@given(trials(), trials(), st.integers(1, 40))
def test_swapping_the_arms_turns_the_difference_round(
    first: list[object], second: list[object], time: int
) -> None:
    one = kaplan_meier(table(*_times(first)), 0.95)
    other = kaplan_meier(table(*_times(second)), 0.95)
    there, back = milestone_difference(one, other, time), milestone_difference(other, one, time)
    assert there.p_two_sided.value == back.p_two_sided.value
    value, turned = there.difference, back.difference
    if value.value is None or turned.value is None:
        assert value.value is turned.value
        return
    assert value.value == -turned.value
    if value.lower is not None and value.upper is not None:
        assert -1.0 <= value.lower <= value.value <= value.upper <= 1.0
        assert (value.lower, value.upper) == (-turned.upper, -turned.lower)  # type: ignore[operator]


def _times(observations: list[object]) -> list[int | str]:
    return [f"{each.time}" + ("" if each.event else "+") for each in observations]  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", NAMES)
def test_real_data_give_the_difference_that_the_estimates_of_r_give(name: str) -> None:
    data = load(name)
    reference, *others = data.arms
    curves = {arm: kaplan_meier(each, 0.95) for arm, each in data.tables().items()}
    theirs = data.expected["km"]
    for arm in others:
        for index, time in enumerate(theirs[arm]["times"]):
            values = [theirs[of]["survival"][index] for of in (arm, reference)]
            errors = [theirs[of]["std_err_of_survival"][index] for of in (arm, reference)]
            found = milestone_difference(curves[arm], curves[reference], time).difference
            if None in values or None in errors:
                assert found.value is None
                continue
            spread = math.hypot(*errors)
            assert close(found.value, values[0] - values[1])
            if spread:
                assert found.lower is not None
                assert close(found.lower, max(values[0] - values[1] - Z * spread, -1.0))
