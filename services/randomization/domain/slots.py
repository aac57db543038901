"""A randomization list: its slots, how they are made, and how an uploaded one is examined."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.randomization.domain.generator import permuted_blocks
from shared.study import StudyDefinition
from shared.study.randomization import PermutedBlocks, UploadedList


@dataclass(frozen=True)
class Slot:
    """One place of the list. ``position`` counts from 1 within the stratum ``label``."""

    label: str
    position: int
    arm: str


@dataclass(frozen=True)
class ListFault:
    """What is wrong with an uploaded list: which row (from 0, None for the whole), and in words."""

    row: int | None
    code: str
    detail: str


def generate(definition: StudyDefinition, list_id: str, secret: bytes) -> list[Slot]:
    """The slots of a list in permuted blocks, as the study definition configures them.

    Raises ``ValueError`` where the definition asks for another scheme.
    """
    scheme = definition.randomization.scheme
    if not isinstance(scheme, PermutedBlocks):
        raise ValueError("the study definition asks for an uploaded list")
    ratio = {arm.code: arm.ratio for arm in definition.arms}
    return [
        Slot(label, position, arm)
        for label in definition.randomization.stratum_labels()
        for position, arm in enumerate(
            permuted_blocks(
                secret,
                list_id,
                label,
                ratio=ratio,
                block_sizes=scheme.block_sizes,
                capacity=scheme.capacity_per_stratum,
            ),
            start=1,
        )
    ]


def examine(definition: StudyDefinition, slots: Sequence[Slot]) -> list[ListFault]:
    """Every fault of an uploaded list; none where it may be activated.

    A list that was sorted, cut or merged on its way here shows it: positions must count 1..n
    within each stratum in the order of the rows, every stratum must be there in full, and hold the
    arms in the ratio of the study.
    """
    scheme = definition.randomization.scheme
    if not isinstance(scheme, UploadedList):
        return [ListFault(None, "wrong-method", "the study definition asks for permuted blocks")]
    rows = _row_faults(definition, slots)
    return rows or _stratum_faults(definition, scheme, slots)


def content_hash(slots: Sequence[Slot]) -> str:
    """SHA-256 over the slots in order; tells two lists apart without showing either."""
    digest = hashlib.sha256()
    for slot in slots:
        digest.update(f"{slot.label}\x00{slot.position}\x00{slot.arm}\n".encode())
    return digest.hexdigest()


def _row_faults(definition: StudyDefinition, slots: Sequence[Slot]) -> list[ListFault]:
    arms = {arm.code for arm in definition.arms}
    labels = set(definition.randomization.stratum_labels())
    next_position: dict[str, int] = defaultdict(lambda: 1)
    faults = []
    for row, slot in enumerate(slots):
        if slot.arm not in arms:
            faults.append(ListFault(row, "unknown-arm", "the study has no such arm"))
        if slot.label not in labels:
            faults.append(ListFault(row, "unknown-stratum", "the study has no such stratum"))
        elif slot.position != next_position[slot.label]:
            faults.append(
                ListFault(row, "out-of-sequence", "positions must count 1, 2, 3 in each stratum")
            )
        next_position[slot.label] = slot.position + 1
    return faults


def _stratum_faults(
    definition: StudyDefinition, scheme: UploadedList, slots: Sequence[Slot]
) -> list[ListFault]:
    counts: Mapping[str, Counter[str]] = defaultdict(Counter)
    for slot in slots:
        counts[slot.label][slot.arm] += 1
    total = sum(arm.ratio for arm in definition.arms)
    faults = []
    for label in definition.randomization.stratum_labels():
        size = counts[label].total()
        if size != scheme.slots_per_stratum:
            faults.append(ListFault(None, "wrong-length", f"stratum {label} is not complete"))
        elif any(counts[label][a.code] * total != size * a.ratio for a in definition.arms):
            faults.append(ListFault(None, "wrong-ratio", f"stratum {label} misses the ratio"))
    return faults
