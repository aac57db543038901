"""A date that is not known to the day is never guessed, and counts where no day of it matters."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.study.dates import PartialDate
from shared.study.derivation import (
    Record,
    anchor_dates,
    occurrence,
    record_date,
    select_record,
)
from shared.study.open_dates import Days
from shared.study.values import Value, parse_value
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
ALLOCATED = date(2024, 1, 26)


def record(form: str, key: str, **raw: Any) -> Record:
    definition = NCT.form(form)
    values = {name: parse_value(definition.item(name), value) for name, value in raw.items()}
    return Record(form, key, values)


def recovery(day: str) -> Record:
    return record("end_of_treatment", "r", recovery_date=day)


def therapy(day: str, key: str = "t") -> Record:
    return record("new_anticancer_therapy", key, start_date=day, therapy_class="SALVAGE")


def response(day: str, code: str, key: str = "a") -> Record:
    return record("response", key, assessment_date=day, response=code)


def relapse(day: str, event: str = "RELAPSE") -> Record:
    return record("relapse_progression", f"e{day}", event_date=day, event=event)


def death(day: str) -> Record:
    return record("survival_status", f"d{day}", contact_date="2024-12-01", status="DEAD",
                  death_date=day)  # fmt: skip


@pytest.mark.parametrize(
    ("therapies", "expected"),
    [
        # Guide, golden values: new therapy "2024-02", recovery 02-26 -> open.
        (["2024-02"], None),
        (["2024"], None),
        (["2024-03"], date(2024, 2, 26)),
        (["2024-05"], date(2024, 2, 26)),
        (["2024-03", "2024-02-20"], date(2024, 2, 19)),
        (["2024-02", "2024-02-20"], None),
        (["2023-12"], date(2024, 2, 26)),
        (["2024-01"], None),
    ],
)
def test_end_of_treatment_is_open_where_the_month_of_new_therapy_could_move_it(
    therapies: list[str], expected: date | None
) -> None:
    records = [recovery("2024-02-26"), *(therapy(day, f"t{day}") for day in therapies)]
    dates = anchor_dates(NCT, records, ALLOCATED)
    assert dates.get("eot") == expected
    assert ("eot" in dates.open) is (expected is None)


def test_an_open_end_of_treatment_neither_makes_nor_excludes_an_induction_failure() -> None:
    records = [response("2024-02-25", "PD"), recovery("2024-02-26"), therapy("2024-02")]
    dates = anchor_dates(NCT, records, ALLOCATED)
    assert occurrence(NCT, NCT.event_source("induction_failure_day1"), records, dates) is None
    late = [response("2024-02-25", "CR"), response("2024-02-12", "PD", "b"), *records[1:]]
    dates = anchor_dates(NCT, late, ALLOCATED)
    # The response may lie after the end: neither a responder nor a failure for certain.
    assert "first_response" in dates.open
    assert occurrence(NCT, NCT.event_source("induction_failure_eot"), late, dates) is None


def test_a_relapse_of_an_incomplete_date_is_undated_and_no_other_is_taken_in_its_place() -> None:
    before = [response("2024-02-25", "CR"), recovery("2024-02-26")]
    source = NCT.event_source("relapse")
    assert source.select is not None
    for days, expected in (
        (["2024-06"], None),
        (["2024-06", "2024-06-20"], None),
        (["2024-06", "2024-05-20"], date(2024, 5, 20)),
        (["2024-06-20"], date(2024, 6, 20)),
    ):
        records = [*before, *(relapse(day) for day in days)]
        dates = anchor_dates(NCT, records, ALLOCATED)
        found = occurrence(NCT, source, records, dates)
        assert (found.date if found else None) == expected
        picked = select_record(NCT, source.select, records, dates)
        assert (picked is None) is (expected is None)


def test_a_death_known_to_the_month_has_no_date_and_says_where_it_may_lie() -> None:
    dates = anchor_dates(NCT, [death("2024-11")], ALLOCATED)
    assert "death" not in dates
    assert dates.open["death"] == Days(date(2024, 11, 1), date(2024, 11, 30))
    assert "death" not in dates.until(date(2024, 10, 31)).open
    assert "death" in dates.until(date(2024, 11, 1)).open


def test_the_date_of_a_record_is_refused_where_it_is_not_known_to_the_day() -> None:
    with pytest.raises(TypeError, match="holds no full date"):
        record_date(therapy("2024-02"), "start_date")
    assert record_date(therapy("2024-02-20"), "start_date") == date(2024, 2, 20)


DAYS = st.dates(date(2024, 1, 20), date(2024, 4, 10))
MAYBE_PARTIAL = st.one_of(
    DAYS.map(date.isoformat), st.sampled_from(["2024-01", "2024-02", "2024-03", "2024-04"])
)
RECORDS = st.builds(
    lambda recoveries, therapies, called, relapses: [
        *(recovery(day) for day in recoveries),
        *(therapy(day, f"t{n}") for n, day in enumerate(therapies)),
        *(response(day, code, f"a{n}") for n, (day, code) in enumerate(called)),
        *(relapse(day, event) for day, event in relapses),
    ],
    st.lists(DAYS.map(date.isoformat), max_size=1),
    st.lists(MAYBE_PARTIAL, max_size=2),
    st.lists(st.tuples(DAYS.map(date.isoformat), st.sampled_from(["CR", "PR", "NE"])), max_size=2),
    st.lists(
        st.tuples(MAYBE_PARTIAL, st.sampled_from(["RELAPSE", "PROGRESSION"])),
        max_size=1,
    ),
)
SOURCES = ("relapse", "progression", "induction_failure_day1", "induction_failure_eot")


def possible_days(value: Value | None) -> Sequence[Value | None]:
    if not isinstance(value, PartialDate):
        return [value]
    count = (value.latest - value.earliest).days + 1
    return [value.earliest + timedelta(days=each) for each in range(0, count, 3)]


def completions(records: Sequence[Record]) -> Iterator[list[Record]]:
    """The same records with whole dates, every third day of each that is incomplete."""
    choices = []
    for each in records:
        names = list(each.values)
        rows = product(*(possible_days(each.values[name]) for name in names))
        choices.append([dict(zip(names, row, strict=True)) for row in rows])
    for chosen in product(*choices):
        yield [
            Record(each.form, each.key, values)
            for each, values in zip(records, chosen, strict=True)
        ]


def told(records: Sequence[Record]) -> tuple[Mapping[str, date], dict[str, date | None]]:
    dates = anchor_dates(NCT, records, ALLOCATED)
    found = {name: occurrence(NCT, NCT.event_source(name), records, dates) for name in SOURCES}
    return dates, {name: each.date if each else None for name, each in found.items()}


@given(RECORDS)
def test_what_is_dated_is_so_whatever_the_missing_parts_of_dates_are(
    records: list[Record],
) -> None:
    dates, events = told(records)
    for whole in completions(records):
        exact_dates, exact_events = told(whole)
        for name, day in dates.items():
            assert exact_dates.get(name) == day, name
        for name, found in events.items():
            if found is not None:
                assert exact_events[name] == found, name


@given(RECORDS)
def test_an_anchor_that_is_neither_dated_nor_open_has_no_date_in_any_completion(
    records: list[Record],
) -> None:
    dates = anchor_dates(NCT, records, ALLOCATED)
    for whole in completions(records):
        exact = anchor_dates(NCT, whole, ALLOCATED)
        assert set(exact) <= set(dates) | set(dates.open)
        for name, days in dates.open.items():
            assert name not in exact or days.earliest <= exact[name] <= days.latest
            assert not days.sure or name in exact
