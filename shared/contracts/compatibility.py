"""Is a changed event contract still safe for everybody who holds the old one?

Events are kept for good, and their consumers are deployed one by one. So a new contract must hold
both ways: stored events, written under the old one, must satisfy the new one; and new events must
satisfy consumers built from the old one. (Schema registries call this full compatibility.)
What remains allowed: annotations, moved definitions, reordered unions, a new optional property
where the old contract tolerates unknown ones, and new members of an enumeration declared open.

Producers write declared properties only. Hence the absence of ``additionalProperties`` means
"others are ignored", while ``additionalProperties: true`` or a schema means "others are carried".
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from shared.contracts.keyword_changes import (
    BOTH,
    CONSUMERS,
    OPEN_ENUMERATION,
    STORED,
    constraint_changes,
    enumeration_changes,
    place,
    type_changes,
)
from shared.contracts.schema_nodes import SchemaNode, UnsupportedSchemaError, canonical
from shared.contracts.union_matching import match_members

__all__ = ["OPEN_ENUMERATION", "UnsupportedSchemaError", "breaking_changes"]

# Pairs of places under comparison: to meet one again inside itself proves nothing new.
_Pairs: TypeAlias = frozenset[tuple[str, str]]


def breaking_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The changes between two JSON Schemas of one event that may break somebody, as sentences.

    Each sentence begins with the JSON pointer of the schema in question, in the old document, or
    in the new one for what is new there. The list is empty where nobody can break.

    Raises:
        UnsupportedSchemaError: a schema holds references or combinations that cannot be compared.
    """
    return list(dict.fromkeys(_compare(SchemaNode.root(old), SchemaNode.root(new), frozenset())))


def _compare(old: SchemaNode, new: SchemaNode, above: _Pairs) -> Iterator[str]:
    pair = (old.pointer, new.pointer)
    if pair in above:
        return
    inside = above | {pair}

    def compatible(before: SchemaNode, after: SchemaNode) -> bool:
        return next(_compare_plain(before, after, inside), None) is None

    for before, after in match_members(old.alternatives(), new.alternatives(), compatible):
        if after is None and before is not None:
            yield f"{place(before.pointer)} this alternative was removed; {STORED}."
        elif before is None and after is not None:
            yield f"{place(after.pointer)} this alternative is new; {CONSUMERS}."
        elif before is not None and after is not None:
            yield from _compare_plain(before, after, inside)


def _compare_plain(old: SchemaNode, new: SchemaNode, above: _Pairs) -> Iterator[str]:
    """Compare two schemas that are no unions."""
    changed = list(type_changes(old, new))
    if changed:
        # What the values of another type look like inside is beside the point.
        yield from changed
        return
    yield from enumeration_changes(old, new)
    yield from constraint_changes(old, new)
    yield from _property_changes(old, new, above)
    yield from _other_property_changes(old, new, above)
    yield from _member_changes(old, new, above)


def _property_changes(old: SchemaNode, new: SchemaNode, above: _Pairs) -> Iterator[str]:
    before, after = old.schema.get("properties", {}), new.schema.get("properties", {})
    was_required = set(old.schema.get("required", []))
    is_required = set(new.schema.get("required", []))
    for name in sorted({*before, *after, *was_required, *is_required}):
        holder = new if name in after else old
        declared = name in before or name in after
        where = holder.path("properties", name) if declared else f"{holder.pointer} ({name})"
        if name in before and name not in after:
            yield f"{place(where)} the property was removed; {CONSUMERS}."
        elif name in was_required and name not in is_required:
            yield f"{place(where)} the property is no longer required; {CONSUMERS}."
        elif name in is_required and name not in was_required:
            yield f"{place(where)} the property is now required; {STORED}."
        if name in before and name in after:
            if name not in was_required & is_required:
                yield from _default_changes(old, new, name)
            yield from _compare(old.child("properties", name), new.child("properties", name), above)
        elif name in after:
            yield from _added_property_changes(old, new, name, above)


def _default_changes(old: SchemaNode, new: SchemaNode, name: str) -> Iterator[str]:
    before = old.child("properties", name).schema.get("default")
    after = new.child("properties", name).schema.get("default")
    if canonical(before) != canonical(after):
        where = new.path("properties", name)
        yield (
            f"{place(where)} the default was {canonical(before)} and is now {canonical(after)};"
            " events without the property change their meaning."
        )


def _added_property_changes(
    old: SchemaNode, new: SchemaNode, name: str, above: _Pairs
) -> Iterator[str]:
    others = _others(old)
    if others is False:
        where = new.path("properties", name)
        yield f"{place(where)} the property is new and the old contract is closed; {CONSUMERS}."
    elif others is not True:
        # Under the old contract the name was carried with these values.
        added = new.child("properties", name)
        yield from _compare(old.child("additionalProperties"), added, above)


def _others(node: SchemaNode) -> Any:
    """What holds for undeclared properties: True (anything), False (none) or their schema."""
    written = node.schema.get("additionalProperties", True)
    return True if written == {} else written


def _other_property_changes(old: SchemaNode, new: SchemaNode, above: _Pairs) -> Iterator[str]:
    before, after = _others(old), _others(new)
    where = place((new if "additionalProperties" in new.schema else old).pointer)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        children = old.child("additionalProperties"), new.child("additionalProperties")
        yield from _compare(*children, above)
    elif before is not False and after is False:
        yield f"{where} undeclared properties are now refused; {STORED}."
    elif before is False and "additionalProperties" in new.schema and after is not False:
        yield f"{where} undeclared properties are now carried; {CONSUMERS}."
    elif before is True and isinstance(after, Mapping):
        yield f"{where} undeclared properties are now restricted; {STORED}."
    elif isinstance(before, Mapping) and after is True:
        yield f"{where} undeclared properties may now be anything; {CONSUMERS}."
    if "propertyNames" in old.schema or "propertyNames" in new.schema:
        yield from _part_changes(old, new, "propertyNames", above)


def _member_changes(old: SchemaNode, new: SchemaNode, above: _Pairs) -> Iterator[str]:
    if "items" in old.schema or "items" in new.schema:
        yield from _part_changes(old, new, "items", above)
    before, after = old.schema.get("prefixItems", []), new.schema.get("prefixItems", [])
    if len(before) != len(after):
        where = place((new if after else old).pointer)
        yield f"{where} prefixItems had {len(before)} members and has {len(after)} now; {BOTH}."
    for index in range(min(len(before), len(after))):
        yield from _compare(old.child("prefixItems", index), new.child("prefixItems", index), above)


def _part_changes(old: SchemaNode, new: SchemaNode, keyword: str, above: _Pairs) -> Iterator[str]:
    if keyword not in old.schema:
        yield f"{place(new.path(keyword))} {keyword} is new; {STORED}."
    elif keyword not in new.schema:
        yield f"{place(old.path(keyword))} {keyword} was removed; {CONSUMERS}."
    else:
        yield from _compare(old.child(keyword), new.child(keyword), above)
