"""What may be sent of a case beside its events: known, or missing for a reason."""

from typing import Any

import pytest

from services.safety.drug_content_schemas import ConcomitantReport
from services.safety.files.reading import fit
from shared.http.problems import InvalidContent


def faults(drug: dict[str, Any]) -> list[tuple[str, str]]:
    try:
        fit(ConcomitantReport, {"name": "A"} | drug)
    except InvalidContent as refused:
        return [(each.pointer, each.code) for each in refused.errors]
    return []


@pytest.mark.parametrize(
    "day",
    [None, "2026", "2026-02", "2028-02-29", *({"missing": why} for why in ("MSK", "ASKU", "NASK"))],
)
def test_a_date_is_known_as_far_as_it_is_or_missing_for_a_reason(day: Any) -> None:
    assert faults({"started": day}) == []


@pytest.mark.parametrize(
    ("day", "pointer", "code"),
    [
        ("May", "/started", "value-error"),
        ("2026-13", "/started", "value-error"),
        ("2027-02-29", "/started", "value-error"),
        ("1899", "/started", "value-error"),
        ("2200", "/started", "value-error"),
        (2026, "/started", "value-error"),
        ({"missing": "UNK"}, "/started/missing", "literal-error"),
        ({}, "/started/missing", "missing"),
        ({"missing": "ASKU", "day": "2026"}, "/started/day", "extra-forbidden"),
    ],
)
def test_any_other_date_is_one_fault_at_its_place(day: Any, pointer: str, code: str) -> None:
    assert faults({"started": day}) == [(pointer, code)]


def test_a_text_is_known_or_missing_for_a_reason_of_its_own() -> None:
    assert faults({"route": "By mouth", "indication": {"missing": "UNK"}}) == []
    assert faults({"route": {"missing": "MSK"}}) == [("/route/missing", "literal-error")]
    assert faults({"route": "x" * 61}) == [("/route", "string-too-long")]
