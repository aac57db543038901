"""What versions tell: facts of a follow-up and an amendment, questions, duplicates, narratives."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.domain import correcting, telling
from services.safety.domain.case import Event, Report, SpecialInterest
from services.safety.domain.classification import classify
from services.safety.domain.clinical import OtherIdentifier
from services.safety.domain.consistency import questions
from services.safety.domain.differences import differences
from services.safety.domain.duplicates import Known, suspects
from services.safety.domain.facts import Fact, known
from services.safety.domain.narrative import Setting, narrate, template
from services.safety.domain.obligations import Obligation
from services.safety.domain.reference import proposals, regions_on
from services.safety.domain.telling import Told
from shared.study.safety import AnticipatedEvents, Safety
from tests.services.safety.domain.story import CASE, LATER, local, rule_set, shipped

FIRST = Report(
    serious=True,
    seriousness=("hospitalisation",),
    aware_at=local("2026-06-01T07:00"),
    received_at=local("2026-06-01T09:00"),
    received_zone="Europe/Paris",
    event_term="Febrile neutropenia",
    grade=4,
    onset_on=date(2026, 5, 30),
    reporter="Dr Reporter",
    suspect_product="INO",
)
SECOND_DAY = local("2026-06-08T09:00")


def safety() -> Safety:
    found = shipped().safety
    assert found is not None
    return found


def recorded(told: Sequence[Told], at: datetime) -> list[Fact]:
    return [
        Fact(
            fact_id=uuid.uuid4(),
            kind=each.kind,
            value=each.value,
            received_at=each.received_at,
            received_zone=each.received_zone,
            recorded_at=at,
            source=each.source,
            actor="test",
            true_at=each.true_at,
            supersedes=None if each.supersedes is None else each.supersedes.fact_id,
        )
        for each in told
    ]


def first() -> list[Fact]:
    return recorded(telling.first_told(safety(), FIRST, "desk", "Site"), FIRST.received_at)


def first_facts(report: Report) -> list[Fact]:
    return recorded(telling.first_told(safety(), report, "desk", "Site"), report.received_at)


def owes(facts: Sequence[Fact], as_of: datetime = LATER) -> dict[str, Obligation]:
    found = classify(CASE, facts, rule_set("eu_ctr"), as_of).obligations
    return {each.clock_id: each for each in found if each.state == "open"}


def followed(after: Report) -> list[Fact]:
    told = telling.newly_told(safety(), FIRST, after, first(), "desk", "Site")
    return first() + recorded(told, after.received_at)


def amended(after: Report, at: datetime = SECOND_DAY) -> list[Fact]:
    facts = first()
    told = correcting.corrections(safety(), FIRST, after, known(facts, at), "Site")
    return facts + recorded(told, at)


def test_a_follow_up_tells_what_changed_at_its_own_receipt() -> None:
    after = replace(FIRST, seriousness=("death",), received_at=SECOND_DAY, aware_at=SECOND_DAY)
    told = telling.newly_told(safety(), FIRST, after, first(), "cro", "CRO")
    assert {each.kind for each in told} == {"site_awareness", "receipt", "seriousness"}
    said = {
        each.value["criterion"]: each.value["held"] for each in told if each.kind == "seriousness"
    }
    assert said == {"death": True, "hospitalisation": False}
    assert {each.received_at for each in told} == {SECOND_DAY}
    assert owes(followed(after))["eu_susar_fatal"].day_zero == date(2026, 6, 8)


def test_a_criterion_that_was_held_stays_held_where_a_follow_up_leaves_it_out() -> None:
    after = replace(FIRST, reporter=None, received_at=SECOND_DAY)
    found = owes(followed(after))["eu_susar_other"]
    assert (found.day_zero, "Minimum criteria missing" in found.reason) == (date(2026, 6, 1), False)


def test_what_a_follow_up_takes_away_is_said_to_be_gone() -> None:
    before = replace(FIRST, further_events=(Event("2", seriousness=("death",)),))
    after = replace(FIRST, received_at=SECOND_DAY, suspect_product="DEX", onset_on=None)
    told = telling.newly_told(safety(), before, after, first_facts(before), "desk", "Site")
    said = {(each.kind, *map(str, each.value.values())) for each in told}
    assert ("suspect", "INO", "False") in said
    assert ("suspect", "DEX", "True") in said
    assert ("serious", "2", "False") in said
    assert ("onset", "1", "None") in said


def test_an_amendment_corrects_every_fact_that_said_it_and_keeps_their_receipt() -> None:
    wrong = replace(FIRST, seriousness=("hospitalisation", "death"), grade=5)
    facts = recorded(telling.first_told(safety(), wrong, "desk", "Site"), FIRST.received_at)
    # The CRO said so too.
    facts += [
        replace(
            fact,
            fact_id=uuid.uuid4(),
            received_at=local("2026-05-31T09:00"),
            recorded_at=local("2026-06-02T09:00"),
        )
        for fact in facts
        if fact.kind in {"serious", "seriousness"}
    ]
    assert "eu_susar_fatal" in owes(facts)
    told = correcting.corrections(safety(), wrong, FIRST, known(facts, SECOND_DAY), "Site")
    assert {each.kind for each in told} == {"description", "seriousness"}
    assert {each.received_at for each in told} == {FIRST.received_at, local("2026-05-31T09:00")}
    facts += recorded(told, SECOND_DAY)
    assert set(owes(facts)) == {"eu_susar_other"}
    assert owes(facts)["eu_susar_other"].day_zero == date(2026, 6, 1)
    assert "eu_susar_fatal" in owes(facts, as_of=local("2026-06-03T09:00"))


def test_an_amended_receipt_dates_everything_that_came_with_it_anew() -> None:
    after = replace(
        FIRST, received_at=local("2026-05-31T23:30", "America/New_York"),
        received_zone="America/New_York",
    )  # fmt: skip
    found = owes(amended(after))["eu_susar_other"]
    assert (found.day_zero, found.zone) == (date(2026, 5, 31), "America/New_York")


def test_an_amended_awareness_is_corrected_for_the_sites_clock() -> None:
    told = correcting.corrections(
        safety(), FIRST, replace(FIRST, aware_at=local("2026-05-31T07:00")), first(), "Site"
    )
    assert [(each.kind, each.true_at) for each in told] == [
        ("site_awareness", local("2026-05-31T07:00"))
    ]


def test_an_amendment_that_takes_a_criterion_back_says_that_it_was_never_held() -> None:
    found = owes(amended(replace(FIRST, reporter=None)))["eu_susar_other"]
    assert "Minimum criteria missing: identifiable_reporter" in found.reason


def test_what_an_amendment_adds_counts_from_the_receipt_that_it_corrects() -> None:
    before = replace(FIRST, suspect_product=None)
    facts = recorded(telling.first_told(safety(), before, "desk", "Site"), before.received_at)
    told = correcting.corrections(safety(), before, FIRST, known(facts, SECOND_DAY), "Site")
    assert {(each.kind, each.received_at) for each in told} == {
        ("criterion", FIRST.received_at),
        ("suspect", FIRST.received_at),
    }


def test_an_anticipated_term_is_told_with_the_version_of_its_list_and_only_once() -> None:
    listed = AnticipatedEvents(
        version="1.1", terms=("Febrile neutropenia",), source="record"
    )  # fmt: skip
    own = safety().model_copy(update={"anticipated": listed})
    told = telling.first_told(own, FIRST, "desk", "Site")
    (one,) = [each for each in told if each.kind == "anticipated"]
    assert one.value == {"event": "1", "listed": True, "list": "1.1"}
    after = replace(FIRST, received_at=SECOND_DAY, event_term="Sepsis")
    told = telling.newly_told(own, FIRST, after, first(), "desk", "Site")
    (gone,) = [each for each in told if each.kind == "anticipated"]
    assert gone.value["listed"] is False


texts = st.sampled_from(["Sepsis", "Febrile neutropenia", None])
reports = st.builds(
    lambda term, criteria, product, onset: replace(
        FIRST,
        event_term=term,
        seriousness=tuple(sorted(criteria)),
        serious=bool(criteria),
        suspect_product=product,
        onset_on=onset,
    ),
    texts,
    st.sets(st.sampled_from(["death", "hospitalisation"])),
    st.sampled_from(["INO", "DEX", None]),
    st.sampled_from([date(2026, 5, 30), None]),
)


@settings(deadline=None)
@given(reports, reports)
def test_after_an_amendment_the_facts_are_those_of_a_report_that_was_right_from_the_start(
    wrong: Report, right: Report
) -> None:
    facts = recorded(telling.first_told(safety(), wrong, "desk", "Site"), FIRST.received_at)
    told = correcting.corrections(safety(), wrong, right, known(facts, SECOND_DAY), "Site")
    facts += recorded(told, SECOND_DAY)
    straight = recorded(telling.first_told(safety(), right, "desk", "Site"), FIRST.received_at)
    found, wanted = (
        {
            (each.clock_id, each.day_zero, each.due_on, each.provisional, each.state)
            for each in classify(CASE, some, rule_set("eu_ctr"), LATER).obligations
        }
        for some in (facts, straight)
    )
    assert found == wanted


def test_grade_5_is_death_and_whatever_does_not_fit_is_asked_and_not_changed() -> None:
    def codes(**changes: object) -> list[str]:
        return [each.code for each in questions(replace(FIRST, **changes))]

    assert codes(grade=5) == ["grade-5-without-death"]
    assert codes(grade=4, seriousness=("death",)) == ["death-without-grade-5"]
    assert codes(grade=4) == ["grade-4-without-life-threatening"]
    assert codes(grade=4, seriousness=("life_threatening",)) == []
    assert codes(grade=3, outcome="FATAL") == ["outcome-against-death"]
    assert codes(grade=3, seriousness=()) == ["serious-without-criterion"]
    assert codes(grade=3) == []


def test_duplicates_are_suspected_by_term_or_onset_most_reasons_first() -> None:
    near = replace(FIRST, event_term="  FEBRILE  neutropenia ", onset_on=date(2026, 6, 2))
    term = replace(FIRST, onset_on=date(2026, 1, 1))
    none = replace(FIRST, event_term="Sepsis", onset_on=date(2026, 6, 3))
    others = [Known(name, "S01-001", one) for name, one in (("A", term), ("B", near), ("C", none))]
    found = suspects(Known("T-0009", "S01-001", FIRST), [*others, Known("D", "S01-002", near)])
    assert [(each.case_number, each.reasons) for each in found] == [
        ("B", ("same-term", "onset-within-3-days")),
        ("A", ("same-term",)),
    ]


NUMBER = OtherIdentifier("Partner", "P-1")


@pytest.mark.parametrize(
    ("ours", "theirs", "reasons"),
    [
        ((NUMBER,), (NUMBER,), ("cited-number",)),
        ((NUMBER,), (OtherIdentifier("Another", "P-1"),), None),
        ((OtherIdentifier("X", "CZ-SPONSOR-T-0002"),), (), ("cited-number",)),
        ((), (OtherIdentifier("X", "T-0001"),), ("cited-number",)),
        ((), (OtherIdentifier("X", "T-00012"),), None),
        ((), (OtherIdentifier("X", "OUT-0001"),), None),
    ],
)
def test_a_case_of_another_child_is_suspected_where_one_cites_the_others_number(
    ours: Any, theirs: Any, reasons: Any
) -> None:
    one = Known("T-0001", "S01-001", replace(FIRST, other_identifiers=ours))
    other = Known("T-0002", "S01-002", replace(FIRST, other_identifiers=theirs))
    found = suspects(one, [other])
    assert [each.reasons for each in found] == ([] if reasons is None else [reasons])
    assert suspects(one, [other], cited=False) == ()


def test_differences_name_each_field_with_its_old_and_new_value() -> None:
    after = replace(FIRST, grade=5, onset_on=None, further_products=("DEX",))
    found = {each.field: (each.old, each.new) for each in differences(FIRST, after)}
    assert found == {
        "grade": (4, 5), "onset_on": ("2026-05-30", None), "further_products": ([], ["DEX"]),
    }  # fmt: skip


def test_a_narrative_says_what_is_known_and_that_the_rest_is_not() -> None:
    setting = Setting("NCT05748171", "S01-001", "S01")
    bare = replace(FIRST, reporter=None, suspect_product=None, grade=None, onset_on=None)
    words = narrate(template(), setting, bare, [])
    assert "its source is not known yet" in words
    assert "No suspect product is known yet." in words
    assert "Event 1: Febrile neutropenia; grade not known yet; onset not known yet." in words
    special = SpecialInterest("SOS_VOD", "ebmt_paediatric", "2018", {"weight": "31.5"})
    full = replace(
        FIRST,
        special_interest=special,
        narrative="Fever {x}",
        further_events=(Event("2", term="Sepsis", grade=5, seriousness=("death",)),),
    )
    words = narrate(template(), setting, full, [])
    assert "it is SOS_VOD, by ebmt_paediatric 2018: weight 31.5." in words
    assert words.endswith("The reporter's words: Fever {x}")
    assert words.index("Event 1") < words.index("serious by: hospitalisation") < words.index(
        "Event 2"
    ) < words.index("serious by: death")  # fmt: skip


def test_reference_information_counts_by_region_between_its_dates() -> None:
    reference = safety().reference_safety[0]
    assert regions_on(reference, date(2023, 5, 16)) == ()
    assert regions_on(reference, date(2023, 5, 17)) == ("EU", "GB", "US")
    ended = reference.model_copy(
        update={"valid": (reference.valid[0].model_copy(update={"until": date(2024, 1, 1)}),)}
    )
    assert regions_on(ended, date(2024, 1, 1)) == ("EU",)
    assert regions_on(ended, date(2024, 1, 2)) == ()
    assert [each.product for each in proposals(safety(), FIRST)] == ["INO"]
    late = datetime(2022, 1, 1, tzinfo=UTC)
    assert list(proposals(safety(), replace(FIRST, onset_on=None, received_at=late))) == []


def test_a_listed_reaction_is_not_proposed_as_expected_where_it_killed() -> None:
    term = FIRST.event_term or ""

    def listed(*seriousness: str, **terms: tuple[str, ...]) -> list[bool]:
        reference = safety().reference_safety[0].model_copy(update=terms)
        known = safety().model_copy(update={"reference_safety": (reference,)})
        return [each.listed for each in proposals(known, replace(FIRST, seriousness=seriousness))]

    assert listed("hospitalisation", expected_terms=(term,)) == [True]
    assert listed("death", expected_terms=(term,)) == [False]
    assert listed("death", expected_terms=(term,), expected_fatal_terms=(term,)) == [True]
    assert listed("hospitalisation", expected_fatal_terms=(term,)) == [False]


def test_dates_that_cannot_be_are_asked_about_and_taken() -> None:
    def codes(born: str | None = "2015-06", **changes: object) -> list[str]:
        report = replace(FIRST, grade=3, **changes)
        return [each.code for each in questions(report, born)]

    assert codes() == []
    assert codes(aware_at=local("2026-06-01T09:01")) == ["aware-after-receipt"]
    assert codes(onset_on=date(2026, 6, 3)) == ["onset-after-receipt"]
    # The first of June may have been the second somewhere.
    assert codes(onset_on=date(2026, 6, 1)) == []
    assert codes(onset_on=date(2015, 5, 31)) == ["onset-before-birth"]
    assert codes(onset_on=date(2015, 6, 1)) == []
    assert codes(born=None, onset_on=date(2015, 5, 31)) == []
