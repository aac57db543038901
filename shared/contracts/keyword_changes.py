"""Changes of single JSON Schema keywords that may break holders of the old contract.

Each function compares two schemas at one place and yields sentences; see ``compatibility``.
"""

from collections.abc import Iterator
from typing import Any

from shared.contracts.schema_nodes import SchemaNode, canonical, is_annotation

# Set beside ``enum`` or ``const``: consumers were told to accept members they do not know.
OPEN_ENUMERATION = "x-open-enumeration"

STORED = "stored events may no longer validate"
CONSUMERS = "consumers of the old contract may refuse or misread new events"
BOTH = f"{STORED}, and {CONSUMERS}"

_LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})

# Keywords compared by functions of their own, here or in ``compatibility``.
_COMPARED_APART = frozenset(
    {
        "additionalProperties",
        "const",
        "enum",
        "items",
        "prefixItems",
        "properties",
        "propertyNames",
        "required",
        "type",
    }
)


def place(pointer: str) -> str:
    """The beginning of a sentence about a place; the root's pointer is the empty text."""
    return f"{pointer or '(root)'}:"


def type_changes(old: SchemaNode, new: SchemaNode) -> Iterator[str]:
    """Types taken away or added; silent where both enumerate their values, which says more."""
    before, after = _types(old), _types(new)
    if before == after or (_members(old) is not None and _members(new) is not None):
        return
    # An integer is a number: that change is a pure widening or narrowing.
    lost = after is not None and (before is None or not before <= _with_integer(after))
    gained = before is not None and (after is None or not after <= _with_integer(before))
    consequence = BOTH if lost and gained else STORED if lost else CONSUMERS
    yield (
        f"{place(old.pointer)} the type was {_shown(before)} and is now {_shown(after)};"
        f" {consequence}."
    )


def _types(node: SchemaNode) -> frozenset[str] | None:
    written = node.schema.get("type")
    if written is None:
        return None
    return frozenset([written] if isinstance(written, str) else written)


def _with_integer(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _shown(types: frozenset[str] | None) -> str:
    return "anything" if types is None else " or ".join(sorted(types))


def enumeration_changes(old: SchemaNode, new: SchemaNode) -> Iterator[str]:
    """Members of ``enum`` or ``const`` taken away or added."""
    before, after = _members(old), _members(new)
    is_open = old.schema.get(OPEN_ENUMERATION) is True
    if before is None and after is not None:
        yield f"{place(new.pointer)} the values are now limited to a list; {STORED}."
    elif before is not None and after is None:
        if not is_open:
            yield f"{place(old.pointer)} the values are no longer limited to a list; {CONSUMERS}."
    elif before is not None and after is not None:
        for member in before:
            if member not in after:
                yield f"{place(old.pointer)} the value {member} was removed; {STORED}."
        for member in after:
            if member not in before and not is_open:
                yield f"{place(new.pointer)} the value {member} is new; {CONSUMERS}."


def _members(node: SchemaNode) -> list[str] | None:
    if "const" in node.schema:
        return [canonical(node.schema["const"])]
    if "enum" in node.schema:
        return [canonical(member) for member in node.schema["enum"]]
    return None


def constraint_changes(old: SchemaNode, new: SchemaNode) -> Iterator[str]:
    """Bounds, patterns, formats and every keyword without a comparison of its own."""
    for keyword in sorted({*old.schema, *new.schema} - _COMPARED_APART):
        if is_annotation(keyword):
            continue
        before, after = old.schema.get(keyword), new.schema.get(keyword)
        if canonical(old.expanded(before)) != canonical(new.expanded(after)):
            node = old if after is None else new
            yield (
                f"{place(node.pointer)} {keyword} was {_written(before)} and is now"
                f" {_written(after)}; {_consequence(keyword, before, after)}."
            )


def _written(value: Any) -> str:
    return "absent" if value is None else canonical(value)


def _consequence(keyword: str, before: Any, after: Any) -> str:
    if before is None:
        return STORED
    if after is None:
        return CONSUMERS
    if keyword in _LOWER_BOUNDS:
        return STORED if after > before else CONSUMERS
    if keyword in _UPPER_BOUNDS:
        return STORED if after < before else CONSUMERS
    return BOTH
