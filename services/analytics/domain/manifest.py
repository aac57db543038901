"""The manifest: what a run read, how it computed, and what came of it.

One for each output class; the open one holds nothing by arm and does not name the arms. No clock
and no id of a run stand in it: the same data, cutoff and code give the same bytes.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.artefacts import (
    CLOSED_MANIFEST,
    JSON,
    OPEN_MANIFEST,
    Artefact,
)
from services.analytics.domain.canonical import canonical_bytes
from services.analytics.domain.cutoff import CutData, inputs_hash, masked_inputs_hash
from services.analytics.domain.plans import NotComputed
from services.analytics.domain.results import OutputClass, ResultRow, Status
from shared.study import AssumedValue, StudyDefinition, assumed_values, open_definition_hash

FORMAT = 1
# What comes by arm, the looks of the committee, and the block sizes: who knows these can guess the
# next allocation.
CLOSED_PATHS = ("arms.", "analysis.interim", "randomization.scheme")


@dataclass(frozen=True, slots=True)
class Work:
    """What a run did: ``versions`` are those of the code and of the libraries it used."""

    definition: StudyDefinition
    data: CutData
    rows: tuple[ResultRow, ...]
    not_computed: tuple[NotComputed, ...]
    check: EngineCheck
    versions: Mapping[str, str]


def manifest(work: Work, output_class: OutputClass, artefacts: Iterable[Artefact]) -> Artefact:
    """The manifest of one class over the artefacts of that class."""
    own = [each.to_json() for each in artefacts if each.output_class is output_class]
    content = {**statement_of(work, output_class), "artefacts": own}
    name = OPEN_MANIFEST if output_class is OutputClass.OPEN else CLOSED_MANIFEST
    return Artefact(name, output_class, JSON, canonical_bytes(content))


def statement_of(work: Work, output_class: OutputClass) -> dict[str, Any]:
    """All that a manifest says but for the files; a report says the same, and is a file itself."""
    is_open = output_class is OutputClass.OPEN
    return {
        "format": FORMAT,
        "output_class": output_class.value,
        "study": work.data.study,
        "cutoff": work.data.cutoff.isoformat(),
        "definition": {
            "version": work.definition.version,
            "sha256": open_definition_hash(work.definition),
        },
        "versions": dict(work.versions),
        "inputs_hash": masked_inputs_hash(work.definition, work.data)
        if is_open
        else inputs_hash(work.data),
        "subjects": {"registered": work.data.registered, "randomized": len(work.data.allocated)},
        "conventions": _conventions(work.definition),
        "computed": _computed(work.rows),
        "not_computed": [each.to_json() for each in work.not_computed],
        "engine_check": work.check.to_json(output_class),
        "counts_by_status": _counts(row for row in work.rows if row.output_class is output_class),
        **(_open_part(work) if is_open else _closed_part(work)),
    }


def _open_part(work: Work) -> dict[str, Any]:
    assumed = assumed_values(work.definition)
    shown = [each for each in assumed if not _is_closed(work.definition, each)]
    return {
        "assumed_values": _assumed(shown),
        "assumed_values_in_closed_manifest": len(assumed) - len(shown),
        "unreadable_values": len(work.data.unreadable),
    }


def _closed_part(work: Work) -> dict[str, Any]:
    return {
        "assumed_values": _assumed(assumed_values(work.definition)),
        "unreadable_values": [
            {
                "subject": each.subject,
                "record": each.record,
                "item": each.item,
                "code": each.code,
            }
            for each in work.data.unreadable
        ],
    }


def _conventions(definition: StudyDefinition) -> dict[str, Any]:
    # Subgroups and looks stand in their rows.
    left_out = {"source", "sources", "subgroups", "interim"}
    return definition.analysis.model_dump(mode="json", exclude=left_out)


def _computed(rows: Iterable[ResultRow]) -> list[dict[str, str]]:
    pairs = dict.fromkeys((row.endpoint, row.population) for row in rows)
    return [{"endpoint": endpoint, "population": population} for endpoint, population in pairs]


def _counts(rows: Iterable[ResultRow]) -> dict[str, int]:
    counted = Counter(row.status for row in rows)
    return {status.value: counted[status] for status in Status}


def _assumed(values: Iterable[AssumedValue]) -> list[dict[str, str]]:
    return [{"path": each.path, "value": each.value, "note": each.note} for each in values]


def _is_closed(definition: StudyDefinition, assumed: AssumedValue) -> bool:
    """Below a closed path, or with an arm's code as a word of its own."""
    return assumed.path.startswith(CLOSED_PATHS) or any(
        re.search(rf"(?<![\w-]){re.escape(arm.code)}(?![\w-])", text)
        for arm in definition.arms
        for text in _texts(assumed)
    )


def _texts(assumed: AssumedValue) -> Iterator[str]:
    yield from (assumed.path, assumed.value, assumed.note)
