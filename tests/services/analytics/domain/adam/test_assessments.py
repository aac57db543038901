"""Rows of ADRS of each visit: what was answered, its status, and which of them is analysed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.analytics.domain.adam.assessments import assessments
from services.analytics.domain.adam.veil import veil_of
from services.analytics.domain.results import OutputClass
from services.analytics.domain.study_data import KeptRecord
from tests.services.analytics.dated import dose, kept, recovery, response
from tests.services.analytics.domain.adam.night import derived, nct, of, rows
from tests.services.analytics.times import day

OPEN, CLOSED = OutputClass.OPEN, OutputClass.CLOSED
ONE = "S01-001"


def mrd(
    on: date,
    kind: str = "QUANT",
    fraction: str | None = None,
    *,
    repeat: int = 1,
    valid: bool = True,
) -> KeptRecord:
    items = {
        "sample_id": f"M{repeat}", "sample_date": on.isoformat(), "method": "RQPCR",
        "assay_valid": str(valid).lower(), "kind": kind, "fraction": fraction,
        "sensitivity": "0.00001",
    }  # fmt: skip
    return kept("mrd", items, on, visit="C1D28", repeat=repeat)


def assessed(
    paramcd: str, *records: KeptRecord, output_class: OutputClass = CLOSED
) -> list[dict[str, Any]]:
    night = derived(of(ONE, *records))
    return [each for each in rows(night, "ADRS", output_class) if each["PARAMCD"] == paramcd]


def told(found: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each[name] for name in names) for each in found]


@pytest.mark.parametrize("output_class", [OPEN, CLOSED])
def test_each_response_is_a_row_by_date_and_the_first_that_counts_is_analysed(
    output_class: OutputClass,
) -> None:
    found = assessed(
        "OVRLRESP",
        response(day(200), "CR", "FU06"), response(day(20), "PR", "UNSCHEDULED"),
        response(day(28), "CRi"), recovery(day(30)),
        output_class=output_class,
    )  # fmt: skip
    assert told(found, "ADT", "AVISIT", "AVALC", "AVAL", "ANL01FL") == [
        (day(20), "UNSCHEDULED", "PR", None, "N"),
        (day(28), "C1D28", "CRi", None, "Y"),
        (day(200), "FU06", "CR", None, "N"),
    ]
    assert told(found, "SRCDOM", "SRCVAR", "SRCVIS", "SRCVER") == [
        ("response", "response", visit, 1) for visit in ("UNSCHEDULED", "C1D28", "FU06")
    ]


def test_without_a_response_the_assessment_that_tells_the_failure_is_analysed() -> None:
    found = assessed(
        "OVRLRESP", response(day(15), "SD", "UNSCHEDULED"), response(day(28), "PR"),
        response(day(90), "CR", "FU06"), recovery(day(30)),
    )  # fmt: skip
    assert told(found, "AVALC", "ANL01FL") == [("SD", "N"), ("PR", "Y"), ("CR", "N")]


def test_a_status_of_residual_disease_is_told_by_the_limit_of_the_study() -> None:
    found = assessed(
        "MRDSTAT",
        mrd(day(1), "QUANT", "0.02", repeat=1), mrd(day(2), "QUANT", "0.0001", repeat=2),
        mrd(day(3), "QUANT", "0.00009", repeat=3), mrd(day(4), "NEG", repeat=4),
        mrd(day(5), "QUANT", "0.00009", repeat=5, valid=False),
        mrd(day(6), "QUANT", "<0.001", repeat=6), mrd(day(7), "NE", repeat=7),
    )  # fmt: skip
    assert told(found, "AVALC", "AVAL") == [
        ("POSITIVE", Decimal("0.02")), ("POSITIVE", Decimal("0.0001")),
        ("NEGATIVE", Decimal("0.00009")), ("NEGATIVE", None),
        ("NOT EVALUABLE", Decimal("0.00009")), ("UNDETERMINED", None), ("NOT EVALUABLE", None),
    ]  # fmt: skip


@pytest.mark.parametrize("output_class", [OPEN, CLOSED])
def test_the_result_that_is_analysed_is_negative_or_else_the_lowest_of_its_window(
    output_class: OutputClass,
) -> None:
    frame = (response(day(10)), recovery(day(30)))
    before = mrd(day(5), "QUANT", "0.0005", repeat=1)
    high, low = mrd(day(12), "QUANT", "0.03", repeat=2), mrd(day(20), "QUANT", "0.001", repeat=3)
    after = mrd(day(40), "NEG", repeat=4)
    found = assessed("MRDSTAT", *frame, before, high, low, after, output_class=output_class)
    assert told(found, "ADT", "ANL01FL") == [
        (day(5), "N"), (day(12), "N"), (day(20), "Y"), (day(40), "N"),
    ]  # fmt: skip
    negative = mrd(day(28), "NEG", repeat=5)
    found = assessed("MRDSTAT", *frame, high, low, negative, output_class=output_class)
    assert told(found, "ADT", "ANL01FL") == [(day(12), "N"), (day(20), "N"), (day(28), "Y")]
    (best,) = assessed("MRDNEG", *frame, high, low, negative, output_class=output_class)
    assert (best["ANL01FL"], best["AVALC"], best["SRCREC"]) == ("Y", "Y", found[-1]["SRCREC"])


def test_without_a_response_no_result_of_residual_disease_is_analysed() -> None:
    found = assessed("MRDSTAT", mrd(day(20), "NEG"), recovery(day(30)))
    assert told(found, "AVALC", "ANL01FL") == [("NEGATIVE", "N")]


def test_a_result_without_a_number_stands_last_among_the_lowest() -> None:
    frame = (response(day(10)), recovery(day(30)))
    open_limit = mrd(day(12), "QUANT", "<0.001", repeat=1)
    found = assessed("MRDSTAT", *frame, open_limit, mrd(day(20), "QUANT", "0.5", repeat=2))
    assert told(found, "ANL01FL") == [("N",), ("Y",)]
    assert told(assessed("MRDSTAT", *frame, open_limit), "ANL01FL") == [("Y",)]


def test_days_of_the_study_have_no_zero_and_open_rows_none() -> None:
    records = (dose(day(3)), response(day(2), "SD", "UNSCHEDULED"), response(day(3)))
    assert told(assessed("OVRLRESP", *records), "ADY") == [(-1,), (1,)]
    assert told(assessed("OVRLRESP", *records[1:]), "ADY") == [(None,), (None,)]
    assert "ADY" not in assessed("OVRLRESP", *records, output_class=OPEN)[0]


def test_rows_of_a_subject_are_numbered_and_those_of_endpoints_come_first() -> None:
    night = derived(of(ONE, response(day(28)), mrd(day(28), "NEG"), recovery(day(30))))
    found = rows(night, "ADRS")
    assert [each["ASEQ"] for each in found] == list(range(1, len(found) + 1))
    assert [each["PARAMCD"] for each in found] == [
        "MRDNEG", "HSCT", "CART", "OVRLRESP", "MRDSTAT",
    ]  # fmt: skip
    assert {each["ANL01FL"] for each in found} == {"Y"}
    assert [each["AVISIT"] for each in found] == [None, None, None, "C1D28", "C1D28"]


def test_what_reveals_the_arm_gives_no_open_rows_and_flags_no_open_row() -> None:
    definition = nct()
    veil = veil_of(definition)
    forms = replace(veil, forms=frozenset({"mrd"}), anchors=veil.anchors | {"first_response"})
    found = {each.paramcd: each for each in assessments(definition, forms)}
    assert found.keys() == {"OVRLRESP"}
    assert not found["OVRLRESP"].tells_analysed
    assert all(each.tells_analysed for each in assessments(definition, None))
