"""Values of a section into elements, and back out of them. Imports lxml."""

from typing import Any

from lxml import etree

from services.safety.e2b import times
from services.safety.e2b.sections import Row, Section, dates, flags
from services.safety.e2b.tree import find, obtain, text_of
from services.safety.e2b.values import NullFlavor, Stamp, Value

_NULLS = frozenset(one.value for one in NullFlavor)


def fill(node: etree._Element, section: Section, item: Any) -> None:
    """Write what the item holds of the section's rows below the node."""
    parts: times.Parts = {}
    for row in section.rows:
        value = getattr(item, row.field)
        if value is None:
            continue
        if row.path.part is not None:
            attribute = row.path.attribute or "value"
            key, text = _pair(attribute, value)
            parts.setdefault(row.path.part, {})[key] = text
        else:
            _put(obtain(node, row.path.steps), row, value)
    times.write(node, parts)


def take(node: etree._Element, section: Section, kind: type) -> dict[str, Value]:
    """Read the section's rows below the node: values by field, only those that are there."""
    found: dict[str, Value] = {}
    parts = times.read(node) if any(row.path.part for row in section.rows) else {}
    for row in section.rows:
        raw = _part(parts, row) if row.path.part is not None else _raw(node, row)
        if raw is not None:
            found[row.field] = _typed(raw, row.field, kind)
    return found


def _pair(attribute: str, value: Value) -> tuple[str, str]:
    return (
        ("nullFlavor", value.value) if isinstance(value, NullFlavor) else (attribute, _wire(value))
    )


def _put(element: etree._Element, row: Row, value: Value) -> None:
    prefix = row.path.steps[-1].prefix if row.path.steps else None
    if isinstance(value, NullFlavor):
        element.set("nullFlavor", value.value)
    elif row.path.attribute is not None:
        element.set(row.path.attribute, (prefix or "") + _wire(value))
    else:
        # What XML 1.0 cannot hold is refused by lxml with a ValueError.
        element.text = _wire(value)


def _wire(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.text if isinstance(value, Stamp) else str(value)


def _part(parts: times.Parts, row: Row) -> str | NullFlavor | None:
    attributes = parts.get(row.path.part or "", {})
    value = attributes.get(row.path.attribute or "value")
    if value is None and row.nullable:
        return _null(attributes.get("nullFlavor"))
    return value


def _raw(node: etree._Element, row: Row) -> str | NullFlavor | None:
    element = find(node, row.path.steps)
    if element is None:
        return None
    null = _null(element.get("nullFlavor")) if row.nullable else None
    if row.path.attribute is None:
        return text_of(element) or null
    value = element.get(row.path.attribute)
    step = row.path.steps[-1] if row.path.steps else None
    if step is not None and row.path.attribute == "codeSystem" and value == step.system:
        return None  # The plain one, which goes without saying.
    prefix = None if step is None else step.prefix
    if value is not None and prefix is not None:
        value = value.removeprefix(prefix)
    return value or null


def _null(text: str | None) -> NullFlavor | None:
    return NullFlavor(text) if text in _NULLS else None


def _typed(raw: str | NullFlavor, field: str, kind: type) -> Value:
    if isinstance(raw, NullFlavor):
        return raw
    if field in flags(kind):
        return {"true": True, "false": False}.get(raw, raw)
    return Stamp(raw) if field in dates(kind) else raw
