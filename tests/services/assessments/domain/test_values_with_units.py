"""Values with units, censored values, and values that are missing for a reason."""

from decimal import Decimal

import pytest

from services.assessments.domain.items import read_items, shown, typed
from services.assessments.domain.kept import Kept
from shared.rules.censored import Censored
from shared.study.forms import Item

ITEMS = {
    "hb": Item(id="hb", label="Haemoglobin", type="decimal", unit="g/L", analyte="haemoglobin",
               censored=True, minimum=Decimal(0), maximum=Decimal(300)),
    "bilirubin": Item(id="bilirubin", label="Bilirubin", type="decimal", unit="umol/L",
                      analyte="bilirubin"),
    "blasts": Item(id="blasts", label="Blasts", type="decimal", unit="%"),
    "site": Item(id="site", label="Site", type="text", max_length=9),
    "needed": Item(id="needed", label="Needed", type="boolean", required=True),
}  # fmt: skip


@pytest.mark.parametrize(
    ("item", "sent", "kept"),
    [
        ("hb", {"value": "10", "unit": "g/dL"}, Kept("10", "g/dL", "100", "g/L")),
        ("hb", {"value": "<5.0", "unit": "g/dL"}, Kept("<5.0", "g/dL", "<50", "g/L")),
        ("hb", {"value": "95", "unit": "g/L"}, Kept("95", "g/L", "95", "g/L")),
        ("hb", {"value": "95"}, Kept("95")),
        ("bilirubin", {"value": "2", "unit": "mg/dL"}, Kept("2", "mg/dL", "34.208", "umol/L")),
        ("blasts", {"value": "0.049", "unit": "1"}, Kept("0.049", "1", "4.9", "%")),
    ],
)
def test_a_value_is_kept_as_received_beside_the_one_in_the_items_unit(
    item: str, sent: object, kept: Kept
) -> None:
    found, faults = read_items(ITEMS, {item: sent})
    assert (found, faults) == ({item: kept}, [])


@pytest.mark.parametrize(
    ("item", "sent", "place", "code"),
    [
        ("hb", {"value": "10", "unit": "furlong"}, ("unit",), "unit-unknown"),
        ("hb", {"value": "10", "unit": "mL/min"}, ("unit",), "unit-incompatible"),
        ("hb", {"value": "31", "unit": "g/dL"}, ("value",), "out-of-range"),
        ("hb", {"value": "x", "unit": "g/dL"}, ("value",), "type-mismatch"),
        ("hb", {"value": True, "unit": "g/dL"}, ("value",), "type-mismatch"),
        ("hb", {"value": "10", "unit": 3}, ("unit",), "type-mismatch"),
        ("hb", {"unit": "g/dL"}, (), "type-mismatch"),
        ("hb", {"value": "10", "unit": "g/dL", "lab": "L"}, (), "type-mismatch"),
        ("bilirubin", {"value": "<2", "unit": "mg/dL"}, ("value",), "type-mismatch"),
        ("site", {"value": "BM", "unit": "g/L"}, ("unit",), "unit-incompatible"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused_at_its_place(
    item: str, sent: object, place: tuple[str, ...], code: str
) -> None:
    found, faults = read_items(ITEMS, {item: sent})
    assert found == {}
    assert [(fault.where, fault.code) for fault in faults] == [(("items", item, *place), code)]


@pytest.mark.parametrize(
    "sent",
    [
        {"null": "ND", "reason": "Clotted"},
        {"null": "UNK"},
        {"value": "10", "unit": "g/dL"},
        "95",
    ],
)
def test_what_is_shown_of_a_value_can_be_sent_again(sent: object) -> None:
    found, _ = read_items(ITEMS, {"hb": sent})
    assert shown(ITEMS["hb"], found["hb"]) == sent


@pytest.mark.parametrize(
    ("item", "sent", "code"),
    [
        ("hb", {"null": "ND"}, "reason-required"),
        ("hb", {"null": "XX"}, "not-in-codelist"),
        ("hb", {"null": ["ND"]}, "type-mismatch"),
        ("hb", {"null": "ND", "reason": " "}, "type-mismatch"),
        ("hb", {"null": "ND", "reason": "a\nb"}, "type-mismatch"),
        ("hb", {"null": "ND", "reason": "x" * 501}, "type-mismatch"),
        ("hb", {"null": "UNK", "value": "1"}, "type-mismatch"),
        ("needed", {"null": "UNK"}, "required-missing"),
    ],
)
def test_a_missing_value_says_why_in_a_known_code(item: str, sent: object, code: str) -> None:
    found, faults = read_items(ITEMS, {item: sent})
    assert (found, [fault.code for fault in faults]) == ({}, [code])


def test_a_rule_reads_the_value_in_the_items_unit_and_none_where_it_is_missing() -> None:
    item = ITEMS["hb"]
    assert typed(item, Kept("10", "g/dL", "100", "g/L")) == Decimal(100)
    assert typed(item, Kept("<5", "g/dL", "<50", "g/L")) == Censored.parse("<50")
    assert typed(item, Kept(null_flavour="ND", null_reason="Clotted")) is None
