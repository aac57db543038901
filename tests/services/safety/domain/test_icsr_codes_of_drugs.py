"""Routes, dose forms and products by code; doses, lengths of time and past drugs in a report."""

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from services.safety.content_values import TimeUnit
from services.safety.documents.from_report import cioms_form
from services.safety.documents.words import word
from services.safety.domain.as_told import Missing
from services.safety.domain.case import Event, Report
from services.safety.domain.clinical import (
    Administration,
    Cause,
    Concomitant,
    Death,
    HistoryItem,
    Latency,
    PastDrug,
    Quantity,
    SystemCode,
    Term,
)
from services.safety.domain.concomitants import told_of as one_drug_each
from services.safety.domain.dosing import Given
from services.safety.domain.icsr_codes import codes
from services.safety.domain.intake import examine
from services.safety.drug_content_schemas import Circumstance
from services.safety.e2b import model
from services.safety.e2b.generate import generate
from services.safety.e2b.model import Dosage
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.check import check
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.term_systems import term_systems
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.domain.icsr_cases import CREATED, REPORT, case_file, drafted, told
from tests.services.safety.domain.story import shipped
from tests.services.safety.domain.test_icsr_concomitants import recorded
from tests.services.safety.e2b.samples import needs_samples, schemas

INTRAVENOUS = SystemCode("EDQM", "ROA-20045000", "2026-03-01")
BY_MOUTH = SystemCode("ICH", "048", "2.1")
POWDER = SystemCode("EDQM", "PDF-50043000", "2026-03-01")
TERM = Term("90000001", "28.1")
HOW = Administration(
    "INO", "Intravenous", ("A12",), "Relapsed ALL", None, INTRAVENOUS, "Powder", POWDER,
    ("MEDICATION_ERROR", "OVERDOSE"),
)  # fmt: skip
BESIDE = Concomitant(
    "Purplimab", "2026-05-01", None, None, Missing("UNK"), "Fever", Quantity("7.5", "mg"),
    Quantity("12", "h"), Quantity("3", "wk"), BY_MOUTH, "Tablet", None,
    SystemCode("NDC", "00123-4567-89", "1"), TERM,
)  # fmt: skip
PAST = (
    PastDrug("Greenimab", SystemCode("NDC", "1234-567", "1"), "2021", "2021-06", TERM, TERM),
    PastDrug(Missing("UNK"), started="2019"),
)
CASE: Report = replace(
    REPORT,
    duration=Quantity("36", "h"),
    further_events=(Event("2", "Sepsis", duration=Quantity("2", "d")),),
    administrations=(HOW,),
    concomitants=(BESIDE,),
    latencies=(
        Latency("INO", "2", Quantity("40", "min"), Quantity("5", "min")),
        Latency("INO", "1", after_start=Quantity("1.5", "d")),
    ),
    past_drugs=PAST,
    other_therapies=True,
)
DOSES = (Given("INO", date(2026, 5, 26), "0.8", "mg/m2"),)


def test_a_route_and_a_dose_form_go_out_in_words_and_by_code_with_each_dose() -> None:
    suspect = told(case_file(CASE, given=DOSES)).g_k[0]
    (dose,) = suspect.g_k_4_r
    assert dose == Dosage(
        g_k_4_r_1a="0.8", g_k_4_r_1b="mg/m2", g_k_4_r_4=Stamp("20260526"),
        g_k_4_r_5=Stamp("20260526"), g_k_4_r_7="A12", g_k_4_r_9_1="Powder",
        g_k_4_r_9_2a="2026-03-01", g_k_4_r_9_2b="PDF-50043000", g_k_4_r_10_1="Intravenous",
        g_k_4_r_10_2a="2026-03-01", g_k_4_r_10_2b="ROA-20045000",
    )  # fmt: skip
    assert [one.g_k_10_r for one in suspect.g_k_10_r] == ["7", "2"]
    bare = told(case_file(replace(CASE, administrations=(Administration("INO", form="Powder"),))))
    assert bare.g_k[0].g_k_4_r == (Dosage(g_k_4_r_9_1="Powder"),)


def test_a_concomitant_drug_has_its_dose_its_interval_and_codes_of_other_systems() -> None:
    (drug,) = [one for one in told(case_file(CASE)).g_k if one.g_k_1 == "2"]
    assert (drug.g_k_2_1_1a, drug.g_k_2_1_1b) == ("1", "00123-4567-89")
    assert drug.g_k_7_r == (model.Indication("Fever", "28.1", "90000001"),)
    assert drug.g_k_4_r == (
        Dosage(
            g_k_4_r_1a="7.5", g_k_4_r_1b="mg", g_k_4_r_2="12", g_k_4_r_3="h",
            g_k_4_r_4=Stamp("20260501"), g_k_4_r_6a="3", g_k_4_r_6b="wk", g_k_4_r_9_1="Tablet",
            g_k_4_r_10_1=NullFlavor.UNK, g_k_4_r_10_2a="2.1", g_k_4_r_10_2b="048",
            route_system="2.16.840.1.113883.3.989.2.1.1.14",
        ),
    )  # fmt: skip


def test_a_dose_that_was_reported_is_not_told_beside_that_of_the_record() -> None:
    (drug,) = one_drug_each([BESIDE], [recorded("purplimab", dose="10 mg", started="2026-05-01")])
    assert (drug.dose, drug.amount) == (None, BESIDE.amount)
    (drug,) = one_drug_each([Concomitant("Purplimab")], [recorded("purplimab", dose="10 mg")])
    assert drug.dose == "10 mg"


def test_lengths_of_time_stand_with_their_event_and_their_pair() -> None:
    report = told(case_file(CASE))
    assert [(one.e_i_6a, one.e_i_6b) for one in report.e_i] == [("36", "h"), ("2", "d")]
    first, second = report.g_k[0].g_k_9_i
    assert (first.g_k_9_i_3_1a, first.g_k_9_i_3_1b, first.g_k_9_i_3_2a) == ("1.5", "d", None)
    assert (second.g_k_9_i_3_1a, second.g_k_9_i_3_1b) == ("40", "min")
    assert (second.g_k_9_i_3_2a, second.g_k_9_i_3_2b) == ("5", "min")


def test_past_drugs_and_other_therapies_are_told_and_never_that_there_were_none() -> None:
    report = told(case_file(CASE))
    assert report.d.d_7_3 is True
    assert report.d.d_8_r == (
        model.PastDrug(
            "Greenimab", "1", "1234-567", d_8_r_4=Stamp("2021"), d_8_r_5=Stamp("202106"),
            d_8_r_6a="28.1", d_8_r_6b="90000001", d_8_r_7a="28.1", d_8_r_7b="90000001",
        ),
        model.PastDrug(NullFlavor.UNK, d_8_r_4=Stamp("2019")),
    )  # fmt: skip
    assert told(case_file()).d.d_7_3 is None


@pytest.mark.parametrize(
    ("death", "ended", "day", "autopsy"),
    [
        (None, None, None, NullFlavor.UNK),
        (None, date(2026, 6, 2), Stamp("20260602"), NullFlavor.UNK),
        (Death(), date(2026, 6, 2), Stamp("20260602"), NullFlavor.UNK),
        (Death("2026-06", autopsy=True), date(2026, 6, 2), Stamp("202606"), True),
        (Death(Missing("ASKU"), Missing("NASK")), None, NullFlavor.ASKU, NullFlavor.NASK),
    ],
)
def test_the_day_of_a_death_is_told_or_why_it_is_not_and_nobody_is_said_to_have_asked(
    death: Death | None, ended: date | None, day: Any, autopsy: Any
) -> None:
    fatal = replace(REPORT, seriousness=("death",), outcome="FATAL", ended_on=ended, death=death)
    patient = told(case_file(fatal)).d
    assert (patient.d_9_1, patient.d_9_3) == (day, autopsy)
    found = {
        each.id for each in check(drafted(case_file(fatal)), Profile.FDA_IND, Context(CREATED))
    }
    assert ("R0041" in found) == (day is None)
    assert not {each for each in found if each.endswith("NULLFLAVOR")}


def test_causes_of_death_go_out_in_words_and_by_code_and_stand_on_the_form() -> None:
    causes = (Cause("Sepsis", TERM), Cause("Bleeding"))
    death = Death("2026-06-02", autopsy=True, causes=causes, autopsy_causes=causes[:1])
    report = told(case_file(replace(CASE, seriousness=("death",), death=death)))
    assert report.d.d_9_2_r == (
        model.DeathCause("28.1", "90000001", "Sepsis"), model.DeathCause(None, None, "Bleeding"),
    )  # fmt: skip
    assert report.d.d_9_4_r == (model.AutopsyCause("28.1", "90000001", "Sepsis"),)
    form = cioms_form(report, report_date=CREATED.date(), follow_up=False)
    assert (
        "Died: 2026-06-02; autopsy done; cause Sepsis; cause Bleeding; cause by autopsy Sepsis"
        in form.description.split("\n")
    )


def test_a_code_is_told_on_the_form_by_its_term_where_a_dictionary_is_loaded() -> None:
    history = (HistoryItem("Liver of purple", TERM),)
    form = cioms_form(
        told(case_file(replace(CASE, history=history)), "eudravigilance"),
        report_date=CREATED.date(),
        follow_up=False,
        terms={"90000001": "Purple liver"}.get,
    )
    term = "Purple liver (MedDRA LLT 90000001)"
    assert form.concomitants.endswith(f"Fever ({term})")
    assert form.history.split("\n")[0] == term
    assert f"for {term}, reaction {term}" in form.history
    assert "by method" not in form.description, "a code of the EU is no method in words"
    assert "Febrile neutropenia: Suspected" in form.description


def test_why_a_dose_form_is_missing_says_what_is() -> None:
    bare = replace(HOW, form=Missing("ASKU"), form_code=None)
    form = cioms_form(
        told(case_file(replace(CASE, administrations=(bare,)))),
        report_date=CREATED.date(),
        follow_up=False,
    )
    assert "dose form: asked, not known" in form.suspect_drugs


@needs_samples
@pytest.mark.parametrize(
    ("receiver", "profile"), [("fda", Profile.FDA_IND), ("eudravigilance", Profile.EU_CTR)]
)
def test_the_schemas_take_it_all_it_comes_back_the_same_and_no_rule_finds_fault_with_it(
    receiver: str, profile: Profile
) -> None:
    batch = drafted(case_file(CASE, given=DOSES), receiver)
    raw = generate(batch)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == batch
    assert generate(parse(raw)) == raw
    context = Context(now=CREATED)
    plain = replace(REPORT, further_events=(Event("2", "Sepsis"),))
    before = {each.id for each in check(drafted(case_file(plain), receiver), profile, context)}
    # Two events, of which the one without an onset has its duration now.
    assert {each.id for each in check(batch, profile, context)} == before - {"FDA.E.i.4.CROSS"}


def test_the_form_says_it_in_its_boxes() -> None:
    form = cioms_form(
        told(case_file(CASE, given=DOSES)), report_date=CREATED.date(), follow_up=False
    )
    assert "Powder (PDF-50043000)" in form.suspect_drugs
    assert "medication error, overdose" in form.suspect_drugs
    assert form.routes == "#1 Intravenous (ROA-20045000)"
    assert form.concomitants == (
        "#1 Purplimab (Tablet) 2026-05-01 / ?, 7.5 mg every 12 hours, 048, 3 weeks, "
        "Fever (MedDRA LLT 90000001)"
    )
    term = "MedDRA LLT 90000001"
    assert form.history.split("\n")[-3:] == [
        f"past drug Greenimab, 1234-567, 2021 to 2021-06, for {term}, reaction {term}",
        "past drug unknown, 2019",
        "other therapies at the time of the event: see the narrative",
    ]
    assert "lasted 36 hours" in form.description
    ozogamicin = told(case_file(CASE)).g_k[0].g_k_2_2
    assert (
        f"{ozogamicin}: Sepsis began 40 minutes after its first dose, 5 minutes after its last dose"
        in form.description
    )


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"administrations": (replace(HOW, route_code=SystemCode("EDQM", "048", "1")),)},
         ("/administrations/0/route_code/code", "code-malformed")),
        ({"administrations": (replace(HOW, form_code=SystemCode("ICH", "048", "1")),)},
         ("/administrations/0/form_code/system", "code-system-unknown")),
        ({"concomitants": (replace(BESIDE, product_code=SystemCode("NDC", "12", "1")),)},
         ("/concomitants/0/product_code/code", "code-malformed")),
        ({"past_drugs": (PastDrug("A", started="2021", ended="2020"),)},
         ("/past_drugs/0/ended", "before-start")),
        ({"past_drugs": (PastDrug("A"), PastDrug("B", started="2031"))},
         ("/past_drugs/1/started", "in-the-future")),
        ({"past_drugs": (PastDrug("A", SystemCode("MPID", "1", "1")),)},
         ("/past_drugs/0/product_code/system", "code-system-unknown")),
        ({"death": Death("2031")}, ("/death/on", "in-the-future")),
        ({"latencies": (Latency("INO", "3"),)}, ("/latencies/0/event", "event-unknown")),
        ({"latencies": (Latency("XXX", "1"),)}, ("/latencies/0/product", "product-unknown")),
        ({"latencies": (Latency("INO", "1"),) * 2}, ("/latencies/1", "latency-repeated")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_pointed_at(changes: dict[str, Any], fault: tuple[str, str]) -> None:
    found = examine(shipped(), replace(CASE, **changes), CREATED)
    assert [(each.pointer, each.code) for each in found] == [fault]


def test_each_circumstance_and_each_unit_has_its_code_and_its_words() -> None:
    assert codes("circumstance").keys() == set(get_args(Circumstance))
    assert set(codes("circumstance").values()) == elements()["G.k.10.r"].codes
    for code in codes("circumstance").values():
        assert word("circumstance", code) != code
    assert {word("unit", each) for each in get_args(TimeUnit)}.isdisjoint(get_args(TimeUnit))


@pytest.mark.parametrize("kind", ["route", "form", "product"])
def test_each_code_system_says_in_which_table_its_root_and_its_shape_stand(kind: Any) -> None:
    for system in term_systems(kind).values():
        assert system.source.startswith(("FDA core and regional", "ICH core data elements"))
        assert not system.has_shape_of("")
    examples = {"route": "ROA-20001000", "form": "BDF-0069", "product": "0002-7597-01"}
    assert next(iter(term_systems(kind).values())).has_shape_of(examples[kind])
