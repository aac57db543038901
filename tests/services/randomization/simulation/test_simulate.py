"""The simulator: reproducible, and the very code that allocates."""

from fractions import Fraction
from pathlib import Path

import pytest

from services.randomization.domain.simulation import design_of, read_design, simulate
from services.randomization.domain.simulation.allocation import Placed, allocator_of
from services.randomization.domain.simulation.arrivals import (
    LIST_ID,
    Arrivals,
    Factor,
    trial_secret,
)
from services.randomization.domain.simulation.tallies import Tallies
from services.randomization.domain.slots import generate
from tests.services.randomization.simulation.designs import FOLDER, ONE_TO_ONE, example, raw
from tests.support.definitions import shipped


def test_the_same_seed_gives_the_same_report() -> None:
    design = example("strata-4-blocks-3-6-9")
    first = simulate(design, 30, seed="s").as_data()
    assert first == simulate(design, 30, seed="s").as_data()
    assert first != simulate(design, 30, seed="t").as_data()
    assert simulate(design, 30, seed=7).as_data() == simulate(design, 30, seed="7").as_data()


def test_a_report_is_the_same_on_every_machine() -> None:
    report = simulate(example("minimisation-7-10"), 50, seed="x").as_data()
    assert report["arms"][0]["final_counts"] == {"67": 6, "68": 22, "69": 19, "70": 3}
    assert report["ratio_test"] == {"statistic": 120.51, "terms": 102, "limit": 151.9386012}


def test_every_trial_has_a_secret_of_its_own() -> None:
    assert len({trial_secret(seed, trial) for seed in "ab" for trial in range(100)}) == 200
    assert len(trial_secret("a", 0)) == 32


def test_simulated_arms_are_those_of_the_list_that_would_be_sealed() -> None:
    definition = shipped("NCT05748171")
    design = design_of(definition)
    children = Arrivals(design.factors, design.subjects).of_trial("s", 3)
    secret = trial_secret("s", 3)
    sealed = {
        (slot.label, slot.position): slot.content for slot in generate(definition, LIST_ID, secret)
    }
    taken: dict[str, int] = {}
    for child in allocator_of(design, 30).allocate(secret, children):
        label = definition.randomization.stratum_label(child.levels)
        taken[label] = taken.get(label, 0) + 1
        assert child.stratum == label
        assert child.arm is not None
        assert list(design.ratio)[child.arm] == sealed[label, taken[label]]
    assert sum(taken.values()) == 100


def test_children_beyond_the_list_are_refused_and_counted() -> None:
    scheme = {"method": "permuted_blocks", "block_sizes": [3], "capacity_per_stratum": 10}
    report = simulate(read_design(raw(scheme=scheme, subjects=20)), 5, seed="s")
    assert (report.refused_children, report.refused_trials) == (5 * 8, 5)  # 10 are made up to 12
    assert report.arms[0].final.mean == 8
    assert report.arms[0].exact_sd is None
    assert report.arms[0].by_position[12:] == (None,) * 8
    assert report.ratio_test.terms == 12


def test_minimisation_beyond_its_draws_is_refused_and_counted() -> None:
    scheme = {"method": "minimisation", "probability": "4/5", "measure": "variance", "draws": 7}
    factor = {"factor": "f", "levels": ["a", "b"]}
    report = simulate(read_design(raw(scheme=scheme, strata=[factor], subjects=10)), 4, seed="s")
    assert (report.refused_children, report.refused_trials) == (12, 4)


def test_levels_come_as_often_as_the_design_says() -> None:
    factor = Factor("f", ["a", "b", "c"], [Fraction(1, 2), Fraction(1, 3), Fraction(1, 6)])
    children = Arrivals([factor], 6000).of_trial("s", 0)
    seen = [sum(child["f"] == level for child in children) for level in "abc"]
    expected = [3000, 2000, 1000]
    assert sum((s - e) ** 2 / e for s, e in zip(seen, expected, strict=True)) < 13.8


def test_tallies_count_runs_excess_and_counts_of_one_trial_by_hand() -> None:
    design = read_design(
        raw(strata=[{"factor": "f", "levels": ["a", "b"]}, {"factor": "g", "levels": ["x"]}])
    )
    tallies = Tallies(design)
    order = [("a", 0), ("b", 0), ("a", 0), ("a", 1), ("b", 1), ("b", 1), ("a", 1)]
    tallies.add(
        [
            Placed({"f": level, "g": "x"}, f"f={level};g=x", arm, arm == 0, certain=place == 6)
            for place, (level, arm) in enumerate(order)
        ]
    )
    # In thirds: three times INO less twice the children.
    assert tallies.strata == {3 * 2 - 2 * 4: 1, 3 * 1 - 2 * 3: 1}
    assert tallies.margins["g"] == {3 * 3 - 2 * 7: 1}
    assert tallies.finals == [{3: 1}, {4: 1}]
    assert tallies.runs == [{3: 1}, {4: 1}]
    assert tallies.stratum_runs == [{2: 1}, {2: 1}]
    assert tallies.farthest == 3
    assert (tallies.guesses["asked"], tallies.guesses["right"], tallies.guesses["certain"]) == (
        7,
        3,
        1,
    )
    assert tallies.positions[:4] == [[1, 0], [1, 0], [1, 0], [0, 1]]


def test_progress_is_told_after_every_trial() -> None:
    told: list[int] = []
    simulate(example("big-stick-2"), 4, seed="s", progress=told.append)
    assert told == [1, 2, 3, 4]


@pytest.mark.parametrize("trials", [0, 1_000_001])
def test_a_number_of_trials_out_of_range_is_refused(trials: int) -> None:
    with pytest.raises(ValueError, match="trials"):
        simulate(example("big-stick-2"), trials, seed="s")


def test_three_arms_are_simulated_too() -> None:
    arms = [{"code": code, "ratio": ratio} for code, ratio in (("A", 1), ("B", 2), ("C", 1))]
    scheme = {"method": "permuted_blocks", "block_sizes": [4, 8]}
    report = simulate(read_design(raw(arms=arms, scheme=scheme, subjects=24)), 400, seed="s")
    assert report.ratio_test.terms == 48
    assert report.ratio_test.holds
    assert [round(arm.final.mean) for arm in report.arms] == [6, 12, 6]
    for arm in report.arms:
        assert arm.final.sd == pytest.approx(arm.exact_sd, rel=0.15, abs=1e-9)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_example_design_can_be_simulated(path: Path) -> None:
    report = simulate(example(path.stem), 2, seed="s")
    assert report.design.title
    assert ("1to1" in path.stem) <= ([arm.code for arm in report.arms] == ["A", "B"])


def test_a_stratum_size_says_what_predictability_is_about() -> None:
    scheme = {"method": "big_stick", "limit": 3}
    report = simulate(
        read_design(raw(arms=ONE_TO_ONE, scheme=scheme, subjects=20, stratum_size=7)), 3, seed="s"
    )
    assert report.guessing.exact is not None
    assert report.guessing.exact.slots == 7
    assert report.guessing.slots == 3 * 7
