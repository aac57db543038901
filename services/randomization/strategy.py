"""From an opened slot to an arm: read off a list, or worked out by minimisation from its draw."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.randomization import allocation_repository as repository
from services.randomization.domain import minimisation
from services.randomization.domain.sealing import Opening
from services.randomization.vault import Published, TakenSlot, Vault
from shared.database.unit_of_work import UnitOfWork
from shared.study import StudyDefinition
from shared.study.schemes import Minimisation, UploadedList


@dataclass(frozen=True, repr=False)
class Choice:
    """The arm, the slot that decided it, and (for minimisation) what else did. No repr: a log line
    must not show an arm by accident."""

    arm: str
    fake_arm: str | None
    slot: TakenSlot
    published: Published
    opened: Opening
    decision: minimisation.Decision | None
    counts: Mapping[str, Any] | None

    @property
    def list_id(self) -> str:
        return self.slot.list_id

    @property
    def label(self) -> str:
        return self.slot.sealed.label

    @property
    def position(self) -> int:
        return self.slot.sealed.position

    @property
    def opening(self) -> dict[str, Any]:
        """What a site needs to check its own allocation against the manifest."""
        sealed = self.slot.sealed
        path = sealed.path.hex()
        return {
            "list_id": self.list_id,
            "label": sealed.label,
            "position": sealed.position,
            "content": self.opened.content,
            "salt": self.opened.salt.hex(),
            "commitment": sealed.commitment.hex(),
            "leaf_index": sealed.leaf_index,
            "leaf_count": self.published.leaf_count,
            "path": [path[start : start + 64] for start in range(0, len(path), 64)],
        }


def label(definition: StudyDefinition, stratum: str) -> str:
    """The label that the slot stands under: minimisation takes its draws in one order for all."""
    return "*" if isinstance(definition.randomization.scheme, Minimisation) else stratum


def levels_of(label: str) -> dict[str, str]:
    """The levels that a label says; none for ``*``."""
    pairs = [] if label == "*" else label.split(";")
    return {factor: level for factor, _, level in (pair.partition("=") for pair in pairs)}


def choose(
    work: UnitOfWork, vault: Vault, slot: TakenSlot, published: Published, levels: Mapping[str, str]
) -> Choice:
    """Open the slot and find the arm. Raises ``SealBroken`` where the slot is not as sealed."""
    opened = vault.open(work.study, slot, published)
    scheme = work.definition().randomization.scheme
    if not isinstance(scheme, Minimisation):
        return Choice(opened.content, None, slot, published, opened, None, None)
    counts = repository.balance(work)
    weighed = work.definition().randomization.minimisation_weights()
    fakes = minimisation.fake_arms({arm.code: arm.ratio for arm in work.definition().arms})
    decision = minimisation.decide(
        scheme,
        fakes,
        counts,
        {factor: levels[factor] for factor in weighed},
        int(opened.content, 16),
    )
    return Choice(decision.arm, decision.fake_arm.name, slot, published, opened, decision, counts)


def runs_low(
    definition: StudyDefinition,
    position: int,
    purpose: Literal["central", "downtime"] = "central",
) -> bool:
    """True for the one position with which the planned numbers of a stratum run low."""
    planned = _planned(definition)
    if purpose == "downtime":
        planned = definition.randomization.envelopes_per_stratum
    left = definition.randomization.low_water_percent
    return left > 0 and position == max(1, -(-planned * (100 - left) // 100))


def _planned(definition: StudyDefinition) -> int:
    scheme = definition.randomization.scheme
    if isinstance(scheme, Minimisation):
        return scheme.draws
    if isinstance(scheme, UploadedList):
        return scheme.slots_per_stratum
    return scheme.capacity_per_stratum
