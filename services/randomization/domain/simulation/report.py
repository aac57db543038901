"""What a simulation reports, and the same as data for machines."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from services.randomization.domain.simulation.balance import Difference
from services.randomization.domain.simulation.design import Design
from services.randomization.domain.simulation.guesser import Predictability
from services.randomization.domain.simulation.ratio_test import RatioTest
from services.randomization.domain.simulation.tallies import Spread


@dataclass(frozen=True, slots=True)
class ArmReport:
    """One arm: its final count (``exact_sd`` where it can be calculated), how often each count
    came, its probability by position (None where no child got there), and its longest runs, in
    order of arrival and within a stratum."""

    code: str
    share: Fraction
    final: Spread
    exact_sd: float | None
    final_counts: Mapping[int, int]
    by_position: tuple[float | None, ...]
    longest_run: Spread
    longest_run_in_stratum: Spread


@dataclass(frozen=True, slots=True)
class Balance:
    """How many children of the first arm there are beyond its share at the end, pooled over strata
    and over the levels of each factor; ``farthest`` is the largest excess a stratum ever had."""

    within_strata: Spread
    within_factors: Mapping[str, Spread]
    farthest: float


@dataclass(frozen=True, slots=True)
class Guessing:
    """The guesser over the simulated trials, and the exact expectation where there is one.

    ``floor`` is what always naming the arm of the largest share guesses right.
    """

    guesser: str
    floor: Fraction
    slots: int
    correct: float
    certain: float
    exact: Predictability | None


@dataclass(frozen=True, slots=True)
class Report:
    """A simulated design."""

    design: Design
    algorithm: str
    trials: int
    seed: str
    arms: tuple[ArmReport, ...]
    balance: Balance
    guessing: Guessing
    ratio_test: RatioTest
    difference: Difference | None
    refused_children: int
    refused_trials: int

    def as_data(self) -> dict[str, Any]:
        """The report in numbers, text, lists and mappings: the same on every machine, for numbers
        are rounded to ten digits. A fraction is written as a number."""
        data = {
            name: _plain(asdict(value))
            for name, value in (
                ("balance", self.balance),
                ("guessing", self.guessing),
                ("ratio_test", self.ratio_test),
            )
        }
        return {
            "design": self.design.model_dump(mode="json", exclude_none=True),
            "algorithm": self.algorithm,
            "trials": self.trials,
            "seed": self.seed,
            "arms": [_plain(asdict(arm)) for arm in self.arms],
            **data,
            "ratio_held": self.ratio_test.holds,
            "difference": None if self.difference is None else _plain(asdict(self.difference)),
            "refused": {"children": self.refused_children, "trials": self.refused_trials},
        }


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction | float):
        return float(f"{float(value):.10g}")
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value
