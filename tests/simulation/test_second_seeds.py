"""Ten seeds of faults: nothing acknowledged is lost, nothing happens twice, all of it converges."""

from pathlib import Path

import pytest

from tests.simulation.seeds import Seeds
from tests.simulation.workshop import Workshop

pytestmark = pytest.mark.long
SEEDS = range(11, 21)


@pytest.fixture(scope="module")
def seeds() -> Seeds:
    return Seeds()


@pytest.mark.proves("PLT-1", kind="fault")
@pytest.mark.parametrize("seed", SEEDS)
def test_every_invariant_holds_under_the_faults_of_a_seed(
    workshop: Workshop, seeds: Seeds, tmp_path: Path, seed: int
) -> None:
    seeds.run(workshop, seed, tmp_path)


def test_the_seeds_were_hard(workshop: Workshop, seeds: Seeds) -> None:
    if len(seeds.reports) < len(SEEDS):
        pytest.skip("of all ten together it can be told, and not all were run")
    seeds.assert_hard(disk=workshop.mounted)
