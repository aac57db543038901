"""What a publication stores: result rows with their ids, and a line for each file."""

from collections.abc import Iterable

from services.analytics.domain.adam.selector import Selector
from services.analytics.domain.artefacts import Artefact
from services.analytics.domain.results import OutputClass, ResultRow
from shared.study import StudyDefinition


def entries(
    definition: StudyDefinition, rows: Iterable[ResultRow], output_class: OutputClass
) -> list[dict[str, object]]:
    """The result rows of a class, each under its id and with what it rests on."""
    selector = Selector.of_study(definition)
    return [
        {
            "id": result_id(row),
            "row": row.to_json() | {"rests_on": selector.of(row).to_json()},
        }
        for row in rows
        if row.output_class is output_class
    ]


def result_id(row: ResultRow) -> str:
    """What a row is about: the same in every run."""
    parts = [row.endpoint, row.population, row.group or row.contrast or "", row.statistic]
    parts += [] if row.category is None else [row.category]
    if row.subgroup is not None:
        parts.append(f"{row.subgroup}={row.level or '*'}")
    return "/".join(parts) + ("" if row.timepoint is None else f"@{row.timepoint:g}")


def artefact_entry(file: Artefact, key: str) -> dict[str, object]:
    """What is kept of a file beside its content, which lies in the store under ``key``."""
    return {
        "name": file.name,
        "output_class": file.output_class.value,
        "media_type": file.media_type,
        "object_key": key,
        "sha256": file.sha256,
        "size": len(file.content),
    }
