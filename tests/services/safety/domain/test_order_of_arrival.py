"""No clock is hidden by the order in which facts arrive: the later receipt is not always the newer
word, and the later entry is not either."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import permutations

import pytest

from services.safety import life_use_cases
from services.safety.case_schemas import Receipt
from services.safety.domain import correcting, telling
from services.safety.domain.facts import MINIMUM_CRITERIA, Fact, known
from services.safety.domain.site_clock import site_obligations
from tests.services.safety.domain.story import CASE, LATER, PREFIX, Story, dues, local, shipped
from tests.services.safety.domain.test_content import FIRST, first, owes, recorded, safety


def received(facts: Sequence[Fact], at: datetime, **said: object) -> list[Fact]:
    """The facts with a receipt by the CRO, recorded a week after the first version."""
    recorded_at = local("2026-06-08T09:00")
    body = Receipt.model_validate(
        {
            "party": "cro", "source": "CRO", "received_at": at.isoformat(),
            "criteria": list(MINIMUM_CRITERIA), "reason": "told by the CRO", **said,
        }
    )  # fmt: skip
    told = life_use_cases.held_then(safety(), known(facts, recorded_at), body, "Europe/Paris")
    return [*facts, *recorded(list(told), recorded_at)]


def fatal() -> list[Fact]:
    died = replace(FIRST, seriousness=("death",), grade=5, received_at=local("2026-06-03T09:00"))
    return first() + recorded(
        telling.newly_told(safety(), FIRST, died, first(), "desk", "Site"), died.received_at
    )


@pytest.mark.parametrize("at", ["2026-06-02T09:00", "2026-06-04T09:00", "2026-06-07T09:00"])
def test_a_receipt_that_says_nothing_of_seriousness_changes_nothing_of_what_is_known(
    at: str,
) -> None:
    before = owes(fatal())
    assert before["eu_susar_fatal"].due_on == date(2026, 6, 10)
    after = owes(received(fatal(), local(at)))
    assert {name: each.due_on for name, each in after.items()} == {
        name: each.due_on for name, each in before.items()
    }


def test_a_receipt_that_says_nothing_makes_nothing_serious_again() -> None:
    mild = replace(FIRST, serious=False, seriousness=(), received_at=local("2026-06-03T09:00"))
    told = telling.newly_told(safety(), FIRST, mild, first(), "desk", "Site")
    facts = received(first() + recorded(told, mild.received_at), local("2026-06-07T09:00"))
    assert owes(facts) == {}


def test_a_receipt_that_names_fewer_criteria_takes_none_back() -> None:
    after = owes(received(fatal(), local("2026-06-07T09:00"), seriousness=["hospitalisation"]))
    assert after["eu_susar_fatal"].due_on == date(2026, 6, 10)


def test_an_earlier_receipt_is_of_the_event_and_leaves_open_that_it_was_fatal_then() -> None:
    facts = received(first(), local("2026-05-31T09:00"))
    assert {name: each.day_zero for name, each in owes(facts).items()} == {
        "eu_susar_other": date(2026, 5, 31)
    }
    died = received(fatal(), local("2026-05-31T09:00"))
    # The first version said that the child lived: the second episode is the death.
    assert owes(died)["eu_susar_fatal"].day_zero == date(2026, 6, 3)


def test_an_earlier_receipt_that_names_its_criteria_did_not_know_of_the_others() -> None:
    wrong = replace(FIRST, seriousness=("death",), grade=5)
    facts = recorded(telling.first_told(safety(), wrong, "desk", "Site"), FIRST.received_at)
    named = received(facts, local("2026-05-31T09:00"), seriousness=["hospitalisation"])
    assert owes(named)["eu_susar_fatal"].day_zero == date(2026, 6, 1)
    assert owes(named)["eu_susar_other"].day_zero == date(2026, 5, 31)
    silent = received(facts, local("2026-05-31T09:00"))
    assert owes(silent)["eu_susar_fatal"].day_zero == date(2026, 5, 31)


@pytest.mark.parametrize("received_at", ["2026-05-31T09:00", "2026-06-01T09:00"])
def test_a_fatal_follow_up_received_no_later_than_the_first_version_starts_the_seven_days(
    received_at: str,
) -> None:
    at = local(received_at)
    died = replace(FIRST, seriousness=("death",), grade=5, received_at=at)
    told = telling.newly_told(safety(), FIRST, died, first(), "cro", "CRO")
    facts = first() + recorded(told, local("2026-06-02T09:00"))
    found = owes(facts)["eu_susar_fatal"]
    assert (found.day_zero, found.state) == (at.date(), "open")


def test_words_that_stand_beside_each_other_count_by_the_worse_until_a_newer_word_ends_them() -> (
    None
):
    # Received before the first version, recorded after it.
    story = Story().susar("2026-06-02", "hospitalisation")
    story.seriousness("2026-06-01", "death", True, recorded="2026-06-04")
    assert dues(story.owes("eu_ctr"))["eu_susar_fatal"] == "2026-06-09"
    # The other way round: the first version was fatal, and who heard less heard it earlier.
    story = Story().susar("2026-06-02", "death")
    story.seriousness("2026-06-01", "death", False, recorded="2026-06-04")
    assert dues(story.owes("eu_ctr"))["eu_susar_fatal"] == "2026-06-09"
    # Received and recorded later: that is newer.
    story.seriousness("2026-06-05", "death", False)
    assert "eu_susar_fatal" not in story.owes("eu_ctr")
    assert story.states("eu_ctr")["eu_susar_fatal"] == "superseded"


def test_a_correction_is_no_newer_word_than_the_one_that_it_corrects() -> None:
    facts = first()
    told = telling.newly_told(
        safety(), FIRST,
        replace(FIRST, seriousness=("death",), received_at=local("2026-05-31T09:00")), facts,
        "cro", "CRO",
    )  # fmt: skip
    facts += recorded(told, local("2026-06-02T09:00"))
    moved = replace(FIRST, received_at=local("2026-06-01T08:00"))
    at = local("2026-06-03T09:00")
    facts += recorded(correcting.corrections(safety(), FIRST, moved, known(facts, at), "Site"), at)
    assert owes(facts)["eu_susar_fatal"].due_on == date(2026, 6, 7)


def test_an_amendment_contradicts_nobody_who_said_something_else() -> None:
    facts = received(first(), local("2026-06-02T09:00"), seriousness=["death"])
    assert owes(facts)["eu_susar_fatal"].due_on == date(2026, 6, 9)
    at = local("2026-06-09T09:00")
    for after in (
        replace(FIRST, grade=3),
        replace(FIRST, seriousness=("hospitalisation", "disability")),
    ):
        told = correcting.corrections(safety(), FIRST, after, known(facts, at), "Site")
        assert owes([*facts, *recorded(told, at)])["eu_susar_fatal"].due_on == date(2026, 6, 9)


def test_a_criterion_that_an_amendment_adds_counts_against_a_milder_word_only() -> None:
    bare = replace(FIRST, seriousness=())
    bare_facts = recorded(telling.first_told(safety(), bare, "desk", "Site"), FIRST.received_at)
    at = local("2026-06-09T09:00")

    def fatal_after(known_by_cro: str, now: str) -> bool:
        facts = received(bare_facts, local("2026-06-02T09:00"), seriousness=[known_by_cro])
        after = replace(FIRST, seriousness=(now,))
        told = correcting.corrections(safety(), bare, after, known(facts, at), "Site")
        return "eu_susar_fatal" in owes([*facts, *recorded(told, at)])

    assert fatal_after("hospitalisation", "death")
    assert fatal_after("death", "hospitalisation")
    assert not fatal_after("disability", "hospitalisation")


def test_every_order_of_entry_of_the_same_receipts_keeps_the_earliest_death() -> None:
    words = (("2026-06-02", False), ("2026-06-03", True), ("2026-06-04", False))
    for rules in PREFIX:
        for order in permutations(words):
            story = Story().susar("2026-06-01", "hospitalisation")
            for day, (received_on, held) in zip(("08", "09", "10"), order, strict=True):
                story.seriousness(received_on, "death", held, recorded=f"2026-06-{day}")
            found = [o for o in story.classify(rules).obligations if o.kind == "fatal"]
            newer = order.index(words[2]) > order.index(words[1])
            assert found[0].due_on == date(2026, 6, 10), (rules, order)
            assert found[0].state == ("superseded" if newer else "open"), (rules, order)


def test_a_receipt_found_earlier_further_east_puts_no_due_date_off() -> None:
    # Minutes apart: still the second of April in New York, already the third in Prague.
    west = {"received": "2026-04-02T18:20", "zone": "America/New_York"}
    east = {"received": "2026-04-03T00:10", "zone": "Europe/Prague"}
    for told in ((west,), (west, east), (east, west)):
        story = Story()
        for each in told:
            story.report(each["received"], "hospitalisation", zone=each["zone"])
        found = story.owes("eu_ctr")["eu_susar_other"]
        assert (found.day_zero, found.zone) == (date(2026, 4, 2), "America/New_York")
    (alone,) = Story().report(east["received"], "disability", zone=east["zone"]).owes(
        "eu_ctr"
    ).values()  # fmt: skip
    assert alone.day_zero == date(2026, 4, 3)


def test_the_criterion_that_completes_the_four_counts_where_its_date_was_earliest() -> None:
    story = Story().report("2026-04-01", "disability", criteria=MINIMUM_CRITERIA[:3])
    name = MINIMUM_CRITERIA[3]
    for at, zone in (("2026-04-03T00:10", "Europe/Prague"), ("2026-04-02T18:20", "America/Lima")):
        story.tell("criterion", at, criterion=name, held=True, zone=zone)
    assert story.owes("eu_ctr")["eu_susar_other"].day_zero == date(2026, 4, 2)


def test_the_sites_clock_runs_while_any_event_and_any_word_that_stands_is_serious() -> None:
    story = Story().report("2026-06-02", "hospitalisation")
    story.tell("serious", "2026-06-01", event="1", serious=False, recorded="2026-06-04")
    story.tell("serious", "2026-06-03", event="2", serious=False)
    (found,) = site_obligations(CASE, story.facts, shipped(), LATER)
    assert found.state == "open"
