"""The shipped edit checks ask about what does not fit, and leave open what is not known."""

from typing import Any

import pytest

from shared.study import StudyDefinition
from shared.study.edit_checks import EditCheck, context_items
from shared.study.loading import load_definition, shipped_definitions, validate_text
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value, parse_value

PATH = shipped_definitions()["NCT05748171"]
NCT = load_definition(PATH)
TEXT = PATH.read_text("utf-8")
CONTEXT = context_items(anchor.id for anchor in NCT.anchors)
TRUE, FALSE, OPEN = Truth.TRUE, Truth.FALSE, Truth.UNDETERMINED


def check_of(definition: StudyDefinition, form: str, check_id: str) -> EditCheck:
    (found,) = (each for each in definition.checks_of(form) if each.id == check_id)
    return found


def truth(form: str, check_id: str, raw: dict[str, Any]) -> Truth:
    items = {**CONTEXT, **{item.id: item for item in NCT.form(form).items}}
    values: dict[str, Value | None] = {
        name: parse_value(items[name], value) for name, value in raw.items()
    }
    rule = check_of(NCT, form, check_id).holds
    assert rule is not None
    return evaluate(rule, values, NCT.thresholds_by_id())


@pytest.mark.parametrize(
    ("form", "check_id", "raw", "expected"),
    [
        # Guide 2.11: logical conflicts are queries; birth is known to the month.
        ("visit", "DATE-01", {"visit_date": "2015-05-31", "birth_year_month": "2015-06"}, FALSE),
        ("visit", "DATE-01", {"visit_date": "2015-06-01", "birth_year_month": "2015-06"}, OPEN),
        ("visit", "DATE-01", {"visit_date": "2015-07-01", "birth_year_month": "2015-06"}, TRUE),
        ("dosing", "DATE-02", {"dose_date": "2024-01-25", "consented_on": "2024-01-26"}, FALSE),
        ("dosing", "DATE-02", {"dose_date": "2024-01-26", "consented_on": "2024-01-26"}, TRUE),
        ("visit", "DATE-05", {"visit_date": "2024-03-02", "anchor_death": "2024-03-01"}, FALSE),
        ("visit", "DATE-05", {"visit_date": "2024-03-01", "anchor_death": "2024-03-01"}, TRUE),
        ("visit", "DATE-05", {"visit_date": "2024-03-01"}, OPEN),
        ("hsct", "DATE-06", {"transplant_date": "2024-03-02", "recorded_on": "2024-03-01"}, FALSE),
        ("adverse_event", "DATE-07", {"start_date": "2024-03", "end_date": "2024-02"}, FALSE),
        ("adverse_event", "DATE-07", {"start_date": "2024-03", "end_date": "2024-03-10"}, OPEN),
        ("adverse_event", "DATE-07", {"start_date": "2024-03-10", "end_date": "2024-04"}, TRUE),
        ("relapse_progression", "REL-01",
         {"event": "RELAPSE", "event_date": "2024-02-01", "anchor_first_response": "2024-02-25"},
         FALSE),
        ("relapse_progression", "REL-01",
         {"event": "PROGRESSION", "event_date": "2024-02-01",
          "anchor_first_response": "2024-02-25"}, TRUE),
        ("relapse_progression", "REL-02", {"event": "RELAPSE"}, FALSE),
        ("relapse_progression", "REL-03",
         {"site": "COMBINED", "marrow_involved": True}, FALSE),
        ("relapse_progression", "REL-03",
         {"site": "COMBINED", "marrow_involved": True, "cns_involved": True}, TRUE),
        # Guide 2.11: 3 kg at 12 years.
        ("dosing", "WT-01", {"weight": "3", "age_years": 12}, FALSE),
        ("dosing", "WT-01", {"weight": "38.5", "age_years": 12}, TRUE),
        ("dosing", "WT-01", {"weight": "9.2", "age_years": 1}, TRUE),
        ("dosing", "WT-01", {"weight": "92", "age_years": 1}, FALSE),
        ("dosing", "WT-01", {"weight": "3"}, OPEN),
        ("marrow", "MARROW-01", {"evaluable": True}, FALSE),
        ("marrow", "MARROW-01", {"evaluable": True, "category": "M1"}, TRUE),
        ("marrow", "MARROW-01", {"evaluable": False}, TRUE),
        ("marrow", "MARROW-03", {"category": "M1", "blasts": "<5"}, TRUE),
        ("marrow", "MARROW-03", {"category": "M3", "blasts": "25"}, FALSE),
        ("mrd", "MRD-01", {"kind": "QUANT"}, FALSE),
        ("mrd", "MRD-01", {"kind": "QUANT", "fraction": "0.00005"}, TRUE),
        ("mrd", "MRD-02", {"kind": "NEG"}, FALSE),
        ("mrd", "MRD-07", {"assay_valid": True, "marker_available": False}, FALSE),
        ("mrd", "MRD-07", {"assay_valid": True, "marker_available": True}, OPEN),
        ("adverse_event", "AE-04", {"serious": True}, FALSE),
        ("adverse_event", "AE-04", {"serious": True, "death": False}, FALSE),
        ("adverse_event", "AE-04", {"serious": True, "hospitalisation": True}, TRUE),
        ("adverse_event", "AE-05", {"serious": False, "hospitalisation": True}, FALSE),
        ("adverse_event", "AE-05", {"serious": False}, OPEN),
        ("adverse_event", "AE-06", {"outcome": "FATAL", "grade": 4}, FALSE),
        ("adverse_event", "AE-06", {"outcome": "FATAL", "grade": 5}, TRUE),
        ("adverse_event", "AE-11", {"serious": False, "grade": 5}, FALSE),
        ("adverse_event", "AE-11", {"serious": False, "outcome": "FATAL"}, FALSE),
        ("adverse_event", "AE-11", {"serious": True, "grade": 5}, TRUE),
        ("adverse_event", "AE-11", {"serious": False, "grade": 4, "outcome": "RECOVERED"}, TRUE),
        ("pk_sample", "PK-01", {"below_quantification": True}, FALSE),
        ("pk_sample", "PK-03", {"below_quantification": True, "concentration": "<1",
                                "quantification_limit": "1"}, TRUE),
        ("pk_sample", "PK-03", {"below_quantification": True, "concentration": "5",
                                "quantification_limit": "1"}, FALSE),
        ("pk_sample", "PK-04", {"concentration": "0"}, FALSE),
        # 0.8 mg/m2 at 1.2 m2 are 0.96 mg; 5 % either way.
        ("dosing", "DOSE-05", {"given": True, "product": "INO", "visit": "C1D1",
                               "amount": "0.96", "amount_unit": "mg",
                               "body_surface_area": "1.2"}, TRUE),
        ("dosing", "DOSE-05", {"given": True, "product": "INO", "visit": "C1D1",
                               "amount": "1.01", "amount_unit": "mg",
                               "body_surface_area": "1.2"}, FALSE),
        ("dosing", "DOSE-05", {"given": True, "product": "INO", "visit": "C1D1",
                               "amount": "0.96", "amount_unit": "mg"}, OPEN),
        ("dosing", "DOSE-06", {"given": True, "product": "INO", "visit": "C1D8",
                               "amount": "0.5", "amount_unit": "mg/m2"}, TRUE),
        ("dosing", "DOSE-06", {"given": True, "product": "VCR", "visit": "C1D8",
                               "amount": "1.5", "amount_unit": "mg/m2"}, TRUE),
        # Day 28 +/- 2 of day 1 2024-01-29 are 02-23 to 02-27.
        ("end_of_treatment", "EOT-01",
         {"recovery_date": "2024-02-22", "anchor_day1": "2024-01-29"}, FALSE),
        ("end_of_treatment", "EOT-01",
         {"recovery_date": "2024-02-23", "anchor_day1": "2024-01-29"}, TRUE),
        ("end_of_treatment", "EOT-01",
         {"recovery_date": "2024-02-28", "anchor_day1": "2024-01-29"}, FALSE),
        ("new_anticancer_therapy", "THER-01",
         {"therapy_class": "CONSOLIDATION", "start_date": "2024-02-18",
          "anchor_last_dose": "2024-02-12"}, FALSE),
        ("new_anticancer_therapy", "THER-01",
         {"therapy_class": "CONSOLIDATION", "start_date": "2024-02-19",
          "anchor_last_dose": "2024-02-12"}, TRUE),
        ("blood_count", "LAB-02", {"haemoglobin": "8.2"}, FALSE),
    ],
)  # fmt: skip
def test_a_check_holds_fails_or_stays_open(
    form: str, check_id: str, raw: dict[str, Any], expected: Truth
) -> None:
    assert truth(form, check_id, raw) is expected


def test_a_check_of_several_forms_speaks_of_the_date_item_of_each() -> None:
    marrow, dose = (check_of(NCT, form, "DATE-01") for form in ("marrow", "dosing"))
    assert (marrow.forms, marrow.on, marrow.names[0]) == (
        ("marrow",), "sample_date", "sample_date",
    )  # fmt: skip
    assert (dose.on, dose.names) == ("dose_date", ("dose_date", "birth_year_month"))


def test_every_form_that_has_a_date_is_asked_whether_it_lies_in_the_future() -> None:
    dated = {form.id for form in NCT.forms if form.date_item is not None}
    asked = {form for check in NCT.checks if check.id == "DATE-06" for form in check.forms}
    assert asked == dated


def test_no_shipped_check_refuses_what_a_site_saw() -> None:
    assert {check.severity for check in NCT.checks} == {"query", "flag"}


DOSE = "  - id: DOSE-01\n    version: 1\n    forms: [dosing]\n"


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("forms: [visit]\n    severity", "forms: [vizit]\n    severity", "forms[0]",
         "vizit is not one of the forms; did you mean visit?"),
        ("on: conditioning", "on: conditoning", "on",
         "unknown item conditoning; did you mean conditioning?"),
        ("{item: serious, op: eq, value: true}\n        - not:",
         "{item: serius, op: eq, value: true}\n        - not:", "holds.any[0].item",
         "unknown item serius; did you mean serious?"),
        ("value_from: anchor_first_response}", "value_from: anchor_response}",
         "holds.any[1].value_from",
         "unknown item anchor_response; did you mean anchor_first_response?"),
        ("{item: neutrophils, op: le, value_from: leukocytes}",
         "{item: neutrophils, op: le, value_from: sample_date}", "holds.value_from",
         "neutrophils and sample_date do not compare"),
        ("{term: term, grade: grade}", "{term: specify, grade: grade}", "dictionary.term",
         "specify names no dictionary"),
        ("{term: term, grade: grade}", "{term: term, grade: outcome}", "dictionary.grade",
         "a grade is a whole number, outcome is none"),
        ("The dose is called given and has no amount.", "How much Vincristine was given?",
         "message", "names Vincristine: a query is read by those who may not know the arm"),
        ("The dose is called given and has no amount.", "INO: no amount.",
         "message", "names INO: a query is read by those who may not know the arm"),
        ("forms: [demographics]\n    severity: query\n    on: birth_month\n",
         "forms: [demographics]\n    severity: query\n", "forms[0]",
         "the form demographics has no item that dates it"),
        (DOSE, DOSE.replace("[dosing]", "[dosing, dosing]"), "forms[1].form",
         "dosing is used twice"),
        ("  - id: WT-02\n", "  - id: WT-01\n", "id", "WT-01 is used twice"),
        ("    dictionary: {term: term}\n", "", "", "needs exactly one of holds and dictionary"),
    ],
)  # fmt: skip
def test_a_check_that_cannot_be_asked_is_explained(
    old: str, new: str, path: str, words: str
) -> None:
    assert TEXT.count(old) == 1, TEXT.count(old)
    (fault,) = validate_text(TEXT.replace(old, new))
    assert fault.message == words
    assert fault.path.startswith("checks[")
    assert fault.path.partition("]")[2].removeprefix(".") == path
