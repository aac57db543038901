"""Finding and making elements of an HL7 v3 message by the steps of a path. Imports lxml."""

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import Any

from lxml import etree

from services.safety.e2b.paths import Coded, Step
from services.safety.e2b.tables import load

HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XSI_TYPE = f"{{{XSI}}}type"
# Only these are told apart by their code system or root; elsewhere there is one of a name.
_TOLD_APART = frozenset({"code", "id"})
# A test may have a text beside a number, both named value.
_TEXTS = frozenset({"ED", "ST"})


@cache
def tag(name: str) -> str:
    return f"{{{HL7}}}{name}"


def make(parent: etree._Element, name: str) -> etree._Element:
    """A new child with the structural attributes that HL7 fixes for it."""
    child = etree.SubElement(parent, tag(name))
    for key, value in _structural(_local(parent), name).items():
        child.set(key, value)
    return child


def find(node: etree._Element, steps: tuple[Step, ...]) -> etree._Element | None:
    """The first element at the end of the steps."""
    if not steps:
        return node
    for child in _candidates(node, steps[0]):
        found = find(child, steps[1:])
        if found is not None:
            return found
    return None


def every(node: etree._Element, steps: tuple[Step, ...]) -> Iterator[etree._Element]:
    """All elements at the end of the steps, in document order."""
    if not steps:
        yield node
        return
    for child in _candidates(node, steps[0]):
        yield from every(child, steps[1:])


def obtain(node: etree._Element, steps: tuple[Step, ...]) -> etree._Element:
    """The element at the end of the steps; what is missing on the way is made.

    A relationship holds one thing only, so one that is taken is never gone into for another.
    """
    reached: list[etree._Element] = []
    _reach(node, steps, reached)
    for length in range(len(reached), 0, -1):
        if length < len(steps) and is_relationship(steps[length - 1].name):
            continue
        return extend(reached[length - 1], steps[length:])
    return extend(node, steps)


def _reach(
    node: etree._Element, steps: tuple[Step, ...], reached: list[etree._Element], depth: int = 0
) -> bool:
    """Go down the steps as far as they lead. ``reached`` gets the first element at each depth."""
    if depth == len(steps):
        return True
    for child in _candidates(node, steps[depth]):
        if len(reached) == depth:
            reached.append(child)
        if _reach(child, steps, reached, depth + 1):
            reached[depth] = child
            return True
    return False


def extend(node: etree._Element, steps: tuple[Step, ...]) -> etree._Element:
    """New elements for all steps, below the node; what a step itself needs counts as made."""
    if not steps:
        return node
    child, rest = _new(node, steps[0]), steps[1:]
    return obtain(child, rest) if steps[0].needs else extend(child, rest)


@cache
def is_relationship(name: str) -> bool:
    """Whether an element only relates its parent to its one child."""
    shape: dict[str, str] = load("shape")["attributes"].get(name, {})
    return "typeCode" in shape


def order(root: etree._Element) -> None:
    """Sort the children of every element into the order of the schema; equal names stay put."""
    sequences = _sequences()
    for element in list(root.iter()):  # moving children while walking them would lose some
        sequence = sequences.get(_local(element)) if len(element) > 1 else None
        if sequence is not None:
            element[:] = sorted(element, key=lambda child: sequence[_local(child)])


def text_of(element: etree._Element) -> str | None:
    """The text of an element apart from its children's; None where it has none."""
    pieces = [element.text or "", *(child.tail or "" for child in element)]
    return "".join(pieces).strip() or None


def _local(element: etree._Element) -> str:
    # Comments and the like, whose tags are no names, do not come through ``wire.read``.
    return str(element.tag).rpartition("}")[2]


@cache
def _sequences() -> dict[str, dict[str, int]]:
    table: dict[str, str] = load("shape")["order"]
    return {
        name: {child: place for place, child in enumerate(children.split())}
        for name, children in table.items()
    }


@cache
def _structural(parent: str, name: str) -> dict[str, str]:
    table: dict[str, Any] = load("shape")["attributes"]
    return dict(table.get(f"{parent}/{name}", table.get(name, {})))


def _candidates(node: etree._Element, step: Step) -> Iterator[etree._Element]:
    fitting = (child for child in node.iterchildren(tag(step.name)) if _matches(child, step))
    return fitting if step.index is None else islice(fitting, step.index - 1, step.index)


def _matches(element: etree._Element, step: Step) -> bool:
    return (
        (step.type_code is None or element.get("typeCode") == step.type_code)
        and (step.fixed is None or element.get(step.fixed[0]) == step.fixed[1])
        and (step.prefix is None or (element.get("value") or "").startswith(step.prefix))
        and (step.coded is None or _is_coded(element, step.coded))
        and (step.xsi_type is None or _is_as_textual(element, step.xsi_type))
        and (step.system is None or _is_of(element, step))
        and all(find(element, needed) is not None for needed in step.needs)
    )


def _is_coded(element: etree._Element, coded: Coded) -> bool:
    code = element.find(tag("code"))
    if code is None:
        return False
    if coded.null is not None:
        return bool(code.get("nullFlavor") == coded.null)
    return bool(code.get("code") == coded.code and code.get("codeSystem") == coded.system)


def _is_as_textual(element: etree._Element, wanted: str) -> bool:
    own = element.get(XSI_TYPE)
    return own is None or (own.rpartition(":")[2] in _TEXTS) == (wanted in _TEXTS)


def _is_of(element: etree._Element, step: Step) -> bool:
    if step.name not in _TOLD_APART or step.xsi_type is not None:
        return True
    own = element.get("root" if step.name == "id" else "codeSystem")
    return own == step.system or (own is None and element.get("nullFlavor") is not None)


def _new(parent: etree._Element, step: Step) -> etree._Element:
    if step.index is not None:  # the first given name stands empty where only a second is known
        for _ in range(step.index - 1 - len(parent.findall(tag(step.name)))):
            make(parent, step.name)
    child = make(parent, step.name)
    if step.type_code is not None:
        child.set("typeCode", step.type_code)
    if step.xsi_type is not None:
        child.set(XSI_TYPE, step.xsi_type)
    if step.fixed is not None:
        child.set(*step.fixed)
    if step.coded is not None:
        _code(child, step.coded)
    if step.system is not None:
        child.set("root" if step.name == "id" else "codeSystem", step.system)
    if step.prefix is not None:
        child.set("value", step.prefix)
    for needed in step.needs:
        obtain(child, needed)
    return child


def _code(parent: etree._Element, coded: Coded) -> None:
    code = make(parent, "code")
    if coded.null is not None:
        code.set("nullFlavor", coded.null)
        return
    code.set("code", coded.code)
    code.set("codeSystem", coded.system)
