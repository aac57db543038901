"""Variants of the shipped study: other ids, caps, strata, and small lists."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.database.studies import activate
from services.randomization.domain import slots
from shared.study import StudyDefinition, from_json, to_json
from shared.study.caps import Cap
from tests.services.randomization.expected import STUDY
from tests.services.randomization.world import BLOCKS
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

SOURCE = {"kind": "assumed", "note": "test"}
# Submitted by whoever asks: nothing in the values tells it.
THIRD_FACTOR = {"factor": "risk", "label": "Risk", "levels": ["low", "high"], "source": SOURCE}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Design:
    """What a variant changes. ``capacity`` is planned for each stratum, in blocks of 3 and 6."""

    capacity: int = 12
    caps: tuple[Mapping[str, Any], ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict)


def cap(scope: str, limit: int, **more: Any) -> dict[str, Any]:
    return {"id": f"{scope}_cap", "scope": scope, "limit": limit, "source": SOURCE} | more


def define(design: Design, study: str) -> StudyDefinition:
    """The shipped definition under another id, with the design's changes."""
    content = to_json(shipped(STUDY))
    content["identity"]["id"] = study
    content["randomization"] |= {
        "scheme": {
            "method": "permuted_blocks",
            "block_sizes": [3, 6],
            "capacity_per_stratum": design.capacity,
            "source": SOURCE,
        },
        "caps": [dict(one) for one in design.caps],
    }
    content["randomization"] |= design.changes
    return from_json(content)


def put_in_training(database: TestDatabase, definition: StudyDefinition) -> None:
    activate(
        database.url("induct_migrator"), definition, mode="training", actor="test", reason="test"
    )


def new_study() -> str:
    """An id that no study of this process has."""
    return f"T-{next(_numbers):04}"


def list_of(definition: StudyDefinition) -> dict[str, list[str]]:
    """The contents of the list L1 of these tests, by stratum."""
    made = slots.generate(definition, str(BLOCKS["list_id"]), bytes.fromhex(str(BLOCKS["secret"])))
    contents: dict[str, list[str]] = {}
    for slot in made:
        contents.setdefault(slot.label, []).append(slot.content)
    return contents


def caps_of(definition: StudyDefinition) -> Sequence[Cap]:
    return definition.randomization.caps
