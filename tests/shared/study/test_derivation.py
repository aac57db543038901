"""Dates of a child of NCT05748171 follow from its records by the definition alone."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor
from shared.study.derivation import Record, anchor_dates, occurrence, selectable_records
from shared.study.values import parse_value
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
ALLOCATED = date(2024, 1, 26)


def record(form: str, key: str = "1", visit: str | None = None, **raw: Any) -> Record:
    definition = NCT.form(form)
    values = {name: parse_value(definition.item(name), value) for name, value in raw.items()}
    return Record(form, key, values, visit)


def dose(day: str, *, given: bool = True) -> Record:
    return record("dosing", day, product="INO", dose_date=day, given=given)


def response(day: str, code: str) -> Record:
    return record("response", day, assessment_date=day, response=code)


def mrd(day: str, method: str = "RQPCR", sample: str | None = None, **result: Any) -> Record:
    return record(
        "mrd", f"{day}{method}", sample_id=sample or day, sample_date=day, method=method,
        assay_valid=result.pop("assay_valid", True), **result,
    )  # fmt: skip


DOSED = dose("2024-01-29")
RECOVERED = record("end_of_treatment", recovery_date="2024-02-26")
RESPONDER = [DOSED, response("2024-02-25", "CRi"), RECOVERED]


def dates(records: Sequence[Record]) -> dict[str, date]:
    return anchor_dates(NCT, records, ALLOCATED)


def happened(source: str, records: Sequence[Record]) -> date | None:
    found = occurrence(NCT, NCT.event_source(source), records, dates(records))
    return found.date if found else None


def therapy(day: str) -> Record:
    return record("new_anticancer_therapy", day, start_date=day, therapy_class="SALVAGE")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([RECOVERED, therapy("2024-02-27")], date(2024, 2, 26)),
        ([RECOVERED, therapy("2024-02-20")], date(2024, 2, 19)),
        ([RECOVERED, therapy("2024-03-01"), therapy("2024-02-20")], date(2024, 2, 19)),
        ([therapy("2024-02-20")], date(2024, 2, 19)),
        ([RECOVERED], date(2024, 2, 26)),
        ([DOSED], None),
    ],
)
def test_end_of_treatment_is_recovery_or_the_day_before_new_therapy_whichever_is_first(
    records: list[Record], expected: date | None
) -> None:
    assert dates(records).get("eot") == expected


def test_day_1_is_the_first_dose_given_or_else_randomization() -> None:
    assert dates([dose("2024-01-29"), dose("2024-02-05")])["day1"] == date(2024, 1, 29)
    assert dates([dose("2024-01-29", given=False)])["day1"] == ALLOCATED
    assert dates([dose("2024-01-29"), dose("2024-02-05")])["last_dose"] == date(2024, 2, 5)


def test_a_subject_without_allocation_has_no_anchor_that_follows_from_it() -> None:
    found = anchor_dates(NCT, [response("2024-02-25", "CR"), RECOVERED], None)
    assert "randomization" not in found
    assert "first_response" not in found


def test_first_response_is_the_first_of_any_complete_response_up_to_end_of_treatment() -> None:
    later_upgrade = [*RESPONDER, response("2024-02-26", "CR")]
    assert dates(later_upgrade)["first_response"] == date(2024, 2, 25)
    after_end = [DOSED, response("2024-02-27", "CR"), RECOVERED]
    assert "first_response" not in dates(after_end)
    on_new_therapy = [DOSED, response("2024-02-20", "CR"), therapy("2024-02-20")]
    assert "first_response" not in dates(on_new_therapy)


def test_induction_failure_is_dated_at_randomization_or_at_end_of_treatment() -> None:
    failed = [DOSED, response("2024-02-25", "PR"), RECOVERED]
    assert happened("induction_failure_day1", failed) == ALLOCATED
    assert happened("induction_failure_eot", failed) == date(2024, 2, 26)


@pytest.mark.parametrize(
    "records",
    [
        RESPONDER,
        [DOSED, response("2024-02-12", "PR"), response("2024-02-25", "CR"), RECOVERED],
        [DOSED, response("2024-02-25", "NE"), RECOVERED],
        [DOSED, RECOVERED],
        [DOSED, response("2024-02-12", "PR")],
    ],
    ids=["responder", "late responder", "not evaluable", "never evaluated", "still in induction"],
)
def test_no_induction_failure_without_a_negative_assessment_by_the_end(
    records: list[Record],
) -> None:
    assert happened("induction_failure_day1", records) is None


@pytest.mark.parametrize(
    ("samples", "negative"),
    [
        ([mrd("2024-02-25", kind="QUANT", fraction="0.0001")], False),
        ([mrd("2024-02-25", kind="QUANT", fraction="0.000099")], True),
        ([mrd("2024-02-25", kind="QUANT", fraction="0.00005")], True),
        ([mrd("2024-02-25", kind="NEG", sensitivity="0.00001")], True),
        ([mrd("2024-02-25", kind="NEG", sensitivity="0.001")], False),
        ([mrd("2024-02-25", kind="PNQ", quantitative_range="0.0001")], True),
        ([mrd("2024-02-25", kind="PNQ", quantitative_range="0.0005")], False),
        ([mrd("2024-02-25", kind="NE")], False),
        ([mrd("2024-02-25", kind="NEG")], False),
        ([mrd("2024-02-25", kind="NEG", sensitivity="0.00001", assay_valid=False)], False),
        ([mrd("2024-02-24", kind="NEG", sensitivity="0.00001")], False),
        ([mrd("2024-02-26", kind="NEG", sensitivity="0.00001")], True),
        ([mrd("2024-02-27", kind="NEG", sensitivity="0.00001")], False),
        ([mrd("2024-02-25", kind="QUANT", fraction="0.01"),
          mrd("2024-02-26", kind="NEG", sensitivity="0.0001")], True),
    ],
)  # fmt: skip
def test_mrd_is_negative_by_its_lowest_evaluable_result_between_response_and_end(
    samples: list[Record], negative: bool
) -> None:
    found = happened("mrd_negative", [*RESPONDER, *samples])
    assert (found is not None) is negative


@pytest.mark.parametrize(
    ("pcr", "flow", "negative"),
    [
        ({"kind": "NEG", "sensitivity": "0.001"}, {"kind": "NEG", "sensitivity": "0.0001"}, True),
        ({"kind": "NEG", "sensitivity": "0.001"}, {"kind": "NEG", "sensitivity": "0.001"}, False),
        ({"kind": "QUANT", "fraction": "0.001"}, {"kind": "NEG", "sensitivity": "0.0001"}, False),
        ({"kind": "NEG", "sensitivity": "0.0001"}, {"kind": "QUANT", "fraction": "0.001"}, True),
        ({"kind": "NE"}, {"kind": "QUANT", "fraction": "0.001"}, False),
    ],
)
def test_flow_cytometry_stands_in_only_where_rq_pcr_is_not_evaluable(
    pcr: dict[str, str], flow: dict[str, str], negative: bool
) -> None:
    samples = [
        mrd("2024-02-25", "FC", sample="A", **flow),
        mrd("2024-02-25", "RQPCR", sample="A", **pcr),
    ]
    found = happened("mrd_negative", [*RESPONDER, *samples])
    assert (found is not None) is negative


def test_what_a_selection_could_pick_are_all_that_count_within_its_bounds_by_date() -> None:
    samples = [
        mrd("2024-02-26", kind="QUANT", fraction="0.001"),
        mrd("2024-02-25", kind="QUANT", fraction="0.002"),
        mrd("2024-02-25", "FC", sample="2024-02-25", kind="QUANT", fraction="0.003"),
        mrd("2024-02-24", kind="QUANT", fraction="0.004"),
        mrd("2024-02-26", sample="B", kind="NE"),
    ]
    anchor = NCT.anchor("evaluable_mrd")
    assert isinstance(anchor, RecordAnchor)
    told = [*RESPONDER, *samples]
    found = selectable_records(NCT, anchor.select, told, dates(told))
    assert [str(each.values["sample_date"]) for each in found] == ["2024-02-25", "2024-02-26"]
    assert {each.values["method"] for each in found} == {"RQPCR"}
    assert selectable_records(NCT, anchor.select, samples, dates(samples)) == ()


def test_a_non_responder_is_never_mrd_negative() -> None:
    clean = mrd("2024-02-25", kind="NEG", sensitivity="0.00001")
    assert happened("mrd_negative", [DOSED, response("2024-02-25", "PR"), RECOVERED, clean]) is None


TRANSPLANT = record("hsct", transplant_date="2024-05-01")


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([mrd("2024-04-01", kind="QUANT", fraction="0.0001")], date(2024, 4, 1)),
        ([mrd("2024-04-01", kind="QUANT", fraction="0.00009")], None),
        ([mrd("2024-03-01", kind="QUANT", fraction="0.01"),
          mrd("2024-04-01", kind="NEG", sensitivity="0.0001")], None),
        ([mrd("2024-03-01", kind="QUANT", fraction="0.01"), mrd("2024-04-01", kind="NE")],
         date(2024, 3, 1)),
        ([mrd("2024-05-01", kind="QUANT", fraction="0.01")], None),
        ([mrd("2024-02-25", kind="QUANT", fraction="0.01")], None),
    ],
)  # fmt: skip
def test_mrd_persists_if_the_last_evaluable_result_before_transplant_is_positive(
    samples: list[Record], expected: date | None
) -> None:
    assert happened("mrd_persistence", [*RESPONDER, TRANSPLANT, *samples]) == expected
    assert happened("mrd_persistence", [*RESPONDER, *samples]) is None


def test_transplant_counts_only_after_treatment_began() -> None:
    early = record("hsct", transplant_date="2024-01-27")
    assert happened("hsct_after_treatment", [*RESPONDER, TRANSPLANT]) == date(2024, 5, 1)
    assert happened("hsct_after_treatment", [early, DOSED]) is None
    assert happened("hsct_after_treatment", [TRANSPLANT]) is None


def test_death_and_last_contact_are_read_from_survival_status() -> None:
    status = [
        record("survival_status", "1", contact_date="2024-07-01", status="ALIVE",
               last_known_alive_date="2024-07-01"),
        record("survival_status", "2", contact_date="2025-01-10", status="DEAD",
               death_date="2025-01-02", death_cause="DISEASE"),
    ]  # fmt: skip
    assert happened("death", status) == date(2025, 1, 2)
    assert happened("last_known_alive", status) == date(2024, 7, 1)


def test_an_occurrence_names_the_record_or_anchor_it_rests_on() -> None:
    failed = [DOSED, response("2024-02-25", "PR"), RECOVERED]
    found = occurrence(NCT, NCT.event_source("induction_failure_day1"), failed, dates(failed))
    assert found is not None
    assert (found.source, found.anchor, found.record) == (
        "induction_failure_day1", "randomization", failed[1],
    )  # fmt: skip


def test_analysis_sets_name_anchors_that_a_responder_has(nct: StudyDefinition) -> None:
    sample = mrd("2024-02-25", kind="NEG", sensitivity="0.0001")
    found = dates([*RESPONDER, sample])
    for population in ("ITT", "RESP", "MRDEVAL", "SAF"):
        assert set(nct.population(population).requires) <= set(found)
    assert "first_pk_sample" not in found


EVERY_KIND = [
    *RESPONDER,
    dose("2024-02-05"),
    TRANSPLANT,
    therapy("2024-03-15"),
    mrd("2024-02-25", kind="NEG", sensitivity="0.001"),
    mrd("2024-02-25", "FC", kind="QUANT", fraction=str(Decimal("0.00005"))),
    mrd("2024-04-01", kind="QUANT", fraction="0.01"),
    response("2024-07-01", "NE"),
]


@given(shuffled=st.permutations(EVERY_KIND))
def test_the_order_of_records_never_matters(shuffled: list[Record]) -> None:
    assert dates(shuffled) == dates(EVERY_KIND)
    for source in NCT.event_sources:
        assert happened(source.id, shuffled) == happened(source.id, EVERY_KIND)
