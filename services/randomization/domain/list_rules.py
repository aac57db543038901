"""What the slots of an uploaded list must keep, and how a list shows that it was sorted."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import exp, lgamma, prod

from services.randomization.domain.slots import Slot
from shared.study import StudyDefinition
from shared.study.schemes import UploadedList

CHANCE = 1e-6
"""Below this chance nobody believes that a random list stands in groups by arm."""


@dataclass(frozen=True)
class ListFault:
    """What is wrong with an uploaded list: which row (from 1, the header not counted; None for the
    list as a whole), which column, the name of the fault, and words. Never a cell's content."""

    row: int | None
    code: str
    detail: str
    column: str | None = None


def stratum_faults(
    definition: StudyDefinition, scheme: UploadedList, slots: Sequence[Slot]
) -> list[ListFault]:
    """Strata that are incomplete or overfull, miss the ratio, or hold too long a run of an arm.

    ``slots`` stand in the order of the file: the n-th slot is that of row n.
    """
    counts: Mapping[str, Counter[str]] = defaultdict(Counter)
    for slot in slots:
        counts[slot.label][slot.content] += 1
    total = sum(arm.ratio for arm in definition.arms)
    faults = []
    for label in definition.randomization.stratum_labels():
        size = counts[label].total()
        if size > scheme.slots_per_stratum:
            words = f"stratum {label} has more rows than planned"
            faults.append(ListFault(None, "wrong-stratum", words))
        elif size < scheme.slots_per_stratum:
            faults.append(ListFault(None, "wrong-length", f"stratum {label} is not complete"))
        elif any(counts[label][a.code] * total != size * a.ratio for a in definition.arms):
            faults.append(ListFault(None, "wrong-ratio", f"stratum {label} misses the ratio"))
    return [*faults, *_run_faults(scheme, slots)]


def is_sorted(slots: Sequence[Slot]) -> bool:
    """Whether slots in the order of the file stand in groups by arm as no random list would.

    True where the arms stand in one group each over the whole file, or within all strata, or within
    one stratum, and the chance of it is negligible. Two slots a stratum always stand so: that says
    nothing.
    """
    arms = [slot.content for slot in slots]
    if _grouped(arms) and _chance_of_groups(arms) < CHANCE:
        return True
    strata: dict[str, list[str]] = defaultdict(list)
    for slot in slots:
        strata[slot.label].append(slot.content)
    grouped = [_chance_of_groups(each) for each in strata.values() if _grouped(each)]
    if len(grouped) == len(strata) and prod(grouped) < CHANCE:
        return True
    # Of many strata one may stand in groups by chance, so each is held to a smaller one.
    return any(chance * len(strata) < CHANCE for chance in grouped)


def _run_faults(scheme: UploadedList, slots: Sequence[Slot]) -> Iterator[ListFault]:
    run: dict[str, tuple[str, int]] = {}
    for row, slot in enumerate(slots, start=1):
        arm, length = run.get(slot.label, ("", 0))
        length = length + 1 if arm == slot.content else 1
        run[slot.label] = (slot.content, length)
        # Once a run: the row with which it becomes too long.
        if length - 1 == scheme.longest_run.get(slot.content):
            words = f"an arm follows itself more often than allowed in stratum {slot.label}"
            yield ListFault(row, "too-long-run", words)


def _grouped(arms: Sequence[str]) -> bool:
    return len([arm for arm, _ in groupby(arms)]) == len(set(arms))


def _chance_of_groups(arms: Sequence[str]) -> float:
    """The share of all arrangements of these arms in which each arm stands in one group."""
    counts = Counter(arms)
    log = lgamma(len(counts) + 1) - lgamma(len(arms) + 1)
    return exp(log + sum(lgamma(count + 1) for count in counts.values()))
