"""The number of an event stays with the event."""

from datetime import date

import pytest

from services.safety.domain.case import Event
from services.safety.domain.numbering import Given, NumberFaults, numbers

SEPSIS, RASH = Event("2", "Sepsis", onset_on=date(2026, 6, 1)), Event("3", "Rash")
BEFORE, USED = (SEPSIS, RASH), ("2", "3")


def given(term: str | None, number: str | None = None, onset: date | None = None) -> Given:
    return Given(number, term, onset)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        # An event that is left out takes nobody's number.
        ([given("Rash")], ("3",)),
        ([given("Sepsis")], ("2",)),
        # The order says nothing.
        ([given("RASH "), given("Sepsis", onset=date(2026, 6, 1))], ("3", "2")),
        # A number that is given stands, whatever the event is called now.
        ([given("Septic shock", "2"), given("Rash")], ("2", "3")),
        ([given(None, "3"), given("Sepsis")], ("3", "2")),
        # New ones count on, once all of the version before are accounted for, or by their number.
        ([given("Sepsis"), given("Rash"), given("Fever")], ("2", "3", "4")),
        ([given("Fever", "4")], ("4",)),
        ([], ()),
    ],
)
def test_an_event_keeps_its_number(sent: list[Given], found: tuple[str, ...]) -> None:
    assert numbers(sent, BEFORE, USED) == found


def test_the_events_of_a_first_version_count_from_two() -> None:
    assert numbers([given("A"), given("A"), given(None)], (), ()) == ("2", "3", "4")


def test_a_number_is_never_given_to_another_event_and_an_event_may_come_back() -> None:
    assert numbers([given("Rash"), given("Fever")], (RASH,), USED) == ("3", "4")
    assert numbers([given("Rash"), given("Sepsis", "2")], (RASH,), USED) == ("3", "2")


@pytest.mark.parametrize(
    ("sent", "faults"),
    [
        ([given("Septic shock"), given("Rash")], [(0, "event-number-missing")]),
        ([given("Rash"), given("Rash", onset=date(2026, 7, 1))], [(1, "event-number-missing")]),
        ([given("Rash", "7")], [(0, "event-unknown")]),
        ([given("Rash", "3"), given("Sepsis", "3")], [(1, "event-repeated")]),
    ],
)
def test_which_event_is_meant_is_asked_and_not_guessed(
    sent: list[Given], faults: list[tuple[int, str]]
) -> None:
    with pytest.raises(NumberFaults) as refused:
        numbers(sent, BEFORE, USED)
    assert [(each.pointer, each.code) for each in refused.value.faults] == [
        (f"/further_events/{index}/number", code) for index, code in faults
    ]


def test_two_of_one_term_are_told_apart_by_their_onsets_or_not_at_all() -> None:
    twice = (Event("2", "Rash", onset_on=date(2026, 6, 1)), Event("3", "Rash"))
    onset = date(2026, 6, 1)
    assert numbers([given("Rash"), given("Rash", onset=onset)], twice, USED) == ("3", "2")
    with pytest.raises(NumberFaults):
        numbers([given("Rash", onset=date(2026, 6, 9))], twice, USED)
