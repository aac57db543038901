"""The catalogue of deliberate defects: each mandatory row of ICH and each rule of the FDA that
applies is broken alone, and caught by its own id and no other."""

import pytest

from services.safety.e2b.layout import field_name
from services.safety.e2b.rules import coverage
from services.safety.e2b.rules.conditions import Condition, conditions
from services.safety.e2b.rules.dictionary import elements, regional
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.tables import load
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.mutations import ids, with_value
from tests.services.safety.e2b.test_rules_across import ACROSS, FIRST_REPORT

_FDA, _ICH = Profile.FDA_IND, Profile.ICH
_WHOLE = everything()
_MANDATORY = [
    name
    for name, one in elements().items()
    if one.need in {"mandatory", "required"} and name not in regional()
]
# One value is owed by two rows: F.r.3.2 is also owed by the others of its result.
_WITH = {"F.r.3.1": {"ICH.F.r.3.2.CROSS"}}
# Two product ids exclude each other: the full report holds the other one.
_ALTERNATIVES = {"D.8.r.3a", "D.8.r.3b", "G.k.2.1.2a", "G.k.2.1.2b"}


def test_the_mandatory_rows_are_those_of_the_table() -> None:
    assert len(_MANDATORY) == 34


@pytest.mark.parametrize("name", _MANDATORY)
def test_a_mandatory_row_that_is_missing_is_caught_by_exactly_its_id(name: str) -> None:
    bad = with_value(reports.batch(_ICH), field_name(name), None)
    assert ids(bad) == {f"ICH.{name}.REQUIRED"}


@pytest.mark.parametrize(
    "row",
    [each for each in conditions() if each.element not in _ALTERNATIVES],
    ids=lambda row: f"{row.element}<-{row.when[0]}",
)
def test_what_is_owed_because_of_others_is_caught_by_exactly_its_id(row: Condition) -> None:
    bad = _WHOLE
    for owed in (row.element, *row.instead):
        bad = with_value(bad, field_name(owed), None)
    also = _WITH.get(row.element, set())
    assert ids(bad, _FDA) - ids(_WHOLE, _FDA) == {row.fda or row.id} | also
    if not row.fda_only:
        assert ids(bad) - ids(_WHOLE) == {row.id} | also


@pytest.mark.parametrize(("ours", "theirs"), list(load("fda_same")["same"].items()))
def test_what_ich_and_the_fda_both_refuse_has_the_id_of_whoever_receives_it(
    ours: str, theirs: str
) -> None:
    element, kind = ours.removeprefix("ICH.").rsplit(".", 1)
    bad = None if kind == "REQUIRED" else "z"
    assert ids(with_value(reports.batch(_FDA), field_name(element), bad), _FDA) == {theirs}


def test_each_rule_of_the_fda_that_applies_has_a_defect_in_the_catalogue() -> None:
    proved = set().union(*(expected for _, profile, _, expected in ACROSS if profile is _FDA))
    proved |= set().union(*(expected for _, expected in FIRST_REPORT))
    proved |= {row.fda for row in conditions() if row.fda}
    proved |= set(load("fda_same")["same"].values())
    assert coverage.fda_held() <= proved
