"""Item values: what fits, what is kept, what is shown."""

import string
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.items import canonical, read_items, shown, typed
from services.assessments.domain.kept import Kept
from shared.study.forms import CodeListEntry, Item

ITEMS = {
    "yes": Item(id="yes", label="Yes", type="boolean"),
    "count": Item(id="count", label="Count", type="integer"),
    "level": Item(id="level", label="Level", type="decimal"),
    "words": Item(id="words", label="Words", type="text", max_length=50),
    "day": Item(id="day", label="Day", type="date"),
    "month": Item(id="month", label="Month", type="partial_date"),
    "code": Item(id="code", label="Code", type="code", codes=(CodeListEntry(code="A", label="A"),)),
    "at": Item(id="at", label="At", type="datetime"),
}
DATES = st.dates(date(1900, 1, 1), date(2199, 12, 31))
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "yes": st.booleans(),
        "count": st.integers(),
        "level": st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", fullmatch=True),
        "words": st.text(string.printable[:95], max_size=50),
        "day": DATES.map(str),
        "month": DATES.flatmap(lambda d: st.sampled_from([str(d), str(d)[:7], str(d)[:4]])),
        "code": st.just("A"),
        "at": st.datetimes(
            datetime.fromisoformat("1900-01-02"),
            datetime.fromisoformat("2199-12-30"),
            timezones=st.timezones(),
        ).map(lambda d: d.isoformat()),
    },
)


@given(VALUES)
def test_what_is_taken_is_shown_as_it_was_sent(sent: dict[str, object]) -> None:
    kept, faults = read_items(ITEMS, sent)
    assert faults == []
    assert {name: shown(ITEMS[name], text) for name, text in kept.items()} == sent
    assert {name: Kept(canonical(value)) for name, value in sent.items()} == kept


@given(VALUES)
def test_a_kept_text_has_a_typed_value(sent: dict[str, object]) -> None:
    kept, _ = read_items(ITEMS, sent)
    assert all(typed(ITEMS[name], text) is not None for name, text in kept.items())


@pytest.mark.parametrize("value", [None, 1.5, "1,5", "1e3", "NaN", ["1"], {"v": "1"}, True, ""])
def test_a_decimal_is_an_integer_or_plain_decimal_text(value: object) -> None:
    kept, faults = read_items(ITEMS, {"level": value})
    assert (kept, [fault.code for fault in faults]) == ({}, ["type-mismatch"])


@pytest.mark.proves("C38", kind="negative")
def test_an_item_that_names_a_person_is_refused_whatever_its_value() -> None:
    name = Item(id="initials", label="Initials", type="text", max_length=3, identifier=True)
    kept, faults = read_items({"initials": name}, {"initials": "QZ"})
    assert kept == {}
    assert [(fault.where, fault.code) for fault in faults] == [
        (("items", "initials"), "identifier-refused")
    ]


def test_a_value_that_the_definition_no_longer_takes_is_shown_as_text_and_counts_as_missing() -> (
    None
):
    assert shown(ITEMS["yes"], Kept("maybe")) == "maybe"
    assert shown(ITEMS["count"], Kept("1.5")) == "1.5"
    assert shown(None, Kept("true")) == "true"
    assert typed(ITEMS["yes"], Kept("maybe")) is None


@pytest.mark.parametrize("year", ["0001", "1899", "2200", "9999"])
def test_a_year_that_stands_for_unknown_elsewhere_is_no_date(year: str) -> None:
    for item, text in (("day", f"{year}-01-01"), ("month", year)):
        kept, faults = read_items(ITEMS, {item: text})
        assert (kept, [fault.code for fault in faults]) == ({}, ["date-invalid"])
