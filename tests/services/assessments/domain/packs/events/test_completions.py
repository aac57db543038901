"""Partial dates: an answer holds for every completion; and records have no order."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.events.endpoints import EndpointResult, endpoint_results
from services.assessments.domain.packs.events.failure import treatment_failures
from services.assessments.domain.packs.facts import FORMS, SubjectFacts
from tests.services.assessments.domain.packs.events.courses import (
    DAY1,
    EVENTS,
    MRD,
    Entry,
    alive,
    car_t,
    dead,
    dose,
    facts,
    hsct,
    mrd,
    progression,
    recovery,
    relapse,
    response,
    second,
    therapy,
)
from tests.support.examples import examples

# Few days, so that dates meet; the months before and after randomization, so that bounds do.
DATES = st.one_of(
    st.integers(DAY1.toordinal() - 3, DAY1.toordinal() + 70).map(
        lambda number: date.fromordinal(number).isoformat()
    ),
    st.sampled_from(["2024-01", "2024-02", "2024-03"]),
)
MAKERS = st.sampled_from(
    [dose, recovery, therapy, response, relapse, progression, second, hsct, car_t, alive, dead]
)
CODES = st.sampled_from(["CR", "CRi", "SD", "PD", "NE"])
ENTRIES = st.lists(
    st.one_of(
        st.builds(lambda make, when: make(when), MAKERS, DATES),
        st.builds(response, DATES, CODES),
        st.builds(mrd, DATES, st.sampled_from(["0.00005", "0.01"])),
    ),
    max_size=8,
)


def _completed(data: st.DataObject, entries: list[Entry]) -> list[Entry]:
    """The same entries with a day in place of every month."""
    return [(form, {k: _day(data, v) for k, v in items.items()}) for form, items in entries]


def _day(data: st.DataObject, value: object) -> object:
    if not (isinstance(value, str) and len(value) == 7 and value.startswith("2024-")):
        return value
    last = {"2024-01": 31, "2024-02": 29, "2024-03": 31}[value]
    return f"{value}-{data.draw(st.integers(1, last)):02}"


def _answers(found: SubjectFacts) -> dict[str, EndpointResult]:
    results = endpoint_results(found, EVENTS, MRD)
    return {each.result.derivation: each for each in results}


def _essence(found: EndpointResult) -> tuple[object, ...]:
    row = found.row
    ends = None if row is None else (row.start, row.end, row.kind, row.rule)
    return found.result.value, found.result.status, found.result.reason, ends


@examples(6)
@given(ENTRIES, st.data())
def test_an_answer_given_over_partial_dates_holds_for_every_completion(
    entries: list[Entry], data: st.DataObject
) -> None:
    open_, full = facts(*entries), facts(*_completed(data, entries))
    for (endpoint, answer), exact in zip(
        _answers(open_).items(), _answers(full).values(), strict=True
    ):
        if answer.result.reason != "partial_date":
            assert _essence(answer) == _essence(exact), endpoint
    for failure, known in zip(
        treatment_failures(open_, EVENTS, MRD), treatment_failures(full, EVENTS, MRD), strict=True
    ):
        if failure.reason != "partial_date":
            assert (failure.value, failure.reason) == (known.value, known.reason)


@given(ENTRIES)
def test_the_order_of_records_changes_nothing(entries: list[Entry]) -> None:
    found = facts(*entries)
    turned = replace(
        found,
        response=tuple(reversed(found.response)),
        survival_status=tuple(reversed(found.survival_status)),
        mrd=tuple(reversed(found.mrd)),
        relapse_progression=tuple(reversed(found.relapse_progression)),
        hsct=tuple(reversed(found.hsct)),
    )
    assert _answers(found) == _answers(turned)


@given(ENTRIES)
def test_full_dates_never_leave_an_answer_open(entries: list[Entry]) -> None:
    exact = [entry for entry in entries if all(len(str(v)) != 7 for v in entry[1].values())]
    for answer in _answers(facts(*exact)).values():
        assert answer.result.reason != "partial_date"


@given(ENTRIES, st.data())
def test_a_record_that_is_no_input_changes_nothing(
    entries: list[Entry], data: st.DataObject
) -> None:
    found = facts(*entries)
    form = data.draw(st.sampled_from(sorted(FORMS)))
    less = replace(found, **{form: getattr(found, form)[1:]})
    gone = {record.record for record in getattr(found, form)[:1]}
    for (endpoint, answer), other in zip(
        _answers(found).items(), _answers(less).values(), strict=True
    ):
        if not gone & {ref.record for ref in answer.result.inputs}:
            assert _essence(answer) == _essence(other), endpoint
