"""Facts of one subject: read from JSON, every fault by its pointer."""

from typing import Any

import pytest

from services.assessments.domain.packs.facts import FORMS, SubjectFacts, facts_from_json
from services.assessments.domain.packs.reading import FactsRefused
from services.assessments.domain.packs.values import Censored

MARROW = {"record": "m1", "version": 3, "sample_date": "2024-02", "blasts": "<5"}


def test_facts_keep_what_was_reported_partial_dates_and_censored_numbers() -> None:
    facts = facts_from_json({"subject": "S-001", "marrow": [MARROW]})
    (marrow,) = facts.marrow
    assert (marrow.record, marrow.version, marrow.sample_date.precision) == ("m1", 3, "month")
    assert marrow.blasts == Censored.parse("<5")
    assert marrow.ref("blasts").item == "blasts"


def test_there_is_a_field_for_every_form() -> None:
    assert set(SubjectFacts.__dataclass_fields__) == {"subject", *FORMS}


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"blasts": 4.9}, "/marrow/0/blasts", "type_mismatch"),
        ({"blasts": True}, "/marrow/0/blasts", "type_mismatch"),
        ({"blasts": "NaN"}, "/marrow/0/blasts", "type_mismatch"),
        ({"blasts": "4,9"}, "/marrow/0/blasts", "type_mismatch"),
        ({"blasts": "٤"}, "/marrow/0/blasts", "type_mismatch"),
        ({"sample_date": "2024-02-30"}, "/marrow/0/sample_date", "date_invalid"),
        ({"sample_date": None}, "/marrow/0/sample_date", "required_missing"),
        ({"sample_date": 2024}, "/marrow/0/sample_date", "date_invalid"),
        ({"category": "M4"}, "/marrow/0/category", "not_in_codelist"),
        ({"evaluable": "yes"}, "/marrow/0/evaluable", "type_mismatch"),
        ({"version": "1"}, "/marrow/0/version", "type_mismatch"),
        ({"version": -1}, "/marrow/0/version", "out_of_range"),
        ({"blasts": "-0.1"}, "/marrow/0/blasts", "out_of_range"),
        ({"blasts": "<0"}, "/marrow/0/blasts", "out_of_range"),
        ({"record": None}, "/marrow/0/record", "required_missing"),
        ({"record": "\ud800"}, "/marrow/0/record", "type_mismatch"),
        ({"blast/s": 1}, "/marrow/0/blast~1s", "unknown_item"),
    ],
)
def test_a_fault_of_an_item_is_told_by_its_pointer(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    with pytest.raises(FactsRefused) as refused:
        facts_from_json({"subject": "S-001", "marrow": [{**MARROW, **changes}]})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


@pytest.mark.parametrize(
    ("raw", "pointer", "code"),
    [
        ([], "", "type_mismatch"),
        ({}, "/subject", "required_missing"),
        ({"subject": "\ud800"}, "/subject", "required_missing"),
        ({"subject": "S", "marow": []}, "/marow", "unknown_form"),
        ({"subject": "S", "marrow": {}}, "/marrow", "type_mismatch"),
        ({"subject": "S", "marrow": ["m1"]}, "/marrow/0", "type_mismatch"),
        ({"subject": "S", "marrow": [MARROW, MARROW]}, "/marrow/1/record", "duplicate_target"),
    ],
)
def test_a_fault_of_the_whole_is_told_by_its_pointer(raw: object, pointer: str, code: str) -> None:
    with pytest.raises(FactsRefused) as refused:
        facts_from_json(raw)
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


def test_all_faults_are_told_at_once() -> None:
    wrong = {**MARROW, "blasts": 4.9, "sample_date": "soon"}
    with pytest.raises(FactsRefused) as refused:
        facts_from_json({"marrow": [wrong]})
    assert len(refused.value.faults) == 3


@pytest.mark.parametrize(
    ("text", "exact"),
    [("4.9", "4.9"), ("<5", None), (">= 90", None), ("0", "0"), ("-1.50", "-1.50")],
)
def test_a_number_keeps_every_digit(text: str, exact: str | None) -> None:
    number = Censored.parse(text)
    assert number.text == text
    assert (None if number.exact is None else str(number.exact)) == exact
