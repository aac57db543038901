"""How much balance every further stratum costs: the golden table of the final INO count."""

from math import sqrt

import pytest

from services.randomization.domain.simulation import simulate
from services.randomization.domain.simulation.arrivals import Factor
from services.randomization.domain.simulation.balance import final_count_sds
from services.randomization.domain.simulation.processes import Blocks
from tests.services.randomization.simulation.designs import example

# n = 100, strata equally likely. The golden values come from simulation and are good to about 2 %.
GOLDEN = {
    (1, (3, 6)): 0.52,
    (4, (3, 6)): 0.95,
    (8, (3, 6)): 1.33,
    (16, (3, 6)): 1.88,
    (60, (3, 6)): 3.45,
    (1, (3, 6, 9)): 0.57,
    (4, (3, 6, 9)): 1.08,
    (8, (3, 6, 9)): 1.54,
    (16, (3, 6, 9)): 2.26,
    (60, (3, 6, 9)): 3.74,
}
CENTRAL = {60: {(3, 6): (60, 73), (3, 6, 9): (59, 74)}}
"""What 95 % of the final counts lie between."""
# Four errors of a spread are a tenth of it; the error of a limit of the central 95 %, of which the
# widest spread has the largest, is a third of a child.
TRIALS = 800


@pytest.mark.parametrize(("strata", "sizes"), GOLDEN)
def test_the_final_count_spreads_as_the_golden_table_says(
    strata: int, sizes: tuple[int, ...]
) -> None:
    factor = Factor("stratum", [str(n) for n in range(strata)])
    ino, allr3 = final_count_sds(Blocks((2, 1), sizes), [factor], 100)
    assert ino == pytest.approx(GOLDEN[strata, sizes], rel=0.02)
    assert ino == pytest.approx(allr3)


def test_complete_randomization_spreads_most() -> None:
    """One child a stratum is simple randomization: the square root of 100 x 2/3 x 1/3."""
    factor = Factor("stratum", [str(n) for n in range(50_000)])
    assert final_count_sds(Blocks((2, 1), (3,)), [factor], 100)[0] == pytest.approx(4.71, abs=0.005)


@pytest.mark.parametrize(("strata", "sizes"), GOLDEN)
def test_the_code_that_allocates_spreads_as_calculated(strata: int, sizes: tuple[int, ...]) -> None:
    name = f"strata-{strata}-blocks-{'-'.join(map(str, sizes))}"
    report = simulate(example(name), TRIALS, seed="golden")
    arm = report.arms[0]
    assert arm.exact_sd is not None
    assert arm.final.sd == pytest.approx(arm.exact_sd, rel=4 / sqrt(2 * TRIALS))
    assert arm.final.mean == pytest.approx(200 / 3, abs=4 * arm.exact_sd / sqrt(TRIALS))
    assert report.ratio_test.holds
    assert report.refused_children == 0
    if strata in CENTRAL:
        # A stratum for each of sixty sites: the count may be almost anything.
        lower, upper = CENTRAL[strata][sizes]
        assert abs(arm.final.lower - lower) <= 1
        assert abs(arm.final.upper - upper) <= 1


def test_blocks_never_drift_farther_than_their_largest_size_lets_them() -> None:
    report = simulate(example("strata-1-blocks-3-6-9"), 400, seed="golden")
    assert report.balance.farthest == 2  # of a block of nine; 4/3 and 2/3 for six and three
    assert report.arms[0].longest_run_in_stratum.most <= 12
    assert report.arms[1].longest_run_in_stratum.most <= 6
    report = simulate(example("strata-1-blocks-3-6"), 400, seed="golden")
    assert report.balance.farthest == pytest.approx(4 / 3)
    assert report.arms[0].longest_run_in_stratum.most <= 8
