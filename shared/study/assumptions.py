"""Which values of a definition are assumptions, because the public record is silent."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.study.base import Source, Sourced
from shared.study.definition import StudyDefinition
from shared.study.forms import Item


class AssumedValue(NamedTuple):
    """Path (entries by id: `visits.FU06`), the value as compact JSON, and why it was chosen."""

    path: str
    value: str
    note: str


_NAMES = ("id", "code", "factor", "paramcd", "row")


def assumed_values(definition: StudyDefinition) -> list[AssumedValue]:
    """Every fact whose source is `assumed`, in the order of the definition.

    An entry assumed as a whole appears once, without its fields that have another source; a single
    assumed field of an entry appears under its own path. Items are shown by their ids.
    """
    return list(_walk("", definition))


def _walk(path: str, value: object) -> Iterator[AssumedValue]:
    if isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _walk(f"{path}.{_name(entry, index)}", entry)
    elif isinstance(value, BaseModel) and not isinstance(value, Source):
        if isinstance(value, Sourced):
            yield from _own(path, value)
        for name in _fields(value):
            yield from _walk(f"{path}.{name}" if path else name, getattr(value, name))


def _own(path: str, fact: Sourced) -> Iterator[AssumedValue]:
    if fact.source.kind == "assumed":
        shown = {
            name: _shown(getattr(fact, name))
            for name in _fields(fact)
            if name not in fact.sources
            and getattr(fact, name) != type(fact).model_fields[name].default
            and not _has_own_source(getattr(fact, name))
        }
        yield AssumedValue(path, _compact(shown), fact.source.note or "")
    for name, source in fact.sources.items():
        if source.kind == "assumed":
            value = _compact(_shown(getattr(fact, name)))
            yield AssumedValue(f"{path}.{name}", value, source.note or "")


def _fields(fact: BaseModel) -> list[str]:
    return [name for name in type(fact).model_fields if name not in ("source", "sources")]


def _has_own_source(value: object) -> bool:
    """Facts below that carry their own source are listed one by one."""
    entries = value if isinstance(value, tuple) else (value,)
    return bool(entries) and all(isinstance(entry, Sourced) for entry in entries)


def _name(entry: object, index: int) -> str:
    for name in _NAMES:
        value = getattr(entry, name, None)
        if isinstance(value, str):
            return value
    return str(index)


def _shown(value: object) -> Any:
    if isinstance(value, Item):
        return value.id
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    if isinstance(value, tuple):
        return [_shown(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _shown(entry) for key, entry in value.items()}
    return value if isinstance(value, int | str | None) else str(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
