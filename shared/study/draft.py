"""A definition as far as it can be read: what checks of cross references work on.

A file with a fault of structure still has its other references checked: every section, every field
of a section and every list entry is read on its own; one that cannot be read is left out while its
id stays known.
"""

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from shared.study.base import Model
from shared.study.definition import StudyDefinition
from shared.study.faults import Path
from shared.study.forms import Item

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
    "checks": "id",
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
    """The parts of a definition that could be read, by their path in the file."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        self._parts: dict[Path, Any] = {}
        self._shallow: set[Path] = set()
        self._ids: dict[str, Mapping[str, Path]] = {}
        self._items: dict[tuple[Path, type[Item]], Mapping[str, Item | None]] = {}
        for name, info in StudyDefinition.model_fields.items():
            self._read((name,), info.annotation, raw.get(name))

    def part(self, path: Path, model: type[M]) -> M | None:
        """The part at `path`, None where missing or unreadable."""
        found = self._parts.get(path)
        return found if isinstance(found, model) else None

    def entries(self, section: Path, model: type[M]) -> Iterator[tuple[Path, M]]:
        """Readable entries of that model in the list at `section`, with their paths."""
        for path, part in self._parts.items():
            if path[:-1] == section and isinstance(part, model):
                yield path, part

    def models(self) -> Iterator[tuple[Path, Model]]:
        """Every readable model at any depth, with its path."""
        for path, part in self._parts.items():
            if path not in self._shallow:
                yield from _walk(path, part)
            elif isinstance(part, Model):
                yield path, part  # what it holds are parts of their own

    def ids(self, section: str) -> Mapping[str, Path]:
        """Ids of a list section, unreadable entries included, with the path of the first entry."""
        if section not in self._ids:  # each reference asks for them
            found: dict[str, Path] = {}
            for index, entry_id in raw_ids(self.raw.get(section), ID_FIELDS[section]):
                found.setdefault(entry_id, (section, index))
            self._ids[section] = found
        return self._ids[section]

    def raw_at(self, path: Path) -> Any:
        """The data at `path` as written, None where there is none."""
        node: Any = self.raw
        for part in path:
            present = isinstance(node, dict) and part in node
            present = present or (
                isinstance(node, list) and isinstance(part, int) and part < len(node)
            )
            if not present:
                return None
            node = node[part]
        return node

    def items(self, path: Path, model: type[Item] = Item) -> Mapping[str, Item | None]:
        """Items of the list at `path` by id, None for one that cannot be read; of two with one id
        the first."""
        if (path, model) not in self._items:  # each check of a form asks for them
            entries, adapter = self.raw_at(path), _adapter(model)
            found: dict[str, Item | None] = {}
            for index, item_id in raw_ids(entries, "id"):
                found.setdefault(item_id, _read(adapter, entries[index]))
            self._items[path, model] = found
        return self._items[path, model]

    def form_items(self, form_id: str) -> Mapping[str, Item | None] | None:
        """Items of a form by id, None for an unknown form."""
        path = self.ids("forms").get(form_id)
        return None if path is None else self.items((*path, "items"))

    def _read(self, path: Path, annotation: Any, value: Any) -> None:
        if get_origin(annotation) is tuple:
            adapter = _adapter(get_args(annotation)[0])
            for index, entry in enumerate(value if isinstance(value, list) else []):
                self._parts[(*path, index)] = _read(adapter, entry)
            return
        self._parts[path] = _read(_adapter(annotation), value)
        model = _model_of(annotation)
        if len(path) == 1 and model is not None and isinstance(value, dict):
            self._shallow.add(path)
            for name, info in model.model_fields.items():
                self._read((*path, name), info.annotation, value.get(name))


def _model_of(annotation: Any) -> type[Model] | None:
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Model):
            return candidate
    return None


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    """Made once a process: it takes longer than to read what it reads."""
    return TypeAdapter(annotation)


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
        held: Iterable[tuple[str | int, object]] = (
            (shown, getattr(value, name)) for name, shown in _fields(type(value))
        )
    elif isinstance(value, list | tuple):
        held = enumerate(value)
    else:
        return
    for step, each in held:
        if isinstance(each, _HOLDERS):  # most are words and numbers: they need no step of their own
            yield from _walk((*path, step), each)


_HOLDERS = (Model, list, tuple)


@cache
def _fields(model: type[Model]) -> tuple[tuple[str, str], ...]:
    """Fields of a model, with the names that a file gives them."""
    return tuple((name, info.alias or name) for name, info in model.model_fields.items())
