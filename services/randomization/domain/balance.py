"""How far the arms stand from their ratio. Only for readers who may compare the arms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Given:
    """Children allocated to an arm in a stratum (as used) at a site. ``in_error`` of them were
    randomized in error and are among ``subjects``."""

    arm: str
    stratum: str
    site: str
    subjects: int
    in_error: int


@dataclass(frozen=True, slots=True)
class ArmCount:
    """``imbalance`` is how many more the arm has than its share of all: the D of the design."""

    arm: str
    subjects: int
    in_error: int
    imbalance: Fraction


def arm_counts(ratio: Mapping[str, int], given: Iterable[Given]) -> tuple[ArmCount, ...]:
    """Every arm of the ratio, in its order, with its count. All allocations count, those in error
    too: the list was used for them. The imbalances add up to 0."""
    rows = list(given)
    total = sum(row.subjects for row in rows)
    shares = sum(ratio.values())
    found = []
    for arm, share in ratio.items():
        own = [row for row in rows if row.arm == arm]
        count = sum(row.subjects for row in own)
        errors = sum(row.in_error for row in own)
        imbalance = count - Fraction(total * share, shares)
        found.append(ArmCount(arm, count, errors, imbalance))
    return tuple(found)
