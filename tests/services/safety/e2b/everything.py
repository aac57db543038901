"""A report in which every element of the tables stands, made from the dictionary."""

import dataclasses
from typing import Any

from services.safety.e2b.layout import REPORT, Part, field_name
from services.safety.e2b.model import Assessment, Batch, Drug, DrugReaction, Icsr, LabResult
from services.safety.e2b.rules.dictionary import Element, elements
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b import reports

_BY_FIELD = {field_name(name): element for name, element in elements().items()}
_SHAPED = {
    "number": "5",
    "country": "CZ",
    "language": "cze",
    "meddra_version": "28.1",
    "meddra_code": "90000001",
    "content": "QUJD",
}
_DOCUMENT = {
    "media_type": "application/pdf",
    "representation": "B64",
    "file_name": "scan.pdf",
}
_CODES = {
    "g_k_4_r_9_2b": "PDF-11008000", "g_k_4_r_10_2b": "ROA-20001000",
    "d_5": "2", "d_10_6": "2",
}  # fmt: skip
# Alternatives: the schema or the other element leaves no room for both.
_LEFT_OUT = frozenset(
    {
        "g_k_2_1_2a", "g_k_2_1_2b", "d_8_r_3a", "d_8_r_3b", "d_10_8_r_3a", "d_10_8_r_3b",
        "compression",
    }
)  # fmt: skip


def everything() -> Batch:
    """A batch of one report."""
    fields = {part.field: _filled(part) for part in REPORT}
    told = Icsr(**fields)
    entity = told.e_i[0].entity
    drug = dataclasses.replace(told.g_k[0], g_k_9_i=(_pair(entity),))
    told = dataclasses.replace(told, g_k=(drug,))
    return reports.batch(told=told)


def _filled(part: Part) -> Any:
    values = {}
    for each in dataclasses.fields(part.kind):
        if each.name in _LEFT_OUT:
            continue
        value = _value(part, each.name)
        if value is not None:
            values[each.name] = value
    for child in part.children:
        values[child.field] = _filled(child)
    item = part.kind(**values)
    return (item,) if part.many else item


def _value(part: Part, field: str) -> Any:
    if field == "entity":
        return reports.SUSPECT if part.kind is Drug else reports.EVENT
    if field in _DOCUMENT or field in _CODES:
        return (_DOCUMENT | _CODES)[field]
    if part.kind is LabResult and field == "f_r_3_2_qualifier":
        return "<="
    if field in {"f_r_4", "f_r_5"}:  # free text in the table, a number in the schema
        return {"f_r_4": "5", "f_r_5": "40"}[field]
    if field == "c_1_1":
        return reports.CASE
    element = _BY_FIELD.get(field)
    return None if element is None else plausible(element)


def plausible(element: Element) -> Any:
    """A value that the dictionary allows."""
    if element.kind == "flag":
        return True
    if element.kind == "date":
        return reports.CREATED if element.precision and element.precision > 3 else Stamp("20260331")
    if element.kind == "code":
        return min(element.codes)
    return _SHAPED.get(element.kind, "Text")


def _pair(entity: str | None) -> DrugReaction:
    return DrugReaction(
        g_k_9_i_1=entity,
        g_k_9_i_3_1a="3",
        g_k_9_i_3_1b="d",
        g_k_9_i_3_2a="1",
        g_k_9_i_3_2b="d",
        g_k_9_i_4="1",
        g_k_9_i_2_r=(
            Assessment("Sponsor", "FDA", "Suspected"),
            Assessment("Investigator", None, None, "1", "2"),
        ),
    )
