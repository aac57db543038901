"""Every fact of a report that a box asks for is in the box."""

from dataclasses import replace
from datetime import date

import pytest

from services.safety.documents.cioms import cioms_pdf
from services.safety.documents.form import CiomsForm
from services.safety.documents.from_report import cioms_form
from services.safety.documents.narrative import describe
from services.safety.e2b.model import Drug, DrugReaction, HistoryItem, Icsr, LabResult, PastDrug
from services.safety.e2b.parse import parse
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.mutations import with_value
from tests.services.safety.e2b.samples import SCENARIOS, needs_samples, sample


def _form(told: Icsr) -> CiomsForm:
    return cioms_form(told, report_date=date(2026, 4, 7), follow_up=True)


def test_a_report_fills_the_boxes() -> None:
    form = _form(reports.report())
    assert (form.initials, form.country, form.age, form.sex) == ("S-014", "CZ", "9 years", "F")
    assert (form.birth_date, form.onset) == ("masked", "2026-03-31")
    assert form.seriousness.life_threatening
    assert form.seriousness.hospitalised
    assert not form.seriousness.died
    assert form.suspect_drugs == "#1 Investigational conjugate (conjugate, batch A12, withdrawn)"
    assert (form.daily_doses, form.routes) == ("#1 0.8 mg/m2", "#1 Intravenous")
    assert form.therapy_dates == "#1 2026-03-01 / 2026-03-15"
    assert form.indications == "#1 Relapsed leukaemia"
    assert form.concomitants == "#1 Paracetamol"
    assert form.history == "Leukaemia, first diagnosed in 2022"
    assert form.manufacturer == "Induct Sponsor\n1 Long Street\n11000 Praha PR\nCZ"
    assert (form.control_number, form.date_received) == (reports.CASE, "2026-04-06")
    assert (form.source.study, form.source.health_professional, form.source.other) == (
        True, True, False,
    )  # fmt: skip
    assert form.study == "B1931036, 2023-509810-13-00"
    assert form.follow_up is True


def test_the_description_tells_events_opinions_narrative_and_tests_in_this_order() -> None:
    test = LabResult(
        f_r_1=Stamp("20260401"), f_r_2_1="Bilirubin", f_r_3_2="5", f_r_3_2_qualifier=">",
        f_r_3_3="mg/dL", f_r_5="1.2", f_r_6="repeated",
    )  # fmt: skip
    told = replace(reports.report(), f_r=(test,))
    event = "Hepatic veno-occlusive disease"
    when = "onset 2026-03-31"
    criteria = "serious: life-threatening, hospitalisation"
    assert describe(told).split("\n") == [
        f"Event 1: {event} (LLT 90000001, MedDRA 28.1); {when}; {criteria}; not recovered",
        f"Sponsor on Investigational conjugate and {event} by method FDA: Suspected",
        f"Investigator on Investigational conjugate and {event} by method FDA: Suspected",
        "The child fell ill on the 30th day.",
        "Test 2026-04-01 Bilirubin: > 5 mg/dL (normal to 1.2). repeated",
    ]


def test_history_tells_coded_items_and_past_drugs_too() -> None:
    patient = replace(
        reports.report().d,
        d_3="31.5",
        d_7_1_r=(
            HistoryItem("28.1", "90000003", Stamp("2019"), None, None, "mild"),
            HistoryItem("28.1", "90000001", None, True, None, None, True),
        ),
        d_8_r=(PastDrug(d_8_r_1="Greenol", d_8_r_5=Stamp("202001")),),
    )
    assert _form(replace(reports.report(), d=patient)).history.split("\n") == [
        "weight 31.5 kg",
        "Leukaemia, first diagnosed in 2022",
        "MedDRA LLT 90000003, 2019, mild",
        "MedDRA LLT 90000001, continuing, in the family",
        "past drug Greenol, 2020-01",
    ]


@pytest.mark.parametrize(
    ("action", "outcome", "abated"),
    [("1", "1", True), ("1", "3", False), ("1", "0", None), ("4", "1", None), (None, "1", None)],
)
def test_a_reaction_abates_only_after_the_drug_was_stopped(
    action: str | None, outcome: str, abated: bool | None
) -> None:
    batch = with_value(with_value(reports.batch(), "g_k_8", action), "e_i_7", outcome)
    assert _form(batch.messages[0].report).abated is abated


@pytest.mark.parametrize(
    ("code", "reappeared"), [("1", True), ("2", False), ("3", None), ("4", None), (None, None)]
)
def test_a_reaction_reappears_where_rechallenge_says_so(
    code: str | None, reappeared: bool | None
) -> None:
    drug = Drug(g_k_1="1", g_k_9_i=(DrugReaction(g_k_9_i_4=code),))
    assert _form(replace(reports.report(), g_k=(drug,))).reappeared is reappeared


def test_what_is_missing_for_a_reason_says_the_reason() -> None:
    batch = with_value(reports.batch(), "d_1", NullFlavor.ASKU)
    assert _form(batch.messages[0].report).initials == "asked, not known"


def test_an_empty_report_still_gives_a_form() -> None:
    assert cioms_pdf(_form(Icsr())).startswith(b"%PDF")


def test_a_report_with_every_element_gives_a_form() -> None:
    form = _form(everything().messages[0].report)
    assert cioms_pdf(form) == cioms_pdf(form)


@needs_samples
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_sample_of_the_fda_gives_a_form(name: str) -> None:
    form = _form(parse(sample(name)).messages[0].report)
    assert form.control_number.startswith("US-APHARMA-")
    assert cioms_pdf(form).startswith(b"%PDF")
