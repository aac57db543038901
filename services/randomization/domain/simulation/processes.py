"""The schemes as processes that can be calculated: where a stratum may stand, and what follows.

These are models of the schemes, not the code that allocates. The simulator sets what the code does
beside what the model says, and a difference beyond chance is a fault of one of them.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Protocol

State = tuple[int, ...]
Step = tuple[int, State, Fraction]
"""Place of the arm, the state after it, the probability of both."""


class Process(Protocol):
    """A stratum that fills slot by slot; ``excess`` is how many of each arm it holds beyond its
    share of the slots so far."""

    def start(self) -> Mapping[State, Fraction]:
        """The probability of each state before the first slot."""

    def steps(self, state: State) -> Sequence[Step]:
        """What may follow a state; the probabilities add up to 1."""

    def excess(self, state: State) -> tuple[Fraction, ...]:
        """Of each arm: slots so far less its share of them."""


class Blocks:
    """Permuted blocks: a state is what the running block still holds of each arm."""

    def __init__(self, ratio: Sequence[int], sizes: Sequence[int]) -> None:
        total = sum(ratio)
        self._shares = [Fraction(share, total) for share in ratio]
        self._start = {
            tuple(share * size // total for share in ratio): Fraction(1, len(sizes))
            for size in sizes
        }

    def start(self) -> Mapping[State, Fraction]:
        """Each block size is as likely as any other."""
        return self._start

    def steps(self, state: State) -> Sequence[Step]:
        """Every slot left in the block is as likely to be next; after the last a new one begins."""
        left = sum(state)
        found: list[Step] = []
        for arm, count in enumerate(state):
            after = (*state[:arm], count - 1, *state[arm + 1 :])
            if count and left > 1:
                found.append((arm, after, Fraction(count, left)))
            elif count:
                found += [(arm, new, chance) for new, chance in self._start.items()]
        return found

    def excess(self, state: State) -> tuple[Fraction, ...]:
        """Whole blocks hold the ratio, so what is left tells what was taken."""
        left = sum(state)
        return tuple(share * left - count for share, count in zip(self._shares, state, strict=True))


class _Difference:
    """Two arms at 1:1: the state is D, the first arm's slots less the second's."""

    def start(self) -> Mapping[State, Fraction]:
        """D = 0."""
        return {(0,): Fraction(1)}

    def steps(self, state: State) -> Sequence[Step]:
        """Up by the first arm, down by the second."""
        (difference,) = state
        first = self.first(difference)
        steps = [(0, (difference + 1,), first), (1, (difference - 1,), 1 - first)]
        return [step for step in steps if step[2]]

    def excess(self, state: State) -> tuple[Fraction, ...]:
        """Half of D."""
        return Fraction(state[0], 2), Fraction(-state[0], 2)

    def first(self, difference: int) -> Fraction:
        """The probability that the first arm is next."""
        raise NotImplementedError


class Coin(_Difference):
    """Efron's biased coin."""

    def __init__(self, probability: Fraction) -> None:
        self._probability = probability

    def first(self, difference: int) -> Fraction:
        """The arm behind has the probability of the scheme."""
        if difference == 0:
            return Fraction(1, 2)
        return self._probability if difference < 0 else 1 - self._probability


class Stick(_Difference):
    """The big stick."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def first(self, difference: int) -> Fraction:
        """A fair coin, except at the limit."""
        if abs(difference) < self._limit:
            return Fraction(1, 2)
        return Fraction(int(difference < 0))
