"""Which member of an old union became which member of the new one?

``oneOf`` is taken for a union of disjoint members, which is what pydantic writes it for.
"""

from collections.abc import Callable
from typing import TypeAlias

from shared.contracts.schema_nodes import SchemaNode, canonical

Likeness: TypeAlias = Callable[[SchemaNode, SchemaNode], bool]
Pair: TypeAlias = tuple[SchemaNode | None, SchemaNode | None]


def match_members(
    olds: list[SchemaNode], news: list[SchemaNode], compatible: Likeness
) -> list[Pair]:
    """Pair compatible members first, then those of one definition, then those of one type.

    What is left over is paired with None. Two schemas that are no unions are always a pair.
    """
    if len(olds) == len(news) == 1:
        return [(olds[0], news[0])]
    pairs: list[Pair] = []
    olds, news = list(olds), list(news)
    for alike in (compatible, _same_definition, _same_type):
        for before in list(olds):
            after = next((one for one in news if alike(before, one)), None)
            if after is not None:
                pairs.append((before, after))
                olds.remove(before)
                news.remove(after)
    return [*pairs, *((one, None) for one in olds), *((None, one) for one in news)]


def _same_definition(before: SchemaNode, after: SchemaNode) -> bool:
    return before.pointer.startswith("/$defs/") and before.pointer == after.pointer


def _same_type(before: SchemaNode, after: SchemaNode) -> bool:
    return canonical(before.schema.get("type")) == canonical(after.schema.get("type"))
