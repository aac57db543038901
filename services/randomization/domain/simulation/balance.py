"""How far the arms may stand from their ratio, calculated from a process without simulation.

Probabilities here are floating-point numbers carried through an exact recursion: they are good to
more digits than anybody prints.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from math import exp, lgamma, log, log1p, prod, sqrt

from services.randomization.domain.simulation.arrivals import Factor
from services.randomization.domain.simulation.processes import Process, State


@dataclass(frozen=True, slots=True)
class Difference:
    """D = slots of the first arm less slots of the second, in one stratum of ``slots``; 1:1 only.

    ``probabilities`` are those of |D| = 0, 1, 2, ...
    """

    slots: int
    mean_absolute: float
    sd: float
    probabilities: tuple[float, ...]


def distributions(process: Process) -> Iterator[Mapping[State, float]]:
    """The probability of each state after 0, 1, 2, ... slots, without end."""
    now = {state: float(chance) for state, chance in process.start().items()}
    steps: dict[State, list[tuple[State, float]]] = {}
    while True:
        yield now
        after: dict[State, float] = defaultdict(float)
        for state, weight in now.items():
            if state not in steps:
                steps[state] = [(to, float(chance)) for _, to, chance in process.steps(state)]
            for to, chance in steps[state]:
                after[to] += weight * chance
        now = after


def difference(process: Process, slots: int) -> Difference:
    """The distribution of D after ``slots`` slots of two arms at 1:1."""
    chances: dict[int, float] = defaultdict(float)
    for state, weight in next(islice(distributions(process), slots, None)).items():
        chances[abs(int(2 * process.excess(state)[0]))] += weight
    most = max(chances)
    return Difference(
        slots,
        sum(size * chance for size, chance in chances.items()),
        sqrt(sum(size * size * chance for size, chance in chances.items())),
        tuple(chances[size] for size in range(most + 1)),
    )


def final_count_sds(process: Process, factors: Sequence[Factor], subjects: int) -> list[float]:
    """Of each arm: the standard deviation of its final count over all strata.

    The expected excess of a stratum is nought at every size, so the variances add up: of each
    stratum that of a list as long as its binomial number of children. No stratum is exhausted.
    """
    variances = [
        _variances(process, weights) for weights in islice(distributions(process), subjects + 1)
    ]
    sums = [0.0] * len(variances[0])
    for share, strata in _stratum_shares(factors).items():
        for size in range(subjects + 1):
            weight = strata * _binomial(size, subjects, float(share))
            sums = [
                total + weight * each for total, each in zip(sums, variances[size], strict=True)
            ]
    return [sqrt(total) for total in sums]


def _variances(process: Process, weights: Mapping[State, float]) -> list[float]:
    squares = [
        [weight * float(excess) ** 2 for excess in process.excess(state)]
        for state, weight in weights.items()
    ]
    return [sum(column) for column in zip(*squares, strict=True)]


def _stratum_shares(factors: Sequence[Factor]) -> Counter[Fraction]:
    """How many strata have which probability."""
    return Counter(
        prod(chances, start=Fraction(1))
        for chances in product(*(factor.chances() for factor in factors))
    )


def _binomial(count: int, of: int, chance: float) -> float:
    if chance == 1:
        return float(count == of)
    ways = lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
    return exp(ways + count * log(chance) + (of - count) * log1p(-chance))
