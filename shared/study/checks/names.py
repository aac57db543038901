"""Ids are unique, every reference names an entry, anchors do not go round in circles."""

import graphlib
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from shared.study.anchors import anchor_dependencies
from shared.study.base import Model, Ref
from shared.study.draft import ID_FIELDS, Draft, raw_ids
from shared.study.faults import Finding, Path
from shared.study.structure import did_you_mean


def name_findings(draft: Draft) -> Iterator[Finding]:
    """Duplicate ids, references to nothing, circular anchors."""
    for section, id_field in ID_FIELDS.items():
        yield from duplicate_findings(draft.raw.get(section), id_field, (section,))
    for path, model in draft.models():
        yield from _reference_findings(draft, path, model)
    reference_arm = draft.raw.get("reference_arm")
    if isinstance(reference_arm, str):
        yield from _unknown(draft, "arms", ("reference_arm",), reference_arm)
    yield from _circular_anchors(draft)


def duplicate_findings(entries: object, id_field: str, path: Path) -> Iterator[Finding]:
    """Ids given twice among the raw entries of one list."""
    seen: set[str] = set()
    for index, entry_id in raw_ids(entries, id_field):
        if entry_id in seen:
            yield Finding((*path, index, id_field), f"{entry_id} is used twice")
        seen.add(entry_id)


def _reference_findings(draft: Draft, path: Path, model: Model) -> Iterator[Finding]:
    for field_name, section in _references(type(model)):
        value = getattr(model, field_name)
        if isinstance(value, tuple):
            for index, entry_id in enumerate(value):
                yield from _unknown(draft, section, (*path, field_name, index), entry_id)
        elif value is not None:
            yield from _unknown(draft, section, (*path, field_name), value)


def _unknown(draft: Draft, section: str, path: Path, entry_id: str) -> Iterator[Finding]:
    known = draft.ids(section)
    if entry_id not in known:
        hint = did_you_mean(entry_id, set(known))
        yield Finding(path, f"{entry_id} is not one of the {section}{hint}")


@cache
def _references(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Fields of a model that hold ids of another section, with that section."""
    found = []
    for name, info in model.model_fields.items():
        refs = [each for each in info.metadata if isinstance(each, Ref)]
        refs += _refs_in(info.annotation)
        found += [(name, refs[0].section)] if refs else []
    return tuple(found)


def _refs_in(annotation: Any) -> list[Ref]:
    if get_origin(annotation) is Annotated:
        return [each for each in annotation.__metadata__ if isinstance(each, Ref)]
    return [ref for argument in get_args(annotation) for ref in _refs_in(argument)]


def _circular_anchors(draft: Draft) -> Iterator[Finding]:
    # Annotated unions have no class of their own: any model of the section is an anchor.
    graph = {
        str(getattr(anchor, "id", "")): (path, anchor_dependencies(anchor))  # type: ignore[arg-type]
        for path, anchor in draft.entries(("anchors",), Model)
    }
    sorter = graphlib.TopologicalSorter({key: needs for key, (_, needs) in graph.items()})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        cycle = list(reversed(error.args[1]))
        first = min((name for name in cycle if name in graph), key=lambda name: graph[name][0])
        start = cycle.index(first)
        ring = cycle[start:-1] + cycle[:start] + [first]
        yield Finding(graph[first][0], f"anchors depend on each other: {' -> '.join(ring)}")
