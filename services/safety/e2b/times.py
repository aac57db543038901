"""HL7 times of an act: start, end, duration and interval, alone or put together. Imports lxml."""

from typing import Any

from lxml import etree

from services.safety.e2b.tree import XSI_TYPE, make, tag

# part -> attribute -> text; a nullFlavor is an attribute like another.
Parts = dict[str, dict[str, str]]


def write(owner: etree._Element, parts: Parts) -> None:
    """One ``effectiveTime``: a period, a span, a duration, or an expression of several."""
    if not parts:
        return
    pieces = _pieces(parts)
    if len(pieces) == 1:
        _piece(make(owner, "effectiveTime"), pieces[0])
        return
    whole = make(owner, "effectiveTime")
    whole.set(XSI_TYPE, "SXPR_TS")
    for place, piece in enumerate(pieces):
        component = etree.SubElement(whole, tag("comp"))
        _piece(component, piece)
        if place:  # what follows bounds what stands before: intersection
            component.set("operator", "A")


def read(owner: etree._Element) -> Parts:
    """The parts of an act's time, in whichever way they were put together."""
    parts: Parts = {}
    whole = owner.find(tag("effectiveTime"))
    if whole is None:
        return parts
    for name in ("low", "high", "width", "period"):
        found = next(whole.iter(tag(name)), None)
        if found is not None:
            parts[name] = {str(key): str(value) for key, value in found.attrib.items()}
    return parts


def _pieces(parts: Parts) -> list[Parts]:
    """In the schema an interval has two of start, end and duration; a period stands by itself."""
    groups = (["period"], ["low", "high"], ["width"])
    pieces = [{name: parts[name] for name in group if name in parts} for group in groups]
    return [piece for piece in pieces if piece]


def _piece(element: Any, piece: Parts) -> None:
    element.set(XSI_TYPE, "PIVL_TS" if "period" in piece else "IVL_TS")
    for name, attributes in piece.items():
        child = etree.SubElement(element, tag(name))
        for key, value in attributes.items():
            child.set(key, value)
