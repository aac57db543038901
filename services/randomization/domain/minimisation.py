"""Minimisation by Pocock and Simon in the one form that keeps the ratio.

Each arm stands for as many *fake arms* as its share: at 2:1 ``INO-1``, ``INO-2`` and ``ALLR3``. The
child is minimised over the fake arms at 1:1:1. They are interchangeable, so each is as likely as
any other for every child, and P(arm) is its share at every arrival, whatever has gone before in
probability. A rule that looks at the arms themselves and splits the rest evenly does not have this
property, and is not offered.

Sources: Pocock and Simon, Biometrics 1975;31:103-115. That P(arm) must not depend on the place in
the order: Proschan, Brittain and Kammerman, Biometrics 2011; Kaiser, Statistics in Medicine 2012
(10.1002/sim.5448).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from shared.study.schemes import Minimisation

DRAWS = 2**64
"""Draws are integers 0 .. 2^64-1; one stands for draw / 2^64."""

Counts = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Factor, level, fake arm: the children allocated so far, by their levels *as used*. What is not
there counts nought."""


@dataclass(frozen=True, slots=True)
class FakeArm:
    """One of the equal places that an arm holds."""

    name: str
    arm: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the draw decided, and everything it was decided by.

    ``imbalance`` and ``probabilities`` are by name of fake arm, in configured order. The imbalance
    is what it would be if the child were given that fake arm.
    """

    fake_arm: FakeArm
    draw: int
    imbalance: Mapping[str, int]
    probabilities: Mapping[str, Fraction]

    @property
    def arm(self) -> str:
        """The arm that the child is given."""
        return self.fake_arm.arm


def fake_arms(ratio: Mapping[str, int]) -> tuple[FakeArm, ...]:
    """The fake arms of arms with their shares, in configured order: ``INO-1``, ``INO-2``; an arm of
    share 1 keeps its name. Raises ``ValueError`` for a share below 1 or two fake arms of one name.
    """
    if any(share < 1 for share in ratio.values()):
        raise ValueError("every arm needs a share of at least 1")
    found = tuple(
        FakeArm(f"{arm}-{place}" if share > 1 else arm, arm)
        for arm, share in ratio.items()
        for place in range(1, share + 1)
    )
    if len({fake.name for fake in found}) < max(len(found), 2):
        raise ValueError("there must be two fake arms or more, each with a name of its own")
    return found


def decide(
    scheme: Minimisation,
    fakes: Sequence[FakeArm],
    counts: Counts,
    levels: Mapping[str, str],
    draw: int,
) -> Decision:
    """The fake arm of a child with ``levels``, after those in ``counts``, by the sealed ``draw``.

    For each fake arm the child is counted in it for the moment; per factor (those of
    ``scheme.weights``, else all of ``levels``) the imbalance among the fake arms at the child's
    level is taken, times the factor's weight, and summed. The ``k`` fake arms of least sum share
    ``scheme.probability`` equally, the others what is left of 1; if all are equal, so are their
    chances. The chances lie as intervals in [0, 1) in configured order; the draw falls into one.

    Measure ``range``: largest count less smallest. Measure ``variance``: with m fake arms, m times
    the sum of squares less the squared sum, that is m squared times the variance: an integer, so
    ties are exact. Raises ``ValueError`` for a draw outside 0 .. 2^64-1, a factor without level, or
    counts of something that is no fake arm.
    """
    if not 0 <= draw < DRAWS:
        raise ValueError("a draw is a number of 64 bits")
    names = [fake.name for fake in fakes]
    totals = [0] * len(names)
    measure = _MEASURES[scheme.measure]
    for factor, weight in _weights(scheme, levels):
        row = _row(counts, factor, levels, names)
        for place, value in enumerate(measure(row)):
            totals[place] += weight * value
    least = min(totals)
    best = tuple(total == least for total in totals)
    chances = _chances(best, scheme.probability.numerator, scheme.probability.denominator)
    return Decision(
        fakes[chances.place(draw)],
        draw,
        dict(zip(names, totals, strict=True)),
        dict(zip(names, chances.each, strict=True)),
    )


def tally(history: Iterable[tuple[Mapping[str, str], str]]) -> dict[str, dict[str, dict[str, int]]]:
    """The counts of children already allocated: each with its levels as used and its fake arm."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for levels, name in history:
        for factor, level in levels.items():
            row = counts.setdefault(factor, {}).setdefault(level, {})
            row[name] = row.get(name, 0) + 1
    return counts


def _weights(scheme: Minimisation, levels: Mapping[str, str]) -> Iterable[tuple[str, int]]:
    if scheme.weights is None:
        return [(factor, 1) for factor in levels]
    return scheme.weights.items()


def _row(counts: Counts, factor: str, levels: Mapping[str, str], names: Sequence[str]) -> list[int]:
    if factor not in levels:
        raise ValueError(f"the child has no level of factor {factor}")
    found = counts.get(factor, {}).get(levels[factor], {})
    row = [found.get(name, 0) for name in names]
    if len(found) > len(names) or sum(row) != sum(found.values()):
        raise ValueError(f"the counts of factor {factor} name something that is no fake arm")
    return row


def _range(row: Sequence[int]) -> list[int]:
    """The range of the row after one more in each of its places."""
    top = max(row)
    lowest, second = sorted(row)[:2]
    after_lowest = min(lowest + 1, second)
    return [
        (top if count < top else count + 1) - (lowest if count > lowest else after_lowest)
        for count in row
    ]


def _variance(row: Sequence[int]) -> list[int]:
    """m squared times the variance of the row of m after one more in each of its places."""
    size, after = len(row), sum(row) + 1
    base = size * (sum(count * count for count in row) + 1) - after * after
    return [base + 2 * size * count for count in row]


_MEASURES: Mapping[str, Callable[[Sequence[int]], list[int]]] = {
    "range": _range,
    "variance": _variance,
}


@dataclass(frozen=True, slots=True)
class _Chances:
    """The chance of each place, and the same as whole numbers out of ``whole``."""

    each: tuple[Fraction, ...]
    parts: tuple[int, ...]
    whole: int

    def place(self, draw: int) -> int:
        """Which interval the draw falls into."""
        scaled, edge = draw * self.whole, 0
        for place, part in enumerate(self.parts):
            edge += part
            if scaled < edge * DRAWS:
                return place
        raise AssertionError("the chances do not add up to 1")


@lru_cache(maxsize=1024)
def _chances(best: tuple[bool, ...], numerator: int, denominator: int) -> _Chances:
    size, few = len(best), sum(best)
    if few == size:
        parts, whole = (1,) * size, size
    else:
        # k best share n/d, the others 1 - n/d: both over d * k * (m - k).
        share, rest = numerator * (size - few), (denominator - numerator) * few
        parts = tuple(share if is_best else rest for is_best in best)
        whole = denominator * few * (size - few)
    return _Chances(tuple(Fraction(part, whole) for part in parts), parts, whole)
