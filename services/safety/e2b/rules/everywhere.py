"""Rules that hold for every element by what the dictionary says of it: ``ICH.<element>.<KIND>``."""

import re
from collections.abc import Iterator
from datetime import UTC

from services.safety.e2b.layout import field_name
from services.safety.e2b.rules.dictionary import Element, elements, mandatory
from services.safety.e2b.rules.issues import Context
from services.safety.e2b.rules.walk import Place
from services.safety.e2b.sections import is_empty
from services.safety.e2b.values import NullFlavor, Precision, Stamp

KINDS = ("REQUIRED", "LENGTH", "CODE", "FORMAT", "NULLFLAVOR", "PRECISION", "FUTURE", "TERM")
_SHAPES = {
    "number": re.compile(r"[0-9]+(\.[0-9]+)?\Z"),
    "country": re.compile(r"[A-Z]{2}\Z"),
    "language": re.compile(r"[a-z]{3}\Z"),
    "meddra_version": re.compile(r"[0-9]{1,2}\.[0-9]\Z"),
    "meddra_code": re.compile(r"[0-9]{8}\Z"),
}
_BY_FIELD = {field_name(name): element for name, element in elements().items()}
_OPTIONAL_PARTS = frozenset({"D.10"})


def faults(place: Place, context: Context) -> Iterator[tuple[Element, str]]:
    """Each element of a part that breaks a rule, with the kind of rule."""
    if not (place.section in _OPTIONAL_PARTS and is_empty(place.item)):
        for element in mandatory(place.section):
            if place.value(field_name(element.id)) is None:
                yield element, "REQUIRED"
    for field in place.fields():
        value = place.value(field)
        if value is not None and field in _BY_FIELD:
            element = _BY_FIELD[field]
            for kind in _of_value(element, value, context):
                yield element, kind


def _of_value(element: Element, value: object, context: Context) -> Iterator[str]:
    if isinstance(value, NullFlavor):
        if value not in element.nulls:
            yield "NULLFLAVOR"
    elif element.kind == "flag":
        yield from _flag(element, value)
    elif isinstance(value, Stamp):
        yield from _date(element, value, context)
    elif isinstance(value, str):
        yield from _text(element, value, context)


def _flag(element: Element, value: object) -> Iterator[str]:
    if not isinstance(value, bool) or (element.codes and value is False):
        yield "CODE"


def _date(element: Element, value: Stamp, context: Context) -> Iterator[str]:
    precision = value.precision
    if precision is None:
        yield "FORMAT"
        return
    wanted = element.precision or Precision.YEAR
    if precision < wanted or (wanted is Precision.SECOND and not value.has_zone):
        yield "PRECISION"
    earliest = value.earliest()
    if earliest is not None and earliest > context.now.astimezone(UTC):
        yield "FUTURE"


def _text(element: Element, value: str, context: Context) -> Iterator[str]:
    if element.max_length is not None and len(value) > element.max_length:
        yield "LENGTH"
        return
    if element.kind == "code" and value not in element.codes:
        yield "CODE"
    shape = _SHAPES.get(element.kind)
    if shape is not None and not shape.match(value):
        yield "FORMAT"
    elif element.kind == "meddra_code" and _unknown(value, context):
        yield "TERM"


def _unknown(code: str, context: Context) -> bool:
    return context.terminology is not None and context.terminology.fault(code) is not None
