"""Which values of a definition are assumptions, because the public record is silent."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import BaseModel

from shared.study.base import Source, Sourced
from shared.study.definition import StudyDefinition


class AssumedValue(NamedTuple):
    """Path (entries by id: `visits.FU06.day`), the value as compact JSON, and why."""

    path: str
    value: str
    note: str


_NAMES = ("id", "code", "factor", "paramcd", "row")


def assumed_values(definition: StudyDefinition) -> list[AssumedValue]:
    """Every fact whose source is `assumed`, in the order of the definition.

    An entry that is assumed as a whole appears once; one with single assumed fields once per field.
    """
    return list(_walk("", definition))


def _walk(path: str, value: object) -> Iterator[AssumedValue]:
    if isinstance(value, tuple):
        for index, entry in enumerate(value):
            yield from _walk(f"{path}.{_name(entry, index)}", entry)
    elif isinstance(value, BaseModel) and not isinstance(value, Source):
        if isinstance(value, Sourced):
            yield from _own(path, value)
        for name in type(value).model_fields:
            if name not in ("source", "sources"):
                yield from _walk(f"{path}.{name}" if path else name, getattr(value, name))


def _own(path: str, fact: Sourced) -> Iterator[AssumedValue]:
    own = [
        name
        for name in type(fact).model_fields
        if name not in ("source", "sources") and not _speaks_for_itself(getattr(fact, name))
    ]
    if fact.source.kind == "assumed" and not fact.sources and len(own) == _field_count(fact):
        yield AssumedValue(path, _compact(_shown(fact)), fact.source.note or "")
        return
    for name in own:
        source = fact.sources.get(name, fact.source)
        if source.kind != "assumed":
            continue
        yield AssumedValue(
            f"{path}.{name}", _compact(_shown(getattr(fact, name))), source.note or ""
        )


def _field_count(fact: Sourced) -> int:
    return len(type(fact).model_fields) - 2


def _speaks_for_itself(value: object) -> bool:
    """Facts below carry their own source and are listed one by one."""
    entries = value if isinstance(value, tuple) else (value,)
    return bool(entries) and all(isinstance(entry, Sourced) for entry in entries)


def _name(entry: object, index: int) -> str:
    for name in _NAMES:
        value = getattr(entry, name, None)
        if isinstance(value, str):
            return value
    return str(index)


def _shown(value: object) -> Any:
    """Plain data without sources, labels of nothing and empty fields."""
    if isinstance(value, BaseModel):
        shown = value.model_dump(mode="json", exclude_defaults=True)
        return _without_sources(shown)
    if isinstance(value, tuple):
        return [_shown(entry) for entry in value]
    return json.loads(json.dumps(value, default=str))


def _without_sources(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _without_sources(entry)
            for key, entry in value.items()
            if key not in ("source", "sources")
        }
    return [_without_sources(entry) for entry in value] if isinstance(value, list) else value


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
