"""Is a changed event contract still safe for everybody who holds the old one?

Events are kept for good, and their consumers are deployed one by one. So a new contract must hold
both ways: stored events, written under the old one, must satisfy the new one; and new events must
satisfy consumers built from the old one. (Schema registries call this full compatibility.)
What remains allowed: annotations, moved definitions, reordered unions, a new optional property where
the old contract tolerates unknown ones, and new members of an enumeration declared open.

Producers write declared properties only. Hence the absence of ``additionalProperties`` means "others
are ignored", while ``additionalProperties: true`` or a schema means "others are carried".
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from shared.contracts.schema_nodes import SchemaNode, canonical

# Set beside ``enum`` or ``const``: consumers were told to accept members they do not know.
OPEN_ENUMERATION = "x-open-enumeration"

_STORED = "stored events may no longer validate"
_CONSUMERS = "consumers of the old contract may refuse or misread new events"
_BOTH = f"{_STORED}, and {_CONSUMERS}"

_LOWER_BOUNDS = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER_BOUNDS = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
# Keywords compared by functions of their own below.
_STRUCTURE = frozenset(
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

# Pairs of places under comparison; meeting one again inside itself proves nothing new.
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
    olds, news = old.alternatives(), new.alternatives()
    if len(olds) == len(news) == 1:
        yield from _compare_plain(olds[0], news[0], inside)
        return
    for before, after in _paired(olds, news, inside):
        if after is None and before is not None:
            yield f"{_at(before)} this alternative was removed; {_STORED}."
        elif before is None and after is not None:
            yield f"{_at(after)} this alternative is new; {_CONSUMERS}."
        elif before is not None and after is not None:
            yield from _compare_plain(before, after, inside)


def _paired(
    olds: list[SchemaNode], news: list[SchemaNode], above: _Pairs
) -> list[tuple[SchemaNode | None, SchemaNode | None]]:
    """Match members of two unions: compatible ones first, then ones of the same name, then of the
    same type; what is left over stands alone."""

    def compatible(before: SchemaNode, after: SchemaNode) -> bool:
        return next(_compare_plain(before, after, above), None) is None

    def same_name(before: SchemaNode, after: SchemaNode) -> bool:
        return before.pointer.startswith("/$defs/") and before.pointer == after.pointer

    def same_type(before: SchemaNode, after: SchemaNode) -> bool:
        return canonical(before.schema.get("type")) == canonical(after.schema.get("type"))

    pairs: list[tuple[SchemaNode | None, SchemaNode | None]] = []
    olds, news = list(olds), list(news)
    for alike in (compatible, same_name, same_type):
        for before in list(olds):
            after = next((one for one in news if alike(before, one)), None)
            if after is not None:
                pairs.append((before, after))
                olds.remove(before)
                news.remove(after)
    return [*pairs, *((one, None) for one in olds), *((None, one) for one in news)]


def _compare_plain(old: SchemaNode, new: SchemaNode, above: _Pairs) -> Iterator[str]:
    if "enum" in _enumerating(old, new):
        ...
