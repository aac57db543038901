"""Two arms at 1:1 without blocks: Efron's biased coin and the big stick, from a secret.

Both keep the difference D of a stratum, slots of the first arm less slots of the second, and read
the words of ``induct-rand-v1`` (`services.randomization.domain.generator`). Everything is exact:
a probability is a fraction and is compared as integers.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

from services.randomization.domain.generator import WORD, Stream

Toss = Callable[[Stream, int], int]
"""The place (0 or 1) of the next arm, given the stream and D."""


def efron(
    secret: bytes,
    list_id: str,
    label: str,
    *,
    arms: Sequence[str],
    probability: Fraction,
    capacity: int,
) -> list[str]:
    """The arms of one stratum, in order: the arm behind is taken with ``probability``.

    Every slot takes one number of the stream. D = 0: ``below(2)`` is the place of the arm in
    ``arms``. Else, with the probability n/d in lowest terms: ``below(d) < n`` takes the arm behind,
    otherwise the arm ahead follows. Source: Efron, Biometrika 1971;58:403-417.

    Raises ``ValueError`` unless there are two arms and 1/2 < probability < 1.
    """
    if not Fraction(1, 2) < probability < 1 or probability.denominator > WORD:
        raise ValueError("the probability must lie between 1/2 and 1, both excluded")
    hits, sides = probability.numerator, probability.denominator

    def toss(stream: Stream, difference: int) -> int:
        if difference == 0:
            return stream.below(2)
        behind = _behind(difference)
        return behind if stream.below(sides) < hits else 1 - behind

    return _walk(Stream(secret, list_id, label), arms, toss, capacity)


def big_stick(
    secret: bytes, list_id: str, label: str, *, arms: Sequence[str], limit: int, capacity: int
) -> list[str]:
    """The arms of one stratum, in order: a fair coin while the arms differ by less than ``limit``.

    abs(D) < limit: ``below(2)`` is the place of the arm in ``arms``. abs(D) = limit: the arm
    behind follows, and the stream is not read. Source: Soares and Wu, Communications in Statistics
    - Theory and Methods 1983;12:2017-2034.

    Raises ``ValueError`` unless there are two arms and the limit is at least 1.
    """
    if limit < 1:
        raise ValueError("the limit must be at least 1")

    def toss(stream: Stream, difference: int) -> int:
        return _behind(difference) if abs(difference) == limit else stream.below(2)

    return _walk(Stream(secret, list_id, label), arms, toss, capacity)


def _behind(difference: int) -> int:
    return 1 if difference > 0 else 0


def _walk(stream: Stream, arms: Sequence[str], toss: Toss, capacity: int) -> list[str]:
    if len(set(arms)) != 2 or len(arms) != 2:
        raise ValueError("a biased coin takes two arms at 1:1")
    difference, slots = 0, []
    for _ in range(capacity):
        place = toss(stream, difference)
        difference += 1 - 2 * place
        slots.append(arms[place])
    return slots
