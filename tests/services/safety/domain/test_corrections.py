"""What a correction may do: put nothing off unsigned, take nothing off the list that was met."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from services.safety.domain import correcting, telling
from services.safety.domain.case import Event, Report, is_significant
from services.safety.domain.classification import classify
from services.safety.domain.facts import Fact, known
from services.safety.domain.inheriting import inherited
from services.safety.domain.obligations import Obligation
from services.safety.domain.postponing import put_off
from services.safety.domain.site_clock import site_obligations
from tests.services.safety.domain.story import CASE, LATER, Story, local, rule_set, shipped
from tests.services.safety.domain.test_content import (
    FIRST,
    SECOND_DAY,
    first,
    first_facts,
    recorded,
    safety,
)


def corrected(
    facts: Sequence[Fact], before: Report, after: Report, at: datetime = SECOND_DAY
) -> list[Fact]:
    """The facts once an amendment was recorded: what it corrects, and that it did."""
    told = correcting.corrections(safety(), before, after, known(facts, at), "Site")
    significant = is_significant(before, after)
    told.append(correcting.correction_fact(2, at, "Europe/Paris", "Site", significant=significant))
    return [*facts, *recorded(told, at)]


def all_owed(facts: Sequence[Fact], rules: str = "eu_ctr") -> tuple[Obligation, ...]:
    return (
        *classify(CASE, facts, rule_set(rules), LATER).obligations,
        *site_obligations(CASE, facts, shipped(), LATER),
    )


def states(facts: Sequence[Fact], rules: str = "eu_ctr") -> dict[str, str]:
    return {each.clock_id: each.state for each in all_owed(facts, rules)}


def later(after: Report, before: Report = FIRST) -> set[str]:
    """The clocks that an amendment puts off or takes away."""
    facts = first_facts(before)
    done = all_owed(corrected(facts, before, after))
    return {each.clock_id for each in put_off(all_owed(facts), done)}


@pytest.mark.parametrize(
    ("change", "clocks"),
    [
        ({"received_at": local("2026-06-02T00:00")}, {"eu_susar_other"}),
        # The same instant is a later date where the receiver is said to be elsewhere.
        ({"received_at": FIRST.received_at.replace(hour=23), "received_zone": "Asia/Tokyo"},
         {"eu_susar_other"}),
        ({"aware_at": local("2026-06-01T08:00")}, {"site_to_sponsor"}),
        ({"seriousness": (), "serious": False}, {"eu_susar_other", "site_to_sponsor"}),
        # Earlier may always be said, and so may what no date hangs on.
        ({"received_at": local("2026-05-31T09:00")}, set()),
        ({"received_at": local("2026-06-01T10:00")}, set()),
        ({"aware_at": local("2026-05-31T09:00")}, set()),
        ({"seriousness": ("death",), "grade": 5}, set()),
        ({"narrative": "Typed wrongly.", "onset_on": None}, set()),
    ],
)  # fmt: skip
def test_a_correction_that_puts_off_a_due_date_or_takes_one_away_is_found(
    change: dict[str, Any], clocks: set[str]
) -> None:
    assert later(replace(FIRST, **change)) == clocks


def test_a_death_that_a_correction_takes_back_is_a_due_date_taken_away() -> None:
    fatal = replace(FIRST, seriousness=("death",), grade=5)
    assert later(FIRST, before=fatal) == {"eu_susar_fatal", "eu_susar_fatal_completion"}


def test_what_was_met_before_a_correction_is_not_put_off_by_it() -> None:
    reported = _reported(first(), "other", "2026-06-03")
    moved = corrected(reported, FIRST, replace(FIRST, received_at=local("2026-06-02T09:00")))
    found = put_off(all_owed(reported), all_owed(moved))
    assert "eu_susar_other" not in {each.clock_id for each in found}


def _reported(
    facts: Sequence[Fact], kind: str, on: str, *, authority: str = "EU", complete: bool = False
) -> list[Fact]:
    """The facts with a report of the open obligation of a kind, accepted."""
    rules = {"EU": "eu_ctr", "US": "us_ind"}[authority]
    names = [str(e.obligation_id) for e in all_owed(facts, rules)
             if e.kind == kind and e.state == "open"]  # fmt: skip
    return [*facts, *_alone(Story().sent(on, authority, kind, obligations=names,
                                         complete=complete))]  # fmt: skip


def _alone(story: Story) -> list[Fact]:
    """The facts of a story that joins another one, by ids of their own."""
    return [replace(fact, fact_id=uuid.uuid4()) for fact in story.facts]


def test_what_was_reported_stays_on_the_list_when_a_correction_says_it_never_was_owed() -> None:
    for after in (
        replace(FIRST, serious=False, seriousness=()),
        replace(FIRST, received_at=local("2026-06-02T09:00")),
    ):
        facts = corrected(_reported(first(), "other", "2026-06-04"), FIRST, after)
        (submitted,) = [each for each in all_owed(facts) if each.due_on.isoformat() == "2026-06-16"]
        assert (submitted.clock_id, submitted.state) == ("eu_susar_other", "submitted")


def test_a_waived_obligation_stays_on_the_list_too() -> None:
    facts = first()
    (target,) = [each for each in all_owed(facts) if each.clock_id == "eu_susar_other"]
    waiver = Story().tell("waiver", "2026-06-03", obligation=str(target.obligation_id))
    facts = corrected([*facts, *_alone(waiver)], FIRST, replace(FIRST, serious=False))
    assert states(facts)["eu_susar_other"] == "waived"


def test_a_significant_correction_after_the_report_is_told_within_fifteen_days() -> None:
    facts = _reported(first(), "other", "2026-06-04")
    after = replace(FIRST, seriousness=("hospitalisation", "disability"))
    (owed,) = [each for each in all_owed(corrected(facts, FIRST, after)) if each.state == "open"
               and each.kind != "site"]  # fmt: skip
    assert (owed.clock_id, owed.due_on.isoformat()) == ("eu_follow_up", "2026-06-23")
    small = corrected(facts, FIRST, replace(FIRST, narrative="A comma."))
    assert "eu_follow_up" not in states(small)
    before = corrected(first(), FIRST, after, local("2026-06-03T09:00"))
    assert "eu_follow_up" not in states(_reported(before, "other", "2026-06-04"))


def test_a_correction_by_which_a_reported_case_never_was_reportable_owes_a_last_follow_up() -> None:
    facts = _reported(first(), "other", "2026-06-04")
    # One that leaves it reportable is no downgrade.
    facts = corrected(facts, FIRST, replace(FIRST, grade=3), local("2026-06-06T09:00"))
    never = corrected(
        facts, replace(FIRST, grade=3), replace(FIRST, grade=3, serious=False, seriousness=())
    )
    assert [e.due_on.isoformat() for e in all_owed(never) if e.kind == "downgrade"] == [
        "2026-06-23"
    ]
    found = {each.clock_id: each for each in all_owed(never)}
    assert found["eu_downgrade"].state == "open"
    assert found["eu_downgrade"].due_on.isoformat() == "2026-06-23"
    # A later correction of what is not reportable any more owes nothing again.
    nothing = replace(FIRST, grade=3, serious=False, seriousness=())
    again = corrected(never, nothing, replace(nothing, grade=2), local("2026-06-10T09:00"))
    assert [e.due_on.isoformat() for e in all_owed(again) if e.kind == "downgrade"] == [
        "2026-06-23"
    ]
    unreported = corrected(first(), FIRST, replace(FIRST, serious=False, seriousness=()))
    assert "eu_downgrade" not in states(unreported)


@pytest.mark.parametrize("by_correction", [True, False])
def test_a_reported_death_that_was_none_opens_no_older_clock(by_correction: bool) -> None:
    fatal = replace(FIRST, seriousness=("death",), grade=5)
    facts = _reported(first_facts(fatal), "fatal", "2026-06-04", complete=True)
    if by_correction:
        facts = corrected(facts, fatal, FIRST)
    else:
        lived = replace(FIRST, received_at=SECOND_DAY)
        told = telling.newly_told(safety(), fatal, lived, known(facts, SECOND_DAY), "desk", "Site")
        news = Story().tell("follow_up", "2026-06-08", significant=True, version=2)
        facts = [*facts, *recorded(told, SECOND_DAY), *_alone(news)]
    found = states(facts)
    assert found["eu_susar_fatal"] == "submitted"
    assert found["eu_follow_up"] == "open"
    assert found.get("eu_susar_other") == ("submitted" if by_correction else None)


def _duplicate() -> list[Fact]:
    """A second case of FIRST's event: the CRO had it two days earlier, and heard of a death."""
    known_by_cro = replace(
        FIRST,
        event_term="febrile NEUTROPENIA",
        seriousness=("hospitalisation", "death"),
        received_at=local("2026-05-30T22:30", "Europe/London"),
        received_zone="Europe/London",
        aware_at=local("2026-05-30T20:00", "Europe/London"),
    )
    return recorded(telling.first_told(safety(), known_by_cro, "cro", "CRO"), SECOND_DAY)


def test_the_awareness_of_a_duplicate_passes_to_the_case_that_remains() -> None:
    told = list(inherited(_duplicate(), FIRST, FIRST, "X-0002"))
    assert {each.kind for each in told} == {
        "site_awareness", "receipt", "criterion", "serious", "seriousness",
    }  # fmt: skip
    assert {each.value["held"] for each in told if each.kind == "seriousness"} == {True}
    assert {each.source for each in told} == {"CRO, by case X-0002"}
    found = {e.clock_id: e for e in all_owed([*first(), *recorded(told, SECOND_DAY)])}
    assert found["eu_susar_fatal"].due_on.isoformat() == "2026-06-06"
    assert (found["eu_susar_fatal"].zone, found["eu_susar_fatal"].state) == (
        "Europe/London", "open",
    )  # fmt: skip
    assert found["site_to_sponsor"].day_zero.isoformat() == "2026-05-30"


def test_what_passes_from_a_later_duplicate_takes_nothing_away() -> None:
    later_one = replace(FIRST, seriousness=("disability",), received_at=local("2026-06-05T09:00"))
    fatal = first_facts(replace(FIRST, seriousness=("death",), grade=5))
    told = inherited(first_facts(later_one), later_one, FIRST, "X-0002")
    before, after = all_owed(fatal), all_owed([*fatal, *recorded(list(told), SECOND_DAY)])
    assert put_off(before, after) == ()


def test_an_event_of_a_duplicate_is_the_one_of_its_term_and_else_the_first() -> None:
    remaining = replace(FIRST, further_events=(Event("3", "Sepsis", seriousness=("death",)),))
    nullified = replace(
        FIRST, event_term="sepsis", further_events=(Event("2", "Rash", seriousness=()),)
    )
    told = inherited(first_facts(nullified), nullified, remaining, "X-0002")
    assert {e.value["event"] for e in told if e.kind == "serious"} == {"3", "1"}


def test_what_was_recorded_between_the_seal_and_the_delivery_was_not_reported() -> None:
    def story(sealed: str | None) -> Story:
        told = Story().susar("2026-06-01").tell("follow_up", "2026-06-09", significant=True)
        told.tell("seriousness", "2026-06-09", event="1", criterion="disability", held=True)
        return told.sent("2026-06-10", "EU", "other", sealed=sealed)

    assert story(None).owes("eu_ctr") == {}
    found = story("2026-06-08").owes("eu_ctr")
    assert {name: each.due_on.isoformat() for name, each in found.items()} == {
        "eu_follow_up": "2026-06-24"
    }


def test_a_second_event_between_the_seal_and_the_delivery_has_a_clock_of_its_own() -> None:
    story = Story().susar("2026-06-01").report("2026-06-09", "disability", event="2")
    story.sent("2026-06-10", "EU", "other", sealed="2026-06-08")
    assert [(o.due_on.isoformat(), o.state) for o in story.classify("eu_ctr").obligations] == [
        ("2026-06-16", "submitted"), ("2026-06-24", "open"),
    ]  # fmt: skip


def test_what_was_received_before_the_report_and_recorded_after_it_was_not_in_it() -> None:
    story = Story().susar("2026-06-02", "death").sent("2026-06-05", "EU", "fatal", complete=True)
    story.report("2026-06-03", "death", event="2", recorded="2026-06-08")
    story.tell("follow_up", "2026-06-03", recorded="2026-06-08", significant=True, version=2)
    fatal = [o for o in story.classify("eu_ctr").obligations if o.clock_id == "eu_susar_fatal"]
    assert [(o.due_on.isoformat(), o.state) for o in fatal] == [
        ("2026-06-09", "submitted"), ("2026-06-10", "open"),
    ]  # fmt: skip
    assert story.owes("eu_ctr")["eu_follow_up"].due_on.isoformat() == "2026-06-18"


def test_a_day_zero_that_moves_after_the_report_opens_nothing_again() -> None:
    story = Story().susar("2026-06-03").sent("2026-06-05", "EU", "other")
    story.report("2026-06-01", "hospitalisation", recorded="2026-06-08")
    assert story.owes("eu_ctr") == {}
