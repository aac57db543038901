"""Drugs taken beside the treatment, from the case and the record into the report."""

import uuid
from dataclasses import replace

import pytest

from services.safety.documents.from_report import cioms_form
from services.safety.domain.as_told import Missing
from services.safety.domain.clinical import Concomitant
from services.safety.domain.concomitants import Medication, medication, medication_forms, told_of
from services.safety.domain.differences import REVEALING, differences
from services.safety.domain.intake import examine
from services.safety.e2b.generate import generate
from services.safety.e2b.model import Dosage, Icsr, Indication
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.check import check
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.domain import icsr_cases
from tests.services.safety.domain.icsr_cases import CREATED, REPORT, case_file, drafted
from tests.services.safety.domain.story import shipped
from tests.services.safety.e2b.samples import needs_samples, schemas

PARACETAMOL = Concomitant(
    "Paracetamol", "2026-05", "2026-05-31", "500 mg daily", "By mouth", "Fever"
)
ASKED = Missing("ASKU")


def recorded(name: str = "Paracetamol", **known: str | None) -> Medication:
    return Medication(uuid.UUID(int=1), name, **({"started": None, "ended": None} | known))


def beside(*drugs: Concomitant, records: tuple[Medication, ...] = ()) -> Icsr:
    case = case_file(replace(REPORT, concomitants=drugs), medications=records)
    return icsr_cases.told(case)


def test_a_concomitant_drug_stands_beside_the_suspect_with_what_was_told_of_it() -> None:
    suspect, other = beside(PARACETAMOL).g_k
    assert (suspect.g_k_1, other.g_k_1) == ("1", "2")
    assert other.g_k_2_2 == "Paracetamol"
    assert other.g_k_4_r == (
        Dosage(
            g_k_4_r_4=Stamp("202605"),
            g_k_4_r_5=Stamp("20260531"),
            g_k_4_r_8="500 mg daily",
            g_k_4_r_10_1="By mouth",
        ),
    )
    assert other.g_k_7_r == (Indication("Fever"),)
    assert (other.g_k_8, other.g_k_9_i) == (None, ()), "no action and no opinion: it is no suspect"


def test_what_is_missing_for_a_reason_keeps_it_and_what_nobody_said_is_not_there() -> None:
    _, known, bare = beside(
        Concomitant("A", ASKED, Missing("NASK"), None, Missing("UNK"), ASKED), Concomitant("B")
    ).g_k
    (dose,) = known.g_k_4_r
    assert (dose.g_k_4_r_4, dose.g_k_4_r_5) == (NullFlavor.ASKU, NullFlavor.NASK)
    assert (dose.g_k_4_r_10_1, known.g_k_7_r[0].g_k_7_r_1) == (NullFlavor.UNK, NullFlavor.ASKU)
    assert (bare.g_k_4_r, bare.g_k_7_r) == ((), ())


@pytest.mark.parametrize(
    ("reported", "known", "expected"),
    [
        # What only the record knows is added; what was reported stands.
        (Concomitant("paracetamol"), {"started": "2026-05-01", "dose": "1 g"},
         Concomitant("paracetamol", "2026-05-01", None, "1 g")),
        (PARACETAMOL, {"started": "2026-05-03", "ended": "2026-06-09", "dose": "1 g",
                       "route": "Intravenous", "indication": "Pain"},
         replace(PARACETAMOL, started="2026-05-03")),
        (Concomitant("Paracetamol", "2026-05-03"), {"started": "2026-05"},
         Concomitant("Paracetamol", "2026-05-03")),
        (Concomitant("Paracetamol", "2026", "2026-05"),
         {"started": "2026-05-03", "ended": "2026-05-09"},
         Concomitant("Paracetamol", "2026-05-03", "2026-05-09")),
        # A reason for which something is missing gives way to what is known.
        (Concomitant("Paracetamol", ASKED, None, None, ASKED, ASKED),
         {"started": "2026-05-03", "route": "By mouth", "indication": "Fever"},
         Concomitant("Paracetamol", "2026-05-03", None, None, "By mouth", "Fever")),
    ],
)  # fmt: skip
def test_a_drug_that_is_reported_and_on_record_is_one_drug(
    reported: Concomitant, known: dict[str, str], expected: Concomitant
) -> None:
    assert told_of([reported], [recorded(**known)]) == (expected,)


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ({"started": "2026-06-05", "ended": "2026-06-05"}, [("20260605", "20260605")]),
        ({"started": "2026-05-01", "ended": "2026-06-06"}, [("20260501", None)]),
        ({"started": "2026-06", "ended": "2026-12"}, [("202606", None)]),
        ({"started": "2026-06-06"}, []),
    ],
)
def test_what_a_record_plans_for_later_is_not_told_as_if_it_had_been(
    dates: dict[str, str], told: list[tuple[str, str | None]]
) -> None:
    """A report of today is refused for a date to come, and the desk cannot mend a record."""
    _, *others = beside(records=(recorded(**dates),)).g_k
    found = [(dose.g_k_4_r_4, dose.g_k_4_r_5) for one in others for dose in one.g_k_4_r]
    assert found == [(Stamp(start), end and Stamp(end)) for start, end in told]


def test_another_course_or_another_drug_on_record_is_a_drug_of_its_own() -> None:
    records = (
        recorded(started="2026-04-01", ended="2026-04-02"),
        recorded("Purplimab", started="2026-05-03"),
    )
    found = told_of([PARACETAMOL], records)
    assert [(each.name, each.started) for each in found] == [
        ("Paracetamol", "2026-05"), ("Paracetamol", "2026-04-01"), ("Purplimab", "2026-05-03"),
    ]  # fmt: skip
    # One record completes one report, not two.
    assert len(told_of([Concomitant("X"), Concomitant("X")], [recorded("X")])) == 2


def test_a_record_is_told_in_the_words_of_its_form() -> None:
    (form,) = medication_forms()
    items = {
        "medication": "Purplimab", "dose": "5", "dose_unit": "mg", "route": "IV",
        "start_date": "2026-05", "indication": "Fever",
    }  # fmt: skip
    found = medication(shipped(), uuid.UUID(int=1), items, form)
    assert (found.dose, found.route) == ("5 mg", "Intravenous")
    (_, drug) = beside(records=(found,)).g_k
    assert (drug.g_k_2_2, drug.g_k_4_r[0].g_k_4_r_8) == ("Purplimab", "5 mg")
    bare = medication(shipped(), uuid.UUID(int=1), {"medication": "X", "dose_unit": "mg"}, form)
    assert (bare.dose, bare.route) == (None, None), "a unit alone is no dose"
    assert set(form.items) == {item.id for item in shipped().form(form.form).items} - {"ongoing"}


def test_each_drug_keeps_its_id_when_more_is_learned_of_it() -> None:
    before = beside(Concomitant("A"), Concomitant("A")).g_k
    after = beside(Concomitant("A", "2026-05-01"), Concomitant(" a ")).g_k
    assert [one.entity for one in before] == [one.entity for one in after]
    assert len({one.entity for one in before}) == 3


@needs_samples
@pytest.mark.parametrize("receiver", ["fda", "eudravigilance"])
def test_the_schemas_take_it_and_it_comes_back_the_same(receiver: str) -> None:
    unknown = Concomitant("A", ASKED, None, None, Missing("UNK"), Missing("NASK"))
    case = case_file(replace(REPORT, concomitants=(PARACETAMOL, unknown)))
    batch = drafted(case, receiver)
    raw = generate(batch)
    assert schemas().issues_of(raw) == []
    assert parse(raw) == batch


def test_no_rule_finds_fault_with_a_concomitant_drug() -> None:
    context = Context(now=CREATED)
    for receiver, profile in (("fda", Profile.FDA_IND), ("eudravigilance", Profile.EU_CTR)):
        with_it = case_file(replace(REPORT, concomitants=(PARACETAMOL,)))
        found, bare = (
            {issue.id for issue in check(drafted(case, receiver), profile, context)}
            for case in (with_it, case_file())
        )
        assert found == bare


def test_box_22_names_the_drug_and_its_dates() -> None:
    form = cioms_form(
        beside(PARACETAMOL, Concomitant("B", ASKED)), report_date=CREATED.date(), follow_up=False
    )
    assert form.concomitants.split("\n") == [
        "#1 Paracetamol 2026-05 / 2026-05-31, 500 mg daily, By mouth, Fever",
        "#2 B asked, not known / ?",
    ]  # fmt: skip
    assert form.suspect_drugs.startswith("#1 Inotuzumab")
    assert "Paracetamol" not in form.suspect_drugs


@pytest.mark.parametrize(
    ("started", "ended", "fault"),
    [
        ("2026-06-03", None, ("/concomitants/1/started", "in-the-future")),
        ("2026-06-02", None, None),
        ("2026-06", "2026", None),
        (None, "2027", ("/concomitants/1/ended", "in-the-future")),
        ("2026-05-03", "2026-05-02", ("/concomitants/1/ended", "before-start")),
        ("2026-05-03", "2026-05", None),
        ("2026-05", "2026-04", ("/concomitants/1/ended", "before-start")),
        (ASKED, "2026-05", None),
    ],
)
def test_dates_that_cannot_be_are_pointed_at(
    started: str | None, ended: str | None, fault: tuple[str, str] | None
) -> None:
    drugs = (Concomitant("A"), Concomitant("B", started, ended))
    report = replace(REPORT, concomitants=drugs)
    found = examine(shipped(), report, CREATED.replace(day=1, hour=12))
    assert [(each.pointer, each.code) for each in found] == ([] if fault is None else [fault])


def test_a_change_of_drugs_is_shown_as_such_and_kept_from_masked_roles() -> None:
    (found,) = differences(REPORT, replace(REPORT, concomitants=(Concomitant("A", ASKED),)))
    assert (found.field, found.old) == ("concomitants", [])
    assert found.new[0]["started"] == {"missing": "ASKU"}
    assert found.field in REVEALING
