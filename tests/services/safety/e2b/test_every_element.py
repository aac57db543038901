"""Each kind of rule of each element of the dictionary, and each condition, caught by its own id."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.safety.e2b.layout import field_name
from services.safety.e2b.rules.conditions import Condition, conditions
from services.safety.e2b.rules.coverage import kinds_of
from services.safety.e2b.rules.dictionary import Element, elements, regional
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.mutations import ids, with_value

_WHOLE = everything()
_BEFORE = ids(_WHOLE)
_BAD: dict[str, Any] = {
    "CODE": "z",
    "FORMAT": "?",
    "REQUIRED": None,
    "PRECISION": Stamp("2026"),
    "FUTURE": Stamp("20991231235959+0000"),
}
# What follows from another value by a second rule is no false alarm: two ids say it twice.
_FOLLOWS = {
    "C.1.1": {"ICH.N.2.r.1.CROSS", "ICH.C.1.1.FORMAT"},
    "N.2.r.1": {"ICH.N.2.r.1.CROSS"},
    "C.1.2": {"ICH.N.2.r.4.CROSS", "INDUCT.C.1.2.CROSS"},
    "N.2.r.4": {"ICH.N.2.r.4.CROSS"},
    "C.1.4": {"INDUCT.C.1.2.CROSS", "INDUCT.C.1.5.CROSS"},
    "C.1.5": {"INDUCT.C.1.2.CROSS", "INDUCT.C.1.5.CROSS"},
    "C.1.6.1": {"ICH.C.1.6.1.r.1.CROSS"},
    "E.i.4": {"INDUCT.C.1.2.CROSS", "INDUCT.E.i.5.CROSS"},
    "E.i.5": {"INDUCT.E.i.5.CROSS"},
    "E.i.3.2a": {"INDUCT.E.i.7.CROSS", "INDUCT.D.9.1.CROSS"},
    "E.i.7": {"INDUCT.E.i.7.CROSS"},
    "G.k.1": {"ICH.G.k.1.CROSS"},
    "D.7.1.r.2": {"INDUCT.D.7.1.r.4.CROSS"},
    "F.r.4": {"INDUCT.F.r.5.CROSS"},
    "G.k.4.r.4": {"INDUCT.G.k.4.r.5.CROSS"},
    "G.k.9.i.1": {"ICH.G.k.9.i.1.CROSS"},
    "D.9.1": {"INDUCT.D.9.1.CROSS"},
    "D.8.r.4": {"INDUCT.D.8.r.5.CROSS"},
    "E.i.6a": {"INDUCT.E.i.6a.CROSS"},
    "G.k.4.r.9.2b": {"INDUCT.G.k.4.r.9.2b.FORMAT"},
    "G.k.4.r.10.2b": {"INDUCT.G.k.4.r.10.2b.FORMAT"},
    "D.2.2.1a": {"INDUCT.D.2.2.1a.RANGE"},
    "D.10.7.1.r.2": {"INDUCT.D.10.7.1.r.4.CROSS"},
    "D.10.8.r.4": {"INDUCT.D.10.8.r.5.CROSS"},
    "G.k.6a": {"INDUCT.G.k.6a.RANGE"},
    "G.k.9.i.3.2a": {"INDUCT.G.k.9.i.3.2a.CROSS"},
}


def _id(element: Element, kind: str) -> str:
    if element.id not in regional():
        return f"ICH.{element.id}.{kind}"
    return f"{element.id}.{kind}"


def _cases() -> Iterator[Any]:
    for element in elements().values():
        for kind in kinds_of(element):
            if kind != "TERM" and _id(element, kind) not in _BEFORE and _stands(element):
                yield pytest.param(element, kind, id=_id(element, kind))


def _stands(element: Element) -> bool:
    """Product ids are alternatives: one of the two is not in the full report."""
    return element.id not in {
        "G.k.2.1.2a", "G.k.2.1.2b", "D.8.r.3a", "D.8.r.3b", "D.10.8.r.3a", "D.10.8.r.3b",
    }  # fmt: skip


def _bad(element: Element, kind: str) -> Any:
    if kind == "LENGTH":
        return "9" * ((element.max_length or 0) + 1)
    if kind == "NULLFLAVOR":
        return next(one for one in NullFlavor if one not in element.nulls)
    if kind == "FORMAT" and element.kind == "date":
        return Stamp("20269931")
    if kind == "CODE" and element.kind == "flag" and element.codes:
        return False
    return _BAD[kind]


@pytest.mark.parametrize(("element", "kind"), list(_cases()))
def test_a_fault_of_one_value_is_caught_by_the_rule_of_its_element_and_kind(
    element: Element, kind: str
) -> None:
    bad = with_value(_WHOLE, field_name(element.id), _bad(element, kind))
    found = ids(bad) - _BEFORE
    assert _id(element, kind) in found
    others = found - {_id(element, kind)} - _FOLLOWS.get(element.id, set())
    # A value that is gone may be owed by another, and a text of wrong length is also no code.
    allowed = {f"ICH.{row.element}.CROSS" for row in conditions()} if kind == "REQUIRED" else set()
    assert others <= allowed | {"ICH.MEDDRA.UNIQUE"}, others


@pytest.mark.parametrize("row", conditions(), ids=lambda row: f"{row.element}<-{row.when[0]}")
def test_what_is_owed_because_of_another_element_is_asked_for_by_its_own_id(
    row: Condition,
) -> None:
    bad = _WHOLE
    for owed in (row.element, *row.instead):
        bad = with_value(bad, field_name(owed), None)
    for cause in row.when:
        if cause != "*":
            bad = with_value(bad, field_name(cause), _some(cause))
    shown = row.fda or row.id
    assert shown in ids(bad, Profile.FDA_IND) - ids(_WHOLE, Profile.FDA_IND)
    assert (row.id in ids(bad)) is not row.fda_only


def _some(element: str) -> Any:
    return reports.CREATED if elements()[element].kind == "date" else "1"


def test_a_report_without_fault_has_no_issue() -> None:
    for profile in Profile:
        assert ids(reports.batch(profile), profile) == set()


def test_the_full_report_breaks_only_what_cannot_all_be_said_at_once() -> None:
    assert {
        "ICH.D.10.2.UNIQUE",
        "INDUCT.D.7.1.r.3.CROSS",
        "INDUCT.D.10.7.1.r.3.CROSS",
        "INDUCT.G.k.2.5.CROSS",
    } == _BEFORE
