"""Efron's coin and the big stick: the golden values by recursion, and the code beside them."""

from fractions import Fraction
from functools import cache
from math import sqrt

import pytest

from services.randomization.domain.simulation import simulate
from services.randomization.domain.simulation.balance import difference
from services.randomization.domain.simulation.guesser import Guesser, predictability
from services.randomization.domain.simulation.processes import Coin, Process, Stick
from tests.services.randomization.simulation.designs import example

TWO_THIRDS, SEVEN_TENTHS = Coin(Fraction(2, 3)), Coin(Fraction(7, 10))
# Four errors tell the designs apart: guesses differ by 0.012 and more between them, and their error
# is 0.002 over 600 x 100 slots; spreads differ by a sixth and more, and their error is 3 %.
TRIALS = 600


@pytest.mark.parametrize(
    ("slots", "tie", "mean_absolute", "sd"),
    [(50, 0.5005, 1.329, 2.099), (100, 0.5000, 1.333, 2.108)],
)
def test_efron_at_two_thirds_differs_as_the_golden_values_say(
    slots: int, tie: float, mean_absolute: float, sd: float
) -> None:
    found = difference(TWO_THIRDS, slots)
    assert round(found.probabilities[0], 4) == tie
    assert round(found.mean_absolute, 3) == mean_absolute
    assert round(found.sd, 3) == sd
    assert sum(found.probabilities) == pytest.approx(1, abs=1e-12)


def test_efron_at_two_thirds_is_within_one_of_balance_after_an_odd_number() -> None:
    found = difference(TWO_THIRDS, 101)
    assert found.probabilities[0] == 0
    assert found.probabilities[1] == pytest.approx(0.75, abs=5e-5)


@cache
def correct(process: Process, slots: int) -> Fraction:
    """Worked out exactly, which takes seconds for hundreds of slots."""
    return predictability(Guesser(process), slots).correct


def test_efron_at_two_thirds_is_guessed_as_the_golden_values_say() -> None:
    assert round(float(correct(TWO_THIRDS, 100)), 4) == 0.6233
    assert correct(TWO_THIRDS, 300) < Fraction(5, 8)
    assert float(correct(TWO_THIRDS, 300)) == pytest.approx(5 / 8, abs=0.001)


@pytest.mark.parametrize(
    ("slots", "guessed", "sd"), [(20, 0.6355, 1.706), (80, 0.6410, 1.745), (300, 0.6424, 1.745)]
)
def test_efron_at_seven_tenths_is_as_the_golden_values_say(
    slots: int, guessed: float, sd: float
) -> None:
    assert round(float(correct(SEVEN_TENTHS, slots)), 4) == guessed
    assert round(difference(SEVEN_TENTHS, slots).sd, 3) == sd


@pytest.mark.parametrize(
    ("limit", "guessed", "certain"),
    [(2, 0.6225, 0.245), (3, 0.5811, 0.1622), (4, 0.5588, 0.1175)],
)
def test_the_big_stick_is_as_the_golden_values_say(
    limit: int, guessed: float, certain: float
) -> None:
    found = predictability(Guesser(Stick(limit)), 100)
    assert float(found.correct) == pytest.approx(guessed, abs=5.1e-5)
    assert float(found.certain) == pytest.approx(certain, abs=5.1e-5)


@pytest.mark.parametrize(
    "name", ["efron-2-3", "efron-7-10", "big-stick-2", "big-stick-3", "big-stick-4"]
)
def test_the_code_that_allocates_walks_as_calculated(name: str) -> None:
    report = simulate(example(name), TRIALS, seed="golden")
    guessing, exact, arm = report.guessing, report.guessing.exact, report.arms[0]
    assert exact is not None
    assert report.difference is not None
    assert arm.exact_sd is not None
    error = 4 * sqrt(0.25 / guessing.slots)
    assert guessing.correct == pytest.approx(float(exact.correct), abs=error)
    assert guessing.certain == pytest.approx(float(exact.certain), abs=error)
    assert arm.exact_sd == pytest.approx(report.difference.sd / 2, rel=1e-9)
    assert arm.final.sd == pytest.approx(arm.exact_sd, rel=4 / sqrt(2 * TRIALS))
    assert arm.final.mean == pytest.approx(50, abs=4 * arm.exact_sd / sqrt(TRIALS))
    assert report.ratio_test.holds


@pytest.mark.parametrize("limit", [2, 3, 4])
def test_no_simulated_stratum_is_ever_farther_than_the_stick(limit: int) -> None:
    report = simulate(example(f"big-stick-{limit}"), 200, seed="golden")
    assert report.balance.farthest == limit / 2
