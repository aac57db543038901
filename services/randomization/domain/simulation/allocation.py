"""A simulated trial: the code that allocates in earnest, fed with simulated children."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from services.randomization.domain.generator import WHOLE_LIST, draws
from services.randomization.domain.minimisation import Decision, decide, fake_arms
from services.randomization.domain.simulation.arrivals import LIST_ID
from services.randomization.domain.simulation.design import Design
from services.randomization.domain.simulation.guesser import Guesser, Mind
from services.randomization.domain.simulation.processes import Blocks, Coin, Process, Stick
from services.randomization.domain.slots import GeneratedByStrata, stratum_arms
from shared.study.schemes import BiasedCoin, BigStick, Minimisation, PermutedBlocks

Levels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A child after the call: ``arm`` is the place of its arm, None where the list was exhausted.
    ``guessed`` whether the guesser named the arm, None where it was not asked."""

    levels: Levels
    stratum: str
    arm: int | None
    guessed: bool | None = None
    certain: bool = False


class Allocator(Protocol):
    """Allocates all children of one trial."""

    def allocate(self, secret: bytes, children: Sequence[Levels]) -> list[Placed]:
        """The children in order, each with its arm."""


def allocator_of(design: Design, slots_guessed: int, guesser: Guesser | None = None) -> Allocator:
    """The allocator of a design; the guesser is asked for the first slots of every stratum. One
    that has thought before, about the same process, is quicker."""
    if isinstance(design.scheme, Minimisation):
        return _Minimised(design, design.scheme)
    return _Listed(design, slots_guessed, guesser)


def process_of(design: Design) -> Process | None:
    """The scheme as a process that can be calculated; None for minimisation."""
    match design.scheme:
        case PermutedBlocks(block_sizes=sizes):
            return Blocks(list(design.ratio.values()), sizes)
        case BiasedCoin(probability=probability):
            return Coin(probability)
        case BigStick(limit=limit):
            return Stick(limit)
        case _:
            return None


def stratum_label(levels: Levels) -> str:
    """The label of a stratum, as a study definition forms it."""
    return ";".join(f"{factor}={level}" for factor, level in levels.items()) or WHOLE_LIST


class _Listed:
    """A list for each stratum, made as long as its children need and the scheme's capacity lets."""

    def __init__(self, design: Design, slots_guessed: int, guesser: Guesser | None) -> None:
        process = process_of(design)
        if process is None or not isinstance(design.scheme, GeneratedByStrata):
            raise ValueError("the scheme makes no list by stratum")
        self._scheme: GeneratedByStrata = design.scheme
        self._ratio = design.ratio
        self._places = {arm: place for place, arm in enumerate(self._ratio)}
        self._guesser = guesser or Guesser(process)
        self._slots_guessed = slots_guessed

    def allocate(self, secret: bytes, children: Sequence[Levels]) -> list[Placed]:
        """The next slot of its stratum for each child."""
        labels = [stratum_label(levels) for levels in children]
        needed = Counter(labels)
        strata = {label: self._stratum(secret, label, count) for label, count in needed.items()}
        return [strata[label].place(levels) for levels, label in zip(children, labels, strict=True)]

    def _stratum(self, secret: bytes, label: str, needed: int) -> "_Stratum":
        size = min(needed, self._scheme.capacity_per_stratum)
        slots = stratum_arms(self._scheme, self._ratio, secret, LIST_ID, label, size)
        arms = [self._places[arm] for arm in slots]
        return _Stratum(label, arms, self._guesser.first, self._slots_guessed)


class _Stratum:
    """The list of one stratum with the guesser who watches it."""

    def __init__(self, label: str, arms: list[int], mind: Mind, slots_guessed: int) -> None:
        self._label = label
        self._arms = arms
        self._mind = mind
        self._guessed = slots_guessed
        self._used = 0

    def place(self, levels: Levels) -> Placed:
        """The next slot, and whether the guesser knew."""
        if self._used == len(self._arms):
            return Placed(levels, self._label, None)
        arm = self._arms[self._used]
        self._used += 1
        if self._used > self._guessed:
            return Placed(levels, self._label, arm)
        mind, self._mind = self._mind, self._mind.after(arm)
        return Placed(levels, self._label, arm, mind.guess == arm, mind.certain)


class _Minimised:
    """One draw a child; the guesser sees levels, arms and fake arms of all before it."""

    def __init__(self, design: Design, scheme: Minimisation) -> None:
        self._scheme = scheme
        self._fakes = fake_arms(design.ratio)
        self._places = {arm: place for place, arm in enumerate(design.ratio)}
        self._factors = [
            (
                factor.factor,
                {level: {fake.name: 0 for fake in self._fakes} for level in factor.levels},
            )
            for factor in design.strata
        ]
        self._guesses: dict[tuple[bool, ...], tuple[int, bool]] = {}

    def allocate(self, secret: bytes, children: Sequence[Levels]) -> list[Placed]:
        """The decision for each child, after all before it."""
        counts = {
            factor: {level: dict(row) for level, row in rows.items()}
            for factor, rows in self._factors
        }
        sealed = draws(secret, LIST_ID, min(len(children), self._scheme.draws))
        placed = []
        for levels, draw in zip(children, sealed, strict=False):
            decision = decide(self._scheme, self._fakes, counts, levels, int(draw, 16))
            for factor, level in levels.items():
                counts[factor][level][decision.fake_arm.name] += 1
            placed.append(self._placed(levels, decision))
        return placed + [
            Placed(levels, stratum_label(levels), None) for levels in children[len(sealed) :]
        ]

    def _placed(self, levels: Levels, decision: Decision) -> Placed:
        arm = self._places[decision.arm]
        least = min(decision.imbalance.values())
        best = tuple([each == least for each in decision.imbalance.values()])
        if best not in self._guesses:  # the chances follow from which fake arms are the best
            self._guesses[best] = self._think(decision.probabilities.values())
        guess, certain = self._guesses[best]
        return Placed(levels, stratum_label(levels), arm, guess == arm, certain)

    def _think(self, chances: Iterable[Fraction]) -> tuple[int, bool]:
        """The likeliest arm, and whether it is certain, by the chances of the fake arms."""
        arms = [Fraction(0)] * len(self._places)
        for fake, chance in zip(self._fakes, chances, strict=True):
            arms[self._places[fake.arm]] += chance
        return arms.index(max(arms)), max(arms) == 1
