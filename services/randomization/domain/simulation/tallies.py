"""What is counted while trials are simulated."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

from services.randomization.domain.simulation.allocation import Placed
from services.randomization.domain.simulation.design import Design


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution over trials: ``lower`` to ``upper`` holds the central 95 %."""

    mean: float
    sd: float
    least: float
    most: float
    lower: float
    upper: float


def spread(counts: Counter[int], scale: int = 1) -> Spread:
    """The spread of whole numbers with their frequencies, each divided by ``scale``."""
    whole = counts.total()
    mean = sum(value * times for value, times in counts.items()) / whole
    variance = sum((value - mean) ** 2 * times for value, times in counts.items()) / whole
    quantiles = [_quantile(counts, tenth * whole / 1000) for tenth in (25, 975)]
    values = [mean, sqrt(variance), min(counts), max(counts), *quantiles]
    return Spread(*(value / scale for value in values))


def _quantile(counts: Counter[int], rank: float) -> int:
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= rank:
            return value
    return max(counts)


class Tallies:
    """Sums over trials. An excess is counted in whole numbers: children of the first arm times the
    sum of the ratio, less children times the arm's ratio."""

    def __init__(self, design: Design) -> None:
        ratio = list(design.ratio.values())
        self.scale = sum(ratio)
        self._first = ratio[0]
        self.trials = 0
        self.positions = [[0] * len(ratio) for _ in range(design.subjects)]
        self.finals: list[Counter[int]] = [Counter() for _ in ratio]
        self.runs: list[Counter[int]] = [Counter() for _ in ratio]
        self.stratum_runs: list[Counter[int]] = [Counter() for _ in ratio]
        self.strata: Counter[int] = Counter()
        self.farthest = 0
        self.margins: dict[str, Counter[int]] = {each.factor: Counter() for each in design.strata}
        self.guesses: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def add(self, trial: Sequence[Placed]) -> None:
        """Count one trial."""
        self.trials += 1
        strata: dict[str, list[int]] = defaultdict(list)
        margins: dict[tuple[str, str], list[int]] = defaultdict(list)
        order: list[int] = []
        for position, child in enumerate(trial):
            if child.arm is None:
                continue
            order.append(child.arm)
            self.positions[position][child.arm] += 1
            strata[child.stratum].append(child.arm)
            for pair in child.levels.items():
                margins[pair].append(child.arm)
        self._count_guesses(trial)
        self._count_order(order)
        self._count_strata(strata.values())
        for (factor, _), arms in margins.items():
            self.margins[factor][self._excess(arms)] += 1
        refused = len(trial) - len(order)
        self.refused.update(children=refused, trials=int(refused > 0))

    def _count_guesses(self, trial: Sequence[Placed]) -> None:
        asked = [child for child in trial if child.guessed is not None]
        self.guesses.update(
            asked=len(asked),
            right=sum(child.guessed is True for child in asked),
            certain=sum(child.certain for child in asked),
        )

    def _count_order(self, order: Sequence[int]) -> None:
        longest = _longest_runs(order, len(self.finals))
        for arm, finals in enumerate(self.finals):
            finals[order.count(arm)] += 1
            self.runs[arm][longest[arm]] += 1

    def _count_strata(self, strata: Iterable[Sequence[int]]) -> None:
        longest = [0] * len(self.finals)
        up, farthest = self.scale - self._first, self.farthest
        for arms in strata:
            self.strata[self._excess(arms)] += 1
            runs = _longest_runs(arms, len(self.finals))
            longest = [max(pair) for pair in zip(longest, runs, strict=True)]
            excess = 0
            for arm in arms:
                excess += up if arm == 0 else -self._first
                if excess > farthest or -excess > farthest:
                    farthest = abs(excess)
        self.farthest = farthest
        for arm, run in enumerate(longest):
            self.stratum_runs[arm][run] += 1

    def _excess(self, arms: Sequence[int]) -> int:
        return self.scale * arms.count(0) - self._first * len(arms)


def _longest_runs(order: Sequence[int], arms: int) -> list[int]:
    longest, last, run = [0] * arms, -1, 0
    for arm in order:
        run = run + 1 if arm == last else 1
        last = arm
        longest[arm] = max(longest[arm], run)
    return longest
