"""What a case tells of its drugs, its source and its numbers, in the report that it makes."""

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from services.safety.content_values import Qualification
from services.safety.documents.from_report import cioms_form
from services.safety.domain.as_told import Missing
from services.safety.domain.case import CLINICAL, Event
from services.safety.domain.clinical import (
    Administration,
    OtherIdentifier,
    Recurrence,
    Term,
)
from services.safety.domain.differences import REVEALING
from services.safety.domain.dosing import Given
from services.safety.domain.icsr_codes import codes
from services.safety.domain.intake import examine
from services.safety.drug_content_schemas import RecurrenceReport
from services.safety.e2b import model
from services.safety.e2b.generate import generate
from services.safety.e2b.model import Drug, HeldDocument, Indication, LinkedReport
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.domain import icsr_cases
from tests.services.safety.domain.icsr_cases import (
    CREATED,
    JUDGED,
    REPORT,
    case_file,
    drafted,
    told_of,
)
from tests.services.safety.domain.story import Story, shipped
from tests.services.safety.e2b.samples import needs_samples, schemas

DOSES = (
    Given("INO", date(2026, 5, 10), "0.8", "mg/m2"),
    Given("INO", date(2026, 5, 17), None, None),
)
FULL = Administration("INO", "Intravenous", ("A12",), "Relapsed ALL", Term("90000001", "28.1"))


def given(how: Administration, doses: tuple[Given, ...] = DOSES) -> Drug:
    case = case_file(replace(REPORT, administrations=(how,)), given=doses)
    return icsr_cases.told(case).g_k[0]


def rows(drug: Drug) -> list[tuple[Any, Any, Any]]:
    return [(one.g_k_4_r_4, one.g_k_4_r_7, one.g_k_4_r_10_1) for one in drug.g_k_4_r]


def test_route_and_batch_are_told_of_each_dose_and_the_indication_of_the_drug() -> None:
    drug = given(FULL)
    first, second = Stamp("20260510"), Stamp("20260517")
    assert rows(drug) == [(first, "A12", "Intravenous"), (second, "A12", "Intravenous")]
    assert drug.g_k_7_r == (Indication("Relapsed ALL", "28.1", "90000001"),)


def test_of_several_batches_none_is_told_of_a_dose() -> None:
    drug = given(replace(FULL, batches=("A12", "B7")))
    assert [lot for day, lot, _ in rows(drug) if day is not None] == [None, None]
    assert [lot for day, lot, _ in rows(drug) if day is None] == ["A12", "B7"]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Administration("INO"), []),
        (Administration("INO", "Intravenous"), [(None, None, "Intravenous")]),
        (Administration("INO", Missing("ASKU")), [(None, None, NullFlavor.ASKU)]),
        (Administration("INO", None, ("A12",)), [(None, "A12", None)]),
        (Administration("DEX", "By mouth"), []),
    ],
)
def test_where_no_dose_is_on_record_what_is_told_stands_alone(
    how: Administration, expected: list[Any]
) -> None:
    assert rows(given(how, ())) == expected


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Administration("INO", indication=Missing("NASK")), (Indication(NullFlavor.NASK),)),
        (Administration("INO", coding=Term("90000001", "28.1")),
         (Indication(None, "28.1", "90000001"),)),
        (Administration("INO"), ()),
    ],
)  # fmt: skip
def test_an_indication_is_told_as_far_as_it_is_known(
    how: Administration, expected: tuple[Indication, ...]
) -> None:
    assert given(how).g_k_7_r == expected


def test_a_recurrence_is_told_of_its_product_and_its_event_alone() -> None:
    report = replace(
        REPORT,
        further_products=("DEX",),
        further_events=(Event("2", term="Sepsis", seriousness=("hospitalisation",)),),
        recurrences=(Recurrence("DEX", "2", "RECURRED"), Recurrence("INO", "1", "NOT_RECURRED")),
    )
    told = icsr_cases.told(case_file(report))
    found = [[pair.g_k_9_i_4 for pair in drug.g_k_9_i] for drug in told.g_k]
    assert found == [["2", None], [None, "1"]]
    form = cioms_form(told, report_date=CREATED.date(), follow_up=False)
    assert form.reappeared is True


def test_the_codes_are_those_of_the_table_and_each_word_has_one() -> None:
    outcomes = RecurrenceReport.model_fields["outcome"].annotation
    for table, words, element in (
        ("recurrence", get_args(outcomes), "G.k.9.i.4"),
        ("qualification", get_args(Qualification), "C.2.r.4"),
    ):
        assert codes(table).keys() == set(words)
        assert set(codes(table).values()) == elements()[element].codes


@pytest.mark.parametrize(
    ("said", "code"), [("PHYSICIAN", "1"), ("CONSUMER", "5"), (None, NullFlavor.UNK)]
)
def test_the_reporters_qualification_is_told_or_unknown(said: str | None, code: str) -> None:
    told = told_of(reporter_qualification=said)
    assert told.c_2_r[0].c_2_r_4 == code
    form = cioms_form(told, report_date=CREATED.date(), follow_up=False)
    assert form.source.health_professional is (said == "PHYSICIAN")


def test_documents_are_named_and_said_to_exist_or_neither() -> None:
    told = told_of(documents=("Letter of discharge", "CT of the liver")).c_1
    assert told.c_1_6_1 is True
    assert told.c_1_6_1_r == (HeldDocument("Letter of discharge"), HeldDocument("CT of the liver"))
    bare = told_of().c_1
    assert (bare.c_1_6_1, bare.c_1_6_1_r) == (False, ())


def test_other_ids_are_named_and_said_to_exist_or_neither() -> None:
    told = told_of(other_identifiers=(OtherIdentifier("Partner", "P-1"),)).c_1
    assert told.c_1_9_1 is True
    assert told.c_1_9_1_r == (model.OtherIdentifier("Partner", "P-1"),)
    bare = told_of().c_1
    assert (bare.c_1_9_1, bare.c_1_9_1_r) == (NullFlavor.NI, ())


@needs_samples
@pytest.mark.parametrize("receiver", ["fda", "eudravigilance"])
def test_the_schemas_take_it_and_it_comes_back_the_same(receiver: str) -> None:
    report = replace(
        REPORT,
        administrations=(FULL,),
        recurrences=(Recurrence("INO", "1", "NOT_READMINISTERED"),),
        reporter_qualification="PHARMACIST",
        documents=("Letter of discharge",),
        other_identifiers=(OtherIdentifier("Partner", "P-1"),),
    )
    link = Story().tell("link", "2026-06-02", case=None, external_id="CZ-X-9", relation="related")
    batch = drafted(case_file(report, given=DOSES, facts=(*JUDGED, *link.facts)), receiver)
    assert batch.messages[0].report.c_1.c_1_10_r == (LinkedReport("CZ-X-9"),)
    raw = generate(batch)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == batch


def test_boxes_14_16_and_17_tell_batch_route_and_indication() -> None:
    case = case_file(replace(REPORT, administrations=(FULL,)), given=DOSES)
    form = cioms_form(icsr_cases.told(case), report_date=CREATED.date(), follow_up=False)
    assert "batch A12" in form.suspect_drugs
    assert (form.routes, form.indications) == (
        "#1 Intravenous",
        "#1 Relapsed ALL (MedDRA LLT 90000001)",
    )


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"administrations": (Administration("ASPIRIN"),)},
         "/administrations/0/product", "product-unknown"),
        ({"administrations": (Administration("INO"), Administration("INO"))},
         "/administrations/1/product", "product-repeated"),
        ({"recurrences": (Recurrence("ASPIRIN", "1", "UNK"),)},
         "/recurrences/0/product", "product-unknown"),
        ({"recurrences": (Recurrence("INO", "2", "UNK"),)},
         "/recurrences/0/event", "event-unknown"),
        ({"recurrences": (Recurrence("INO", "1", "UNK"), Recurrence("INO", "1", "RECURRED"))},
         "/recurrences/1", "recurrence-repeated"),
        ({"other_identifiers": (OtherIdentifier("P", "1"), OtherIdentifier("P", "1"))},
         "/other_identifiers/1", "identifier-repeated"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_pointed_at(change: Any, pointer: str, code: str) -> None:
    (fault,) = examine(shipped(), replace(REPORT, **change), CREATED)
    assert (fault.pointer, fault.code) == (pointer, code)


def test_a_change_of_any_such_part_is_kept_from_masked_roles() -> None:
    assert set(CLINICAL) <= set(REVEALING)
