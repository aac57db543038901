"""Fine and Gray's model: equal to R's on ties of all kinds, to Cox's where nothing competes."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given

from services.analytics.domain.competing.subdistribution import (
    CensoringTies,
    fine_gray,
    stratified_fine_gray,
)
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.cox.connection import MONOTONE_LIKELIHOOD
from services.analytics.domain.cox.model import Coefficient, cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.score_test import NO_COMPARISON
from tests.services.analytics.domain.competing.causes import by_arm, ends, seen
from tests.services.analytics.domain.competing.test_competing_reference import with_causes

ARMS = ("a", "b", "c")


def drawn() -> list[CauseCount]:
    """Ninety subjects of three arms, many of them at one time by different causes.

    The numbers are those of a linear congruential generator: R was given the same.
    """
    state, found = 12345, []

    def chance() -> float:
        nonlocal state
        state = (1103515245 * state + 12345) % 2**31
        return state / 2**31

    for number in range(90):
        arm = number % 3
        time = 1 + int(chance() * 14 * (1 + 0.4 * arm))
        luck = chance()
        cause = 1 if luck < 0.35 + 0.1 * (arm == 1) else 2 if luck < 0.6 else 0
        found.append(CauseCount(ARMS[arm], "", float(time), cause, 1))
    return found


def tables(
    cells: Sequence[CauseCount], arms: Sequence[str] = ARMS, cause: int = 1
) -> list[CompetingTable]:
    return [CompetingTable.of((c for c in cells if c.arm == arm), cause) for arm in arms]


def numbers(found: Sequence[Coefficient]) -> tuple[list[float | None], list[float | None]]:
    return [each.value for each in found], [each.standard_error for each in found]


# Of two arms R had those alone, and so their censoring.
# cmprsk 2.2-11: crr(time, cause, model.matrix(~arm)[, -1], failcode, gtol = 1e-12).
@pytest.mark.parametrize(
    ("arms", "cause", "values", "errors"),
    [
        (ARMS, 1, (-0.355082877427, -1.350034546086), (0.377437167515, 0.405557961186)),
        (ARMS, 2, (-0.497831761312, 0.678858549135), (0.754404374378, 0.515442453696)),
        (("a", "b"), 1, (-0.440385013336,), (0.365032683006,)),
        (("a", "b"), 2, (-0.507625104812,), (0.708254987132,)),
    ],
)
def test_it_gives_the_answers_of_cmprsk(
    arms: Sequence[str], cause: int, values: Sequence[float], errors: Sequence[float]
) -> None:
    found, spread = numbers(fine_gray(tables(drawn(), arms, cause)))
    assert found == pytest.approx(values, abs=1e-9)
    assert spread == pytest.approx(errors, abs=1e-9)


def never(cells: Sequence[CauseCount]) -> list[CauseCount]:
    """Nobody of the third arm has the event: its ratio tends to 0."""
    return [replace(c, cause=0) if (c.arm, c.cause) == ("c", 1) else c for c in cells]


def at_once(cells: Sequence[CauseCount]) -> list[CauseCount]:
    """The third arm is gone before the others begin: its ratio tends to infinity."""
    return [
        replace(c, time=1.0, cause=int(c.cause == 1))
        if c.arm == "c"
        else replace(c, time=c.time + 1)
        for c in cells
    ]


# crr as above, of three arms: the third coefficient runs away (to -32 and 32), the others stand.
@pytest.mark.parametrize(
    ("change", "cause", "value", "error"),
    [
        (never, 1, -0.4029561601235, 0.3649347824738),
        (at_once, 1, -0.4403850133359, 0.3650326830061),
        (at_once, 2, -0.5076251048278, 0.7082549871349),
    ],
)
def test_an_arm_without_a_ratio_leaves_the_others_what_cmprsk_gives_them(
    change: Callable[[Sequence[CauseCount]], list[CauseCount]],
    cause: int,
    value: float,
    error: float,
) -> None:
    (second, third) = fine_gray(tables(change(drawn()), cause=cause))
    assert (second.value, second.standard_error) == pytest.approx((value, error), abs=1e-9)
    assert (third.value, third.reason) == (None, MONOTONE_LIKELIHOOD)


# survival 3.5-3: coxph(..., weights = fgwt, ties = "breslow") on finegray(Surv(time, cause) ~ .).
@pytest.mark.parametrize(
    ("cause", "values"),
    [(1, (-0.358189998256, -1.361711002484)), (2, (-0.502741215255, 0.663531922384))],
)
def test_with_events_before_censoring_it_gives_the_answers_of_survival(
    cause: int, values: Sequence[float]
) -> None:
    found, _ = numbers(fine_gray(tables(drawn(), cause=cause), ties=CensoringTies.EVENTS_FIRST))
    assert found == pytest.approx(values, abs=1e-9)


def test_real_cohorts() -> None:
    for reference, expected in with_causes():
        for cause in (1, 2):
            told = expected["regression"][f"cause{cause}"]
            found = fine_gray(tables(reference.causes, reference.arms, cause))
            ratios = [each.hazard_ratio(0.95).value for each in found]
            assert ratios == pytest.approx(told["finegray_shr_coxph_breslow"], rel=1e-8)
            # By default crr stops some 2e-5 from the maximum.
            assert ratios == pytest.approx(told["finegray_shr_crr"], rel=1e-4)
            assert numbers(found)[1] == pytest.approx(told["crr_se_coef"], rel=1e-4)


def test_by_hand_who_had_a_competing_event_stays_at_risk() -> None:
    # Day 1: a competing event in arm b. Day 2: an event in arm a, of 2 in a and 1 + 1 in b.
    # Day 3: an event in arm b, of 1 in a and 1 + 1 in b. Nobody is censored before.
    a, b = seen((2, 1), (4, 0)), seen((1, 2), (3, 1))
    (found,) = fine_gray([a, b])
    # Maximum of x / ((2 + 2 x) (1 + 2 x)), x the ratio: 2 x^2 = 1.
    assert found.value is not None
    assert math.exp(found.value) == pytest.approx(1 / math.sqrt(2), rel=1e-10)


@given(ends(("a", "b"), strata=("",)))
def test_without_competing_events_it_is_coxs_model_with_breslows_ties(
    cells: list[CauseCount],
) -> None:
    alone = [CauseCount(c.arm, "", c.time, min(c.cause, 1), c.subjects) for c in cells]
    both = tables(alone, ("a", "b"))
    (found,) = fine_gray(both)
    (expected,) = cox([[each.of_cause() for each in both]], Ties.BRESLOW).coefficients
    assert found.reason == expected.reason
    if expected.value is not None:
        assert found.value == pytest.approx(expected.value, abs=1e-8)


@given(ends(("a", "b"), strata=("",)))
def test_without_censoring_it_is_coxs_model_with_competing_events_after_all_others(
    cells: list[CauseCount],
) -> None:
    kept = [CauseCount(c.arm, "", c.time, max(c.cause, 1), c.subjects) for c in cells]
    late = [
        CauseCount(c.arm, "", c.time, 1, c.subjects) if c.cause == 1
        else CauseCount(c.arm, "", 99.0, 0, c.subjects)
        for c in kept
    ]  # fmt: skip
    (found,) = fine_gray(tables(kept, ("a", "b")))
    moved = [each.of_cause() for each in tables(late, ("a", "b"))]
    (expected,) = cox([moved], Ties.BRESLOW).coefficients
    assert (found.value is None) == (expected.value is None)
    if expected.value is not None:
        assert found.value == pytest.approx(expected.value, abs=1e-8)


@given(ends(("a", "b"), strata=("",)))
def test_swapped_arms_invert_the_ratio_and_every_answer_is_finite_or_has_a_reason(
    cells: list[CauseCount],
) -> None:
    (found,), (swapped,) = (fine_gray(tables(cells, arms)) for arms in (("a", "b"), ("b", "a")))
    assert (found.value is None) == (found.reason is not None) == (swapped.value is None)
    if found.value is not None:
        assert swapped.value == pytest.approx(-found.value, abs=1e-8)
        assert found.standard_error is not None
        assert math.isfinite(found.standard_error)
        assert swapped.standard_error == pytest.approx(found.standard_error, rel=1e-6, abs=1e-9)


def test_where_one_arm_has_all_events_there_is_no_finite_ratio() -> None:
    (found,) = fine_gray([seen((1, 1), (2, 1)), seen((1, 2), (3, 0))])
    assert (found.value, found.reason) == (None, MONOTONE_LIKELIHOOD)
    (nobody,) = fine_gray([seen(), seen((1, 1))])
    assert (nobody.value, nobody.reason) == (None, NO_COMPARISON)


def test_below_the_least_number_of_events_there_is_none() -> None:
    events = [int(each.events.sum()) for each in tables(drawn())]
    found = fine_gray(tables(drawn()), minimum_events=max(events) + 1)
    assert {each.reason for each in found} == {f"fewer than {max(events) + 1} events in an arm"}
    assert all(each.value is not None for each in fine_gray(tables(drawn()), min(events)))


def test_two_strata_alike_have_the_ratio_of_one_and_half_its_variance() -> None:
    (one, other), errors = numbers(fine_gray(tables(drawn())))
    twice, halved = numbers(stratified_fine_gray([tables(drawn())] * 2))
    assert twice == pytest.approx([one, other], abs=1e-10)
    assert [each * math.sqrt(2) for each in halved if each] == pytest.approx(errors, abs=1e-9)


def test_a_stratum_of_one_arm_changes_nothing() -> None:
    alone = [seen((1, 1), (2, 2), (3, 0), (4, 1)), seen(), seen()]
    plain, added = (numbers(stratified_fine_gray(strata)) for strata in
                    ([tables(drawn())], [tables(drawn()), alone]))  # fmt: skip
    assert added[0] == pytest.approx(plain[0], abs=1e-12)
    assert added[1] == pytest.approx(plain[1], abs=1e-12)


@given(ends(("a", "b")))
def test_without_competing_events_strata_are_those_of_coxs_model(cells: list[CauseCount]) -> None:
    alone = [CauseCount(c.arm, c.stratum, c.time, min(c.cause, 1), c.subjects) for c in cells]
    strata = by_arm(alone, ("a", "b"))
    (found,) = stratified_fine_gray(strata)
    model = cox([[each.of_cause() for each in both] for both in strata], Ties.BRESLOW)
    (expected,) = model.coefficients
    assert found.reason == expected.reason
    if expected.value is not None:
        assert found.value == pytest.approx(expected.value, abs=1e-8)


def test_by_hand_each_stratum_has_its_own_censoring() -> None:
    # Stratum x as by hand above; in y one is censored on day 1.5, between b's competing event and
    # the others: on day 2 a's event is among 1 of a and 1 + 2/3 of b, on day 3 b's among b alone.
    x = [seen((2, 1), (4, 0)), seen((1, 2), (3, 1))]
    y = [seen((2, 1), (1.5, 0)), seen((1, 2), (3, 1))]
    (found,) = stratified_fine_gray([x, y])
    assert found.value is not None

    def log_likelihood(ratio: float) -> float:
        # G falls to 2/3 on day 1.5, where 3 are at risk.
        first = math.log(ratio) - math.log(2 + 2 * ratio) - math.log(1 + 2 * ratio)
        second = math.log(ratio) - math.log(1 + (5 / 3) * ratio) - math.log((5 / 3) * ratio)
        return first + second

    best = log_likelihood(math.exp(found.value))
    assert all(log_likelihood(math.exp(found.value + step)) < best for step in (-1e-4, 1e-4))


def test_an_arm_without_a_ratio_that_outlives_the_others_leaves_their_errors() -> None:
    lasting = seen((30, 0), (40, 0))
    kept = tables(drawn(), ("a", "b"))
    found = fine_gray([*kept, lasting])
    assert found[1].reason == MONOTONE_LIKELIHOOD
    assert found[0].standard_error is not None
    assert math.isfinite(found[0].standard_error)
