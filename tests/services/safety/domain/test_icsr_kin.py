"""A case of a participant's child, the dose until the first reaction, and what is said beside."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.safety.documents.from_report import cioms_form
from services.safety.domain.as_told import Missing
from services.safety.domain.body_size import Measured
from services.safety.domain.case import Event
from services.safety.domain.clinical import (
    Administration,
    Authorisation,
    Comments,
    Concomitant,
    PastDrug,
    Quantity,
    Summary,
    SystemCode,
    Term,
)
from services.safety.domain.intake import examine
from services.safety.domain.kin import Offspring, Parent, ParentItem
from services.safety.e2b import model
from services.safety.e2b.generate import generate
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.check import check
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.domain import icsr_cases
from tests.services.safety.domain.icsr_cases import CREATED, REPORT, case_file, drafted, told_of
from tests.services.safety.domain.story import shipped
from tests.services.safety.e2b.samples import needs_samples, schemas

WEEKS = Quantity("20", "wk")
TERM = Term("90000003", "28.1")
FOETUS = Offspring(Missing("UNK"), None, WEEKS)
MOTHER = Parent(
    last_period_on="2026-01",
    weight_kg="61.5",
    height_cm="165",
    history=(
        ParentItem("Purple liver", TERM, "2019", Missing("ASKU"), True, "mild"),
        ParentItem("Asthma", None, "2021"),
    ),
    other_history="Leukaemia",
    past_drugs=(PastDrug("Aspirin", SystemCode("NDC", "00123-4567", "1"), "2024", "2025", TERM),),
)
HOW = Administration(
    "INO",
    cumulative=Quantity("1.3", "mg/m2"),
    gestation=Quantity("1", "{trimester}"),
    parent_route="Intravenous",
    parent_route_code=SystemCode("ICH", "042", "1"),
    obtained_in="CZ",
    authorisation=Authorisation("EU/1/17/1200/001", "NL", "Somebody"),
    more="Second vial not used",
)
WHOLE = replace(
    REPORT,
    last_period_on=Missing("MSK"),
    offspring=FOETUS,
    parent=MOTHER,
    administrations=(HOW,),
    medically_confirmed=True,
    comments=Comments("Unlikely", "Possible", (TERM,), (Summary("cze", "Horečka"),)),
)
GIRL = {"sex": "female", "born": "2009-03"}


def of_girl(**content: Any) -> model.Icsr:
    return icsr_cases.told(case_file(replace(WHOLE, **content), **GIRL))


def test_the_patient_is_the_child_and_the_participant_its_parent() -> None:
    told = of_girl().d
    assert (told.d_2_2a, told.d_2_2_1a, told.d_2_2_1b) == (None, "20", "wk")
    assert (told.d_5, told.d_6) == (NullFlavor.UNK, NullFlavor.MSK)
    assert told.d_10 == model.Parent(
        d_10_1="S01-001", d_10_2_2a="17", d_10_2_2b="a", d_10_3=Stamp("202601"), d_10_4="61.5",
        d_10_5="165", d_10_6="2", d_10_7_2="Leukaemia\nAsthma (2021)",
        d_10_7_1_r=(
            model.ParentHistoryItem(
                "28.1", "90000003", Stamp("2019"), True, NullFlavor.ASKU, "mild"
            ),
        ),
        d_10_8_r=(
            model.ParentDrug(
                "Aspirin", "1", "00123-4567", None, None, Stamp("2024"), Stamp("2025"), "28.1",
                "90000003",
            ),
        ),
    )  # fmt: skip


def test_what_was_measured_is_the_parents_and_an_age_that_cannot_be_counted_is_kept_back() -> None:
    report = replace(REPORT, onset_on=None, offspring=Offspring("male", Quantity("3", "d")))
    case = case_file(report, measured=[Measured(date(2026, 6, 1), "60", "160")])
    told = icsr_cases.told(case).d
    assert (told.d_3, told.d_4, told.d_5) == (None, None, "1")
    assert (told.d_2_2a, told.d_2_2b) == ("3", "d")
    assert told.d_10 == model.Parent(
        d_10_1="S01-001", d_10_2_1=NullFlavor.MSK, d_10_4="60", d_10_5="160", d_10_6="2"
    )


def test_without_a_child_nothing_is_told_of_a_parent() -> None:
    assert told_of().d.d_10 is None


def test_a_drug_is_told_with_its_whole_dose_its_gestation_its_market_and_words() -> None:
    drug = of_girl().g_k[0]
    assert (drug.g_k_5a, drug.g_k_5b, drug.g_k_6a, drug.g_k_6b) == (
        "1.3", "mg/m2", "1", "{trimester}",
    )  # fmt: skip
    assert (drug.g_k_2_4, drug.g_k_3_1, drug.g_k_3_2, drug.g_k_3_3) == (
        "CZ", "EU/1/17/1200/001", "NL", "Somebody",
    )  # fmt: skip
    assert drug.g_k_11 == "Second vial not used"
    (dose,) = drug.g_k_4_r
    assert (dose.g_k_4_r_11_1, dose.g_k_4_r_11_2b) == ("Intravenous", "042")
    beside = told_of(concomitants=(Concomitant("Aspirin", more="Half a tablet"),)).g_k[1]
    assert beside.g_k_11 == "Half a tablet"


def test_comments_diagnoses_and_summaries_are_told_and_who_confirmed_each_event() -> None:
    more = (Event("2", term="Sepsis", seriousness=("death",), medically_confirmed=False),)
    told = of_girl(further_events=more)
    assert (told.h.h_2, told.h.h_4) == ("Unlikely", "Possible")
    assert told.h.h_3_r == (model.SenderDiagnosis("28.1", "90000003"),)
    assert told.h.h_5_r == (model.NativeSummary("Horečka", "cze"),)
    assert [one.e_i_8 for one in told.e_i] == [True, False]


@needs_samples
@pytest.mark.parametrize("receiver", ["fda", "eudravigilance"])
def test_the_schemas_take_it_and_it_comes_back_the_same(receiver: str) -> None:
    batch = drafted(case_file(WHOLE, **GIRL), receiver)
    raw = generate(batch)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == batch


@pytest.mark.parametrize("profile", [Profile.FDA_IND, Profile.EU_CTR])
def test_no_rule_finds_fault_with_it(profile: Profile) -> None:
    receiver = "fda" if profile is Profile.FDA_IND else "eudravigilance"
    whole, bare = (
        {issue.id for issue in check(drafted(case_file(each, **GIRL), receiver), profile,
                                     Context(now=CREATED))}
        for each in (WHOLE, REPORT)
    )  # fmt: skip
    assert whole <= bare


def test_the_form_tells_all_of_it() -> None:
    form = cioms_form(of_girl(), report_date=CREATED.date(), follow_up=False)
    assert form.history.split("\n") == [
        "last menstrual period masked",
        "foetus at a gestation of 20 weeks",
        "unknown",
        "parent: S01-001, F, 17 years",
        "parent: weight 61.5 kg, height 165 cm",
        "parent: last menstrual period 2026-01",
        "parent: Leukaemia",
        "parent: Asthma (2021)",
        "parent: MedDRA LLT 90000003, 2019 to asked, not known, continuing, mild",
        "parent: past drug Aspirin, 00123-4567, 2024 to 2025, for MedDRA LLT 90000003",
    ]
    assert form.daily_doses == "#1 in all 1.3 mg/m2 until the first reaction"
    assert form.routes == "#1 parent: Intravenous (042)"
    for said in ("obtained in CZ", "authorised: NL EU/1/17/1200/001, Somebody",
                 "exposed at a gestation of 1 trimesters", "Second vial not used"):  # fmt: skip
        assert said in form.suspect_drugs
    for said in ("confirmed by a health professional", "Reporter: Unlikely", "Sender: Possible",
                 "Sender's diagnosis: LLT 90000003, MedDRA 28.1", "Horečka"):  # fmt: skip
        assert said in form.description


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"offspring": None}, "/parent", "parent-of-nobody"),
        ({"last_period_on": "2027"}, "/last_period_on", "in-the-future"),
        (
            {"offspring": Offspring(gestation=Quantity("46", "wk"))},
            "/offspring/gestation", "gestation-implausible",
        ),
        (
            {"administrations": (replace(HOW, gestation=Quantity("4", "{trimester}")),)},
            "/administrations/0/gestation", "gestation-implausible",
        ),
        (
            {"administrations": (replace(HOW, parent_route_code=SystemCode("NDC", "1", "1")),)},
            "/administrations/0/parent_route_code/system", "code-system-unknown",
        ),
        (
            {"parent": replace(MOTHER, last_period_on="2027")},
            "/parent/last_period_on", "in-the-future",
        ),
        ({"parent": replace(MOTHER, weight_kg="0")}, "/parent/weight_kg", "size-implausible"),
        ({"parent": replace(MOTHER, height_cm="251")}, "/parent/height_cm", "size-implausible"),
        (
            {"parent": Parent(history=(ParentItem("A", None, "2020", "2019"),))},
            "/parent/history/0/ended", "before-start",
        ),
        (
            {"parent": Parent(past_drugs=(PastDrug("A", started="2020", ended="2019"),))},
            "/parent/past_drugs/0/ended", "before-start",
        ),
    ],
)  # fmt: skip
def test_what_is_malformed_is_pointed_at(change: Any, pointer: str, code: str) -> None:
    (fault,) = examine(shipped(), replace(WHOLE, **change), CREATED)
    assert (fault.pointer, fault.code) == (pointer, code)
