"""A predicate speaks of items that exist, with operators and literals that fit their type."""

from collections.abc import Iterator, Mapping

from shared.study.base import parse_decimal
from shared.study.criteria import (
    DATE_OPERATORS,
    ORDER_OPERATORS,
    PRESENCE_OPERATORS,
    AllOf,
    AnyOf,
    Comparison,
    Negation,
    Predicate,
    Scalar,
)
from shared.study.dates import PartialDate
from shared.study.faults import Finding, Path
from shared.study.forms import Item
from shared.study.structure import did_you_mean

Items = Mapping[str, Item | None]
"""Items by id; None for one that exists and cannot be read, of which nothing else is known."""

_KINDS = {
    "integer": "number",
    "decimal": "number",
    "date": "date",
    "partial_date": "date",
    "datetime": "datetime",
    "code": "text",
    "text": "text",
    "boolean": "boolean",
}


def predicate_findings(predicate: Predicate | None, path: Path, items: Items) -> Iterator[Finding]:
    """Faults of a predicate at `path` over `items`."""
    for leaf_path, leaf in _leaves(predicate, path):
        yield from _leaf_findings(leaf, leaf_path, items)


def unknown_item(item_id: str, path: Path, items: Items) -> Iterator[Finding]:
    """A finding if there is no such item."""
    if item_id not in items:
        hint = did_you_mean(item_id, set(items))
        yield Finding(path, f"unknown item {item_id}{hint}")


def comparable(one: Item, other: Item) -> bool:
    """Whether values of both can be the same fact: of one kind, and in one unit."""
    return (_KINDS[one.type], one.unit) == (_KINDS[other.type], other.unit)


def _leaves(predicate: Predicate | None, path: Path) -> Iterator[tuple[Path, Comparison]]:
    if isinstance(predicate, Comparison):
        yield path, predicate
    elif isinstance(predicate, Negation):
        yield from _leaves(predicate.part, (*path, "not"))
    elif isinstance(predicate, AllOf | AnyOf):
        key = "all" if isinstance(predicate, AllOf) else "any"
        for index, part in enumerate(predicate.parts):
            yield from _leaves(part, (*path, key, index))


def _leaf_findings(leaf: Comparison, path: Path, items: Items) -> Iterator[Finding]:
    yield from unknown_item(leaf.item, (*path, "item"), items)
    if leaf.value_from is not None:
        yield from unknown_item(leaf.value_from, (*path, "value_from"), items)
    item = items.get(leaf.item)
    if item is None or leaf.op in PRESENCE_OPERATORS:
        return
    kind = _KINDS[item.type]
    unfit = list(_operator_findings(leaf, path, kind))
    yield from unfit
    if unfit:
        return  # what stands on its right cannot be judged
    yield from _right_side_findings(leaf, path, kind, items)
    literals = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    for index, literal in enumerate(literals):
        place = (*path, "value", index) if isinstance(leaf.value, tuple) else (*path, "value")
        words = None if literal is None else _literal_fault(item, kind, literal)
        if words is not None:
            yield Finding(place, words)


def _operator_findings(leaf: Comparison, path: Path, kind: str) -> Iterator[Finding]:
    if leaf.op in ORDER_OPERATORS | {"meets"} and kind != "number":
        yield Finding((*path, "op"), f"{leaf.op} needs a number, {leaf.item} is none")
    if leaf.op in DATE_OPERATORS and kind not in ("date", "datetime"):
        yield Finding((*path, "op"), f"{leaf.op} needs a date, {leaf.item} is none")


def _right_side_findings(
    leaf: Comparison, path: Path, kind: str, items: Items
) -> Iterator[Finding]:
    other = items.get(leaf.value_from or "")
    if other is not None and _KINDS[other.type] != kind:
        yield Finding((*path, "value_from"), f"{leaf.item} and {other.id} do not compare")
    if leaf.times is not None and kind != "number":
        yield Finding((*path, "times"), "times needs numbers")
    if leaf.plus is not None and kind != "date":
        yield Finding((*path, "plus"), "plus needs dates")


def _literal_fault(item: Item, kind: str, literal: Scalar) -> str | None:
    if isinstance(literal, bool) != (kind == "boolean"):
        return f"{item.id} compares with {'true or false' if kind == 'boolean' else f'a {kind}'}"
    try:
        if kind == "number":
            parse_decimal(literal)
        elif kind == "date":
            PartialDate.parse(str(literal))
    except ValueError:
        return f"must be a {kind}, as {item.id} is"
    if kind == "text" and not isinstance(literal, str):
        return f"must be text, as {item.id} is"
    if item.type == "code" and literal not in item.code_values:
        return f"{literal} is not a code of {item.id}{did_you_mean(str(literal), item.code_values)}"
    return None
