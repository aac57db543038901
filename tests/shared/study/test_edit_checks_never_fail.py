"""Whatever the typed values of a record are, every shipped check has an answer."""

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.rules.censored import Censored
from shared.study.dates import PartialDate
from shared.study.edit_checks import context_items
from shared.study.forms import Form, Item
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value
from tests.support.definitions import shipped
from tests.support.examples import examples

NCT = shipped("NCT05748171")
CONTEXT = context_items(anchor.id for anchor in NCT.anchors)
DAYS = st.dates(date(2020, 1, 1), date(2026, 12, 31))
PARTIAL = st.one_of(DAYS.map(date.isoformat), st.sampled_from(["2024", "2024-02"]))
NUMBERS = st.decimals(Decimal(0), Decimal(5000), places=3)


def values_of(item: Item) -> st.SearchStrategy[Value]:
    if item.type == "code":
        return st.sampled_from(sorted(item.code_values))
    if item.type == "decimal" and item.censored:
        limits = st.builds("{}{}".format, st.sampled_from(["<", ">", "<=", ">="]), NUMBERS)
        return st.one_of(NUMBERS, limits.map(Censored.parse))
    kinds: dict[str, st.SearchStrategy[Value]] = {
        "date": DAYS,
        "partial_date": PARTIAL.map(PartialDate.parse),
        "datetime": DAYS.map(lambda day: datetime(day.year, day.month, day.day, 12, tzinfo=UTC)),
        "integer": st.integers(0, 40),
        "decimal": NUMBERS,
        "text": st.sampled_from(["UNSCHEDULED", "C1D1", "words"]),
        "boolean": st.booleans(),
    }
    return kinds[item.type]


def records(form: Form) -> st.SearchStrategy[dict[str, Value | None]]:
    items = {**CONTEXT, **{item.id: item for item in form.items}}
    named = {name for check in NCT.checks_of(form.id) for name in check.names}
    return st.fixed_dictionaries(
        {name: st.one_of(st.none(), values_of(items[name])) for name in sorted(named)}
    )


@examples(0.3)
@given(st.data())
def test_every_check_answers_true_false_or_undetermined(data: st.DataObject) -> None:
    for form in NCT.forms:
        values = data.draw(records(form), label=form.id)
        for check in NCT.checks_of(form.id):
            if check.holds is not None:
                assert evaluate(check.holds, values, NCT.thresholds_by_id()) in Truth


def test_a_record_without_a_value_fails_no_check_but_those_that_ask_for_one() -> None:
    asked = {
        check.id
        for form in NCT.forms
        for check in NCT.checks_of(form.id)
        if check.holds is not None
        and evaluate(check.holds, {}, NCT.thresholds_by_id()) is Truth.FALSE
    }
    assert asked == {"VIS-01", "HSCT-01", "AE-03"}
