"""What rule packs read, the trial's forms collect: under the same names, of the same kind."""

from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, Literal, get_args, get_origin

import pytest

from services.assessments.domain.packs.facts import FORMS
from services.assessments.domain.packs.reading import field_types
from services.assessments.domain.packs.records import Record
from services.assessments.domain.packs.values import Censored
from shared.study.dates import PartialDate
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
COLLECTED = sorted(set(FORMS) - {"randomization"})  # the allocation is no form
TYPES: dict[Any, set[str]] = {
    PartialDate: {"date", "partial_date"},
    Censored: {"decimal"},
    bool: {"boolean"},
    int: {"integer"},
    str: {"text", "code"},
    datetime: {"datetime"},
}
OWN = {each.name for each in fields(Record)}


@pytest.mark.parametrize("form_id", COLLECTED)
def test_every_fact_of_a_pack_has_an_item_of_its_kind(form_id: str) -> None:
    form, kind = NCT.form(form_id), FORMS[form_id]
    wanted = field_types(kind)
    for entry in fields(kind):
        if entry.name in OWN:
            continue
        base = entry.name.removesuffix("_unit")
        if base != entry.name and entry.name not in {item.id for item in form.items}:
            # The unit that a value was reported in is kept beside the value.
            assert form.item(base).unit is not None, entry.name
            continue
        item, want = form.item(entry.name), wanted[entry.name]
        if get_origin(want) is Literal:
            assert item.type == "code"
            assert item.code_values <= set(get_args(want)), entry.name
        else:
            assert item.type in TYPES[want], entry.name
        # Of a visit that did not take place there is a record without a date.
        if entry.default is MISSING and form_id not in {"visit", "end_of_treatment"}:
            assert item.required, entry.name


def test_numbers_of_the_laboratory_say_what_they_measure_and_may_lie_beyond_a_limit() -> None:
    for form_id, names in {
        "blood_count": ("neutrophils", "platelets", "leukocytes", "haemoglobin"),
        "marrow": ("blasts",),
        "mrd": ("fraction", "sensitivity", "quantitative_range"),
        "eligibility": ("ast", "alt", "bilirubin", "creatinine_clearance"),
        "sos_observation": ("weight", "bilirubin", "platelets"),
        "pk_sample": ("concentration",),
    }.items():
        for name in names:
            item = NCT.form(form_id).item(name)
            assert item.analyte is not None
            assert item.censored


def test_the_form_of_eligibility_asks_what_the_rules_read_and_no_other_form_holds() -> None:
    held = {item.id for form in NCT.forms if not form.repeating for item in form.items}
    derived = {"age_years", "randomization_date"}
    assert {item.id for item in NCT.eligibility.items} - derived <= held
