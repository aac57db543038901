"""Medical history, size and tests of the child, from the case and the record into the report."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, get_args

import pytest

from services.safety.content_schemas import LabTestReport
from services.safety.documents.from_report import cioms_form
from services.safety.domain.as_told import Missing
from services.safety.domain.body_size import Measured, SizeForm, measured, size_at, size_forms
from services.safety.domain.clinical import HistoryItem, LabTest, Term
from services.safety.domain.icsr_codes import codes
from services.safety.domain.intake import examine
from services.safety.e2b import model
from services.safety.e2b.generate import generate
from services.safety.e2b.model import LabResult
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.check import check
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.domain import icsr_cases
from tests.services.safety.domain.icsr_cases import CREATED, REPORT, case_file, drafted, told_of
from tests.services.safety.domain.story import shipped
from tests.services.safety.e2b.samples import needs_samples, schemas

LIVER = Term("90000003", "28.1")
CODED = HistoryItem("Purple liver", LIVER, "2019-05", Missing("ASKU"), True, True, "mild")
ASTHMA = HistoryItem("Asthma", None, "2019", "2021-05", False, False, "inhaled steroids")
BILIRUBIN = LabTest(
    "Total bilirubin", None, "2026-06-01", "34.5", ">=", "umol/L", None, None, "1.7", "20.5",
    "haemolytic", True,
)  # fmt: skip
ONSET = date(2026, 5, 30)


def test_history_that_is_coded_is_told_item_by_item_and_the_rest_as_text() -> None:
    told = told_of(history=(CODED, ASTHMA, HistoryItem("Otitis", continuing=True, family=True)))
    assert told.d.d_7_1_r == (
        model.HistoryItem("28.1", "90000003", Stamp("201905"), True, NullFlavor.ASKU, "mild", True),
    )
    assert told.d.d_7_2 == (
        "Asthma (2019 to 2021-05; inhaled steroids)\nOtitis (continuing; in the family)"
    )


@pytest.mark.parametrize(
    ("history", "other", "expected"),
    [
        ((), None, NullFlavor.UNK),
        ((), Missing("NASK"), NullFlavor.NASK),
        ((), "None of note", "None of note"),
        ((CODED,), None, None),
        ((CODED,), "Born early", "Born early"),
        ((HistoryItem("Otitis"),), "Born early", "Born early\nOtitis"),
        ((HistoryItem("Otitis"),), Missing("ASKU"), "Otitis"),
    ],
)
def test_what_nobody_told_of_history_is_unknown_and_a_reason_is_kept(
    history: tuple[HistoryItem, ...], other: Any, expected: Any
) -> None:
    assert told_of(history=history, other_history=other).d.d_7_2 == expected


def test_whether_a_disease_continues_may_be_missing_for_a_reason() -> None:
    for told, element in ((Missing("MSK"), NullFlavor.MSK), (False, False), (None, None)):
        (item,) = told_of(history=(replace(CODED, continuing=told, family=False),)).d.d_7_1_r
        assert (item.d_7_1_r_3, item.d_7_1_r_6) == (element, None)


def test_a_test_is_told_with_its_bound_its_unit_and_its_limits() -> None:
    (told,) = told_of(tests=(BILIRUBIN,)).f_r
    assert told == LabResult(
        f_r_1=Stamp("20260601"), f_r_2_1="Total bilirubin", f_r_3_2="34.5",
        f_r_3_2_qualifier=">=", f_r_3_3="umol/L", f_r_4="1.7", f_r_5="20.5", f_r_6="haemolytic",
        f_r_7=True,
    )  # fmt: skip


def test_a_test_without_a_day_has_an_unknown_one_and_a_result_may_be_a_word() -> None:
    culture = LabTest("Blood culture", LIVER, result="POSITIVE", result_words="E. coli")
    (told,) = told_of(tests=(culture,)).f_r
    assert (told.f_r_1, told.f_r_3_1, told.f_r_3_4) == (NullFlavor.UNK, "1", "E. coli")
    assert (told.f_r_2_2a, told.f_r_2_2b) == ("28.1", "90000003")


def test_each_word_of_a_result_has_its_code() -> None:
    words = [
        word for kind in get_args(LabTestReport.model_fields["result"].annotation)
        for word in get_args(kind)
    ]  # fmt: skip
    assert codes("result").keys() == set(words)
    assert set(codes("result").values()) == elements()["F.r.3.1"].codes


def test_the_forms_of_sizes_have_the_items_and_units_that_the_table_says() -> None:
    for form in size_forms():
        items = {item.id: item for item in shipped().form(form.form).items}
        assert items[form.date].type == "date"
        assert items[form.weight].unit == "kg"
        assert not form.height or items[form.height].unit == "cm"


FORM = SizeForm("dosing", "dose_date", "weight", "height")


def test_a_record_measures_where_its_day_is_known() -> None:
    items = {"dose_date": "2026-05-01", "weight": "31.5"}
    assert measured(items, FORM) == Measured(date(2026, 5, 1), "31.5", None)
    assert measured({"weight": "31.5"}, FORM) is None
    assert measured({"dose_date": "2026-05", "weight": "31.5"}, FORM) is None


@pytest.mark.parametrize(
    ("found", "weight"),
    [
        ([Measured(ONSET, "31.5")], "31.5"),
        ([Measured(ONSET - timedelta(30), "31.5")], "31.5"),
        ([Measured(ONSET - timedelta(31), "31.5")], None),
        ([Measured(ONSET + timedelta(1), "31.5")], None),
        ([Measured(ONSET, "30"), Measured(ONSET - timedelta(1), "31")], "30"),
        ([Measured(ONSET, None, "140"), Measured(ONSET - timedelta(1), "31")], "31"),
        ([Measured(ONSET, "<5"), Measured(ONSET - timedelta(1), "31")], "31"),
        ([Measured(ONSET, "31.255")], "31.26"),
        ([Measured(ONSET, "100.00")], "100"),
    ],
)
def test_the_weight_is_the_newest_that_still_tells_the_weight_at_the_onset(
    found: list[Measured], weight: str | None
) -> None:
    assert size_at(found, "weight", ONSET) == weight
    assert icsr_cases.told(case_file(measured=found)).d.d_3 == weight


def test_a_height_lasts_longer_than_a_weight_and_is_told_in_whole_centimetres() -> None:
    old = [Measured(ONSET - timedelta(180), "30", "139.5")]
    told = icsr_cases.told(case_file(measured=old)).d
    assert (told.d_3, told.d_4) == (None, "140")
    assert size_at(old, "height", ONSET + timedelta(1)) is None


def test_what_is_reported_goes_before_what_is_on_record() -> None:
    case = case_file(
        replace(REPORT, weight_kg="33.10", height_cm="141.4"),
        measured=[Measured(ONSET, "30", "139")],
    )
    told = icsr_cases.told(case).d
    assert (told.d_3, told.d_4) == ("33.1", "141")


def test_where_no_onset_is_known_the_day_of_receipt_stands_in() -> None:
    case = case_file(replace(REPORT, onset_on=None), measured=[Measured(date(2026, 6, 1), "30")])
    assert icsr_cases.told(case).d.d_3 == "30"


FULL = replace(
    REPORT,
    history=(CODED, ASTHMA),
    other_history="Born early",
    weight_kg="31.5",
    height_cm="140",
    tests=(BILIRUBIN, LabTest("Blood culture", LIVER, result="NEGATIVE"), LabTest("CT")),
)


@needs_samples
@pytest.mark.parametrize("receiver", ["fda", "eudravigilance"])
def test_the_schemas_take_it_and_it_comes_back_the_same(receiver: str) -> None:
    batch = drafted(case_file(FULL), receiver)
    raw = generate(batch)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == batch


def test_only_what_a_test_lacks_is_found_by_the_rules() -> None:
    context = Context(now=CREATED)
    for receiver, profile in (("fda", Profile.FDA_IND), ("eudravigilance", Profile.EU_CTR)):
        bare, full, whole = (
            {issue.id for issue in check(drafted(case_file(report), receiver), profile, context)}
            for report in (REPORT, FULL, replace(FULL, tests=FULL.tests[:2]))
        )
        assert whole == bare
        assert full - bare == {"R0065" if receiver == "fda" else "ICH.F.r.3.1.CROSS"}, "no result"


def test_boxes_13_and_23_tell_tests_size_and_history() -> None:
    form = cioms_form(told_of(
        history=FULL.history, tests=FULL.tests[:1], weight_kg="31.5", height_cm="140"
    ), report_date=CREATED.date(), follow_up=False)  # fmt: skip
    assert form.history.split("\n") == [
        "weight 31.5 kg, height 140 cm",
        "Asthma (2019 to 2021-05; inhaled steroids)",
        "MedDRA LLT 90000003, 2019-05 to asked, not known, continuing, in the family, mild",
    ]
    test = "Test 2026-06-01 Total bilirubin: >= 34.5 umol/L (normal from 1.7, normal to 20.5)."
    assert f"{test} haemolytic" in form.description


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"history": (ASTHMA, replace(ASTHMA, ended="2018"))}, "/history/1/ended", "before-start"),
        ({"history": (replace(ASTHMA, ended="2027"),)}, "/history/0/ended", "in-the-future"),
        ({"weight_kg": "0.00"}, "/weight_kg", "size-implausible"),
        ({"weight_kg": "400.01"}, "/weight_kg", "size-implausible"),
        ({"height_cm": "0"}, "/height_cm", "size-implausible"),
        ({"height_cm": "250.5"}, "/height_cm", "size-implausible"),
        ({"tests": (BILIRUBIN, replace(BILIRUBIN, on="2026-07"))}, "/tests/1/on", "in-the-future"),
        ({"tests": (replace(BILIRUBIN, value=None),)}, "/tests/0/qualifier", "qualifier-alone"),
        ({"tests": (replace(BILIRUBIN, low="20.6"),)}, "/tests/0/high", "limits-crossed"),
    ],
)
def test_what_is_malformed_is_pointed_at(change: Any, pointer: str, code: str) -> None:
    (fault,) = examine(shipped(), replace(REPORT, **change), CREATED)
    assert (fault.pointer, fault.code) == (pointer, code)
