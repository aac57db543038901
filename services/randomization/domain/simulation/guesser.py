"""How well can the next arm be guessed by somebody who sees every allocation of the stratum?

The guesser knows the scheme with all its parameters (block sizes included, but not which size is
running) and keeps, by Bayes' rule, the probability of every state that fits what it has seen. It
names the likelier arm. Blackwell and Hodges, Annals of Mathematical Statistics 1957;28:449-460, for
one block size; sets of sizes are calculated here in the same way.
"""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

from services.randomization.domain.simulation.processes import Process, State

Belief = tuple[tuple[State, int], ...]
"""States with weights, whole numbers without a common divisor: equal beliefs are equal tuples."""
MAX_BELIEFS = 4_000
"""Beyond so many different beliefs at one position the exact calculation stops."""


class Mind:
    """What the guesser thinks after one history: the probability of each arm, and its guess."""

    __slots__ = ("_guesser", "_next", "certain", "chances", "guess", "likeliest")

    def __init__(self, guesser: "Guesser", chances: dict[int, Fraction], then: dict[int, Belief]):
        self._guesser = guesser
        self._next: dict[int, Belief | Mind] = dict(then)
        self.chances = chances
        self.guess, self.likeliest = max(chances.items(), key=lambda pair: pair[1])
        self.certain = len(chances) == 1

    def after(self, arm: int) -> "Mind":
        """What it thinks once this arm has been seen. Raises ``KeyError`` where the scheme cannot
        give that arm here."""
        found = self._next[arm]
        if not isinstance(found, Mind):
            found = self._next[arm] = self._guesser.mind(found)
        return found


class Guesser:
    """Minds of one process; equal beliefs share one mind, so a simulation soon only looks up."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._minds: dict[Belief, Mind] = {}
        chances = process.start()
        base = lcm(*(chance.denominator for chance in chances.values()))
        self.first = self.mind(_belief({s: _times(base, c) for s, c in chances.items()}))

    def mind(self, belief: Belief) -> Mind:
        """The mind of a belief."""
        found = self._minds.get(belief)
        if found is None:
            found = self._minds[belief] = self._think(belief)
        return found

    def _think(self, belief: Belief) -> Mind:
        # Whole numbers over one denominator: fractions would be reduced at every step.
        steps = [(self._process.steps(state), weight) for state, weight in belief]
        base = lcm(*(chance.denominator for each, _ in steps for _, _, chance in each))
        chances: dict[int, int] = defaultdict(int)
        then: dict[int, dict[State, int]] = defaultdict(lambda: defaultdict(int))
        for each, weight in steps:
            for arm, after, chance in each:
                joint = _times(base, chance) * weight
                chances[arm] += joint
                then[arm][after] += joint
        whole = base * sum(weight for _, weight in belief)
        return Mind(
            self,
            {arm: Fraction(joint, whole) for arm, joint in chances.items()},
            {arm: _belief(found) for arm, found in then.items()},
        )


def _belief(weights: dict[State, int]) -> Belief:
    divisor = gcd(*weights.values())
    return tuple(sorted((state, weight // divisor) for state, weight in weights.items()))


def _times(base: int, chance: Fraction) -> int:
    """``base`` times a chance whose denominator divides it."""
    return chance.numerator * (base // chance.denominator)


@dataclass(frozen=True, slots=True)
class Predictability:
    """Over the first ``slots`` of a stratum: the share guessed right, and known with certainty."""

    slots: int
    correct: Fraction
    certain: Fraction


def predictability(guesser: Guesser, slots: int) -> Predictability:
    """The exact expectation over all histories of a stratum of ``slots``.

    Stops earlier, and says where, if there are more than ``MAX_BELIEFS`` different beliefs.
    """
    reach: dict[Mind, Fraction] = {guesser.first: Fraction(1)}
    correct = certain = Fraction(0)
    done = 0
    while done < slots and len(reach) <= MAX_BELIEFS:
        following: dict[Mind, Fraction] = defaultdict(Fraction)
        for mind, weight in reach.items():
            correct += weight * mind.likeliest
            certain += weight if mind.certain else 0
            for arm, chance in mind.chances.items():
                following[mind.after(arm)] += weight * chance
        reach, done = following, done + 1
    return Predictability(done, correct / done, certain / done)
