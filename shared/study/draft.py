"""A definition as far as it can be read: what checks of cross references work on.

A file with a fault of structure still has its other references checked: every section and every
list entry is read on its own, and one that cannot be read is left out while its id stays known.
"""

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from shared.study.base import Model
from shared.study.definition import StudyDefinition
from shared.study.faults import Path

ID_FIELDS: Mapping[str, str] = {
    "arms": "code",
    "visits": "id",
    "anchors": "id",
    "forms": "id",
    "event_sources": "id",
    "populations": "id",
    "outcomes": "row",
    "endpoints": "paramcd",
    "thresholds": "id",
}
"""Sections that are lists, and the field that names an entry."""

M = TypeVar("M", bound=Model)


def raw_ids(entries: object, id_field: str) -> list[tuple[int, str]]:
    """Position and id of every entry that states one, readable or not."""
    if not isinstance(entries, list):
        return []
    return [
        (index, entry[id_field])
        for index, entry in enumerate(entries)
        if isinstance(entry, dict) and isinstance(entry.get(id_field), str)
    ]


class Draft:
    """Sections of a definition that could be read, with their place in the file."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self._sections: dict[str, Any] = {}
        for name, info in StudyDefinition.model_fields.items():
            value, annotation = raw.get(name), cast("Any", info.annotation)
            if get_origin(annotation) is tuple:
                entries = value if isinstance(value, list) else []
                adapter = TypeAdapter(get_args(annotation)[0])
                self._sections[name] = [_read(adapter, entry) for entry in entries]
            else:
                self._sections[name] = _read(TypeAdapter(annotation), value)

    def section(self, name: str, model: type[M]) -> M | None:
        """A section that is one object, None where missing or unreadable."""
        found = self._sections[name]
        return found if isinstance(found, model) else None

    def entries(self, name: str, model: type[M]) -> Iterator[tuple[Path, M]]:
        """Readable entries of that model in a section that is a list, with their paths."""
        for index, entry in enumerate(self._sections[name]):
            if isinstance(entry, model):
                yield (name, index), entry

    def models(self) -> Iterator[tuple[Path, Model]]:
        """Every readable model at any depth, with its path."""
        for name, section in self._sections.items():
            yield from _walk((name,), section)

    def ids(self, section: str) -> dict[str, Path]:
        """Ids of a list section, unreadable entries included, with the path of the first entry."""
        found: dict[str, Path] = {}
        for index, entry_id in raw_ids(self.raw.get(section), ID_FIELDS[section]):
            found.setdefault(entry_id, (section, index))
        return found


def _read(adapter: TypeAdapter[Any], value: object) -> Any:
    if value is None:
        return None
    try:
        return adapter.validate_json(json.dumps(value))
    except ValidationError as error:
        pruned = _without_unknown_fields(value, error)
    try:
        return adapter.validate_json(json.dumps(pruned))
    except ValidationError:
        return None


def _without_unknown_fields(value: object, error: ValidationError) -> object:
    pruned = copy.deepcopy(value)
    for detail in error.errors(include_url=False, include_input=False):
        if detail["type"] == "extra_forbidden":
            holder: Any = pruned
            for part in detail["loc"][:-1]:
                holder = _child(holder, part)
            if isinstance(holder, dict):
                holder.pop(detail["loc"][-1], None)
    return pruned


def _child(holder: Any, part: str | int) -> Any:
    """One step down; a part that is no key (the tag of a union) stays where it is."""
    if isinstance(holder, dict) and part in holder:
        return holder[part]
    if isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        return holder[part]
    return holder


def _walk(path: Path, value: object) -> Iterator[tuple[Path, Model]]:
    if isinstance(value, Model):
        yield path, value
        for name, info in type(value).model_fields.items():
            yield from _walk((*path, info.alias or name), getattr(value, name))
    elif isinstance(value, list | tuple):
        for index, entry in enumerate(value):
            yield from _walk((*path, index), entry)
