"""Every part of a batch with its section and its place, for rules that hold everywhere."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.safety.e2b import model
from services.safety.e2b.layout import REPORT, Part
from services.safety.e2b.model import Batch, Message


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the report: the section it is of, where it stands, and what it holds."""

    section: str
    path: str
    item: Any

    def value(self, field: str) -> Any:
        """The value of a field; None where the part has no such field."""
        return getattr(self.item, field, None)

    def fields(self) -> Iterator[str]:
        """The fields that hold values, not other parts."""
        kind: type = type(self.item)
        for name in _names(kind):
            held = getattr(self.item, name)
            if not isinstance(held, tuple) and type(held) not in _PARTS:
                yield name


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind))


_PARTS = frozenset({model.Parent, model.Identification, model.Sender, model.Study,
                    model.Patient, model.Narrative, model.Icsr})  # fmt: skip
_PAIR = Part("G.k.9.i", model.DrugReaction, "g_k_9_i", many=True)
_OPINION = Part("G.k.9.i.2.r", model.Assessment, "g_k_9_i_2_r", many=True)


def batch_place(batch: Batch) -> Place:
    return Place("N.1", "N.1", batch)


def places(message: Message, at: str) -> Iterator[Place]:
    """The envelope of a message and every part of its report, in the order of writing."""
    yield Place("N.2.r", at, message)
    for part in REPORT:
        yield from _places(message.report, part, at)


def _places(owner: Any, part: Part, at: str) -> Iterator[Place]:
    held = getattr(owner, part.field)
    items = held if part.many else () if held is None else (held,)
    for number, item in enumerate(items, start=1):
        path = f"{at}/{part.section}" + (f"[{number}]" if part.many else "")
        yield Place(part.section, path, item)
        for child in _children(part):
            yield from _places(item, child, path)


def _children(part: Part) -> tuple[Part, ...]:
    if part.kind is model.Drug:
        return (*part.children, _PAIR)
    return (_OPINION,) if part is _PAIR else part.children
