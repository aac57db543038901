"""Whether a hazard ratio differs between levels, against another program and by its properties."""

import math
import random

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import CoxPHFitter

from services.analytics.domain.cox.interaction import ONE_LEVEL, hazard_interaction
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, count
from tests.services.analytics.cases import trials

ARMS = ("a", "b")
TIGHT = {"precision": 1e-20, "r_precision": 1e-16, "max_steps": 200}


def tables(observations: list[Observation]) -> dict[str, list[LifeTable]]:
    """By level (the stratum of the observation), the reference first."""
    counts = count(observations, ARMS)
    return {
        level: [LifeTable.of(counts.of_stratum(level).of_arm(arm).cells) for arm in ARMS]
        for level in counts.strata
    }


def estimable(observations: list[Observation]) -> list[list[LifeTable]]:
    return [each for each in tables(observations).values() if cox([each]).log_likelihood]


def likelihood(frame: pd.DataFrame) -> float:
    fitter = CoxPHFitter()
    fitter.fit(frame, "time", "event", strata=["level"], fit_options=TIGHT)
    return float(fitter.log_likelihood_)


@pytest.mark.parametrize("seed", [3, 14, 159])
def test_the_statistic_is_that_of_a_model_with_a_product_of_arm_and_level(seed: int) -> None:
    # lifelines fits the interaction as a covariate of a stratified model, on rows.
    draw = random.Random(seed)
    rows = [
        {"time": float(draw.randint(1, 25)), "event": int(draw.random() < 0.7),
         "arm": i % 2, "level": (i // 2) % 3}
        for i in range(120)
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    crossed = frame.assign(
        second=frame.arm * (frame.level == 1), third=frame.arm * (frame.level == 2)
    )
    gain = 2.0 * (likelihood(crossed) - likelihood(frame))
    found = hazard_interaction(
        list(
            tables([
                Observation(str(i), ARMS[row["arm"]], str(row["level"]), row["time"],
                            bool(row["event"]))
                for i, row in enumerate(rows)
            ]).values()
        ),
        Ties.EFRON,
    )  # fmt: skip
    assert found.statistic == pytest.approx(gain, rel=1e-6, abs=1e-9)
    assert found.degrees_of_freedom == 2


def test_one_level_has_no_interaction() -> None:
    assert hazard_interaction([], Ties.EFRON).reason == ONE_LEVEL
    one = [Observation(str(i), ARMS[i % 2], "x", i + 1, event=True) for i in range(6)]
    found = hazard_interaction(list(tables(one).values()), Ties.EFRON)
    assert (found.statistic, found.degrees_of_freedom, found.reason) == (None, 0, ONE_LEVEL)


def test_two_levels_alike_do_not_interact() -> None:
    times = [(1, "a"), (2, "b"), (3, "a"), (4, "b"), (5, "b"), (6, "a")]
    rows = [Observation(f"{level}{t}", arm, level, t, event=True)
            for level in "xy" for t, arm in times]  # fmt: skip
    found = hazard_interaction(list(tables(rows).values()), Ties.EFRON)
    assert found.statistic == pytest.approx(0.0, abs=1e-12)
    assert found.p == pytest.approx(1.0, abs=1e-5)


def test_a_level_without_a_finite_ratio_leaves_no_test() -> None:
    separated = [Observation(str(i), ARMS[i // 3], "x", i + 1, event=True) for i in range(6)]
    mixed = [Observation(f"m{i}", ARMS[i % 2], "y", i + 1, event=True) for i in range(6)]
    found = hazard_interaction(list(tables(separated + mixed).values()), Ties.EFRON)
    assert found.statistic is None
    assert found.reason


@given(trials(most=60), st.randoms())
def test_order_of_levels_and_naming_of_arms_change_nothing(rows: list[Observation], rnd) -> None:  # type: ignore[no-untyped-def]
    levels = estimable(rows)
    found = hazard_interaction(levels, Ties.EFRON)
    shuffled = [list(each) for each in levels]
    rnd.shuffle(shuffled)
    swapped = [each[::-1] for each in shuffled]
    other = hazard_interaction(swapped, Ties.EFRON)
    assert found.degrees_of_freedom == other.degrees_of_freedom
    if found.statistic is None or other.statistic is None:
        assert found.statistic is other.statistic
    else:
        assert math.isclose(found.statistic, other.statistic, rel_tol=1e-7, abs_tol=1e-8)
