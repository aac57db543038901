"""A measured test result (F.r.3.2, F.r.3.3): a number, or a bound on one. Imports lxml."""

from typing import Any

from lxml import etree

from services.safety.e2b.model import LabResult
from services.safety.e2b.paths import parse
from services.safety.e2b.tree import XSI_TYPE, find, make, tag

# Qualifier -> which end is known, whether it counts itself, and what the other end is.
_BOUNDS = {
    "<": ("high", False, "NINF"),
    "<=": ("high", True, "NINF"),
    ">": ("low", False, "PINF"),
    ">=": ("low", True, "PINF"),
}
_RANGES = (("f_r_4", "L"), ("f_r_5", "H"))


def write(element: etree._Element, result: LabResult) -> None:
    """The value of a test, and the unit on its limits of normal, which is the same."""
    if result.f_r_3_2 is not None or result.f_r_3_3 is not None:
        _value(element, result)
    if result.f_r_3_3 is not None:
        for _, end in _RANGES:
            limit = _limit(element, end)
            if limit is not None:
                limit.set("unit", result.f_r_3_3)


def read(element: etree._Element) -> dict[str, Any]:
    """Value, qualifier and unit by field."""
    value = next((one for one in element.iterchildren(tag("value")) if _is_measured(one)), None)
    if value is None:
        return {}
    center = value.find(tag("center"))
    if center is not None:
        return _told(center, None)
    for qualifier, (end, counts, _) in _BOUNDS.items():
        found = value.find(tag(end))
        if found is None or found.get("nullFlavor") is not None:
            continue
        if (found.get("inclusive", "true") == "true") == counts:
            return _told(found, qualifier)
    return {}


def _is_measured(value: etree._Element) -> bool:
    return bool(value.get(XSI_TYPE, "").rpartition(":")[2] == "IVL_PQ")


def _value(element: etree._Element, result: LabResult) -> None:
    value = make(element, "value")
    value.set(XSI_TYPE, "IVL_PQ")
    if result.f_r_3_2_qualifier not in _BOUNDS:
        _quantity(make(value, "center"), result)
        return
    known, counts, other = _BOUNDS[result.f_r_3_2_qualifier]
    for end in ("low", "high"):
        child = make(value, end)
        if end == known:
            _quantity(child, result)
            child.set("inclusive", "true" if counts else "false")
        else:
            child.set("nullFlavor", other)


def _quantity(element: Any, result: LabResult) -> None:
    if result.f_r_3_2 is not None:
        element.set("value", result.f_r_3_2)
    if result.f_r_3_3 is not None:
        element.set("unit", result.f_r_3_3)


def _told(element: Any, qualifier: str | None) -> dict[str, Any]:
    told = {
        "f_r_3_2": element.get("value"),
        "f_r_3_2_qualifier": qualifier,
        "f_r_3_3": element.get("unit"),
    }
    return {field: value for field, value in told.items() if value is not None}


def _limit(element: Any, end: str) -> Any:
    steps = parse(
        f"referenceRange[observationRange/interpretationCode^interpretation(code={end})]/observationRange/value<PQ>"
    ).steps
    return find(element, steps)
