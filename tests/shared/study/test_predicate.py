"""Three-valued logic of predicates, and exact comparison of decimals and dates."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.study import StudyDefinition
from shared.study.criteria import Predicate, comparisons
from shared.study.dates import PartialDate
from shared.study.predicate import PredicateTypeError, Truth, evaluate, missing_items
from shared.study.values import Value

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNDETERMINED
ADAPTER: TypeAdapter[Predicate] = TypeAdapter(Predicate)


def predicate(data: Mapping[str, Any]) -> Predicate:
    return ADAPTER.validate_json(TypeAdapter(dict[str, Any]).dump_json(dict(data)))


def holds(data: Mapping[str, Any], **values: Value | None) -> Truth:
    return evaluate(predicate(data), values)


def leaf(name: str) -> dict[str, Any]:
    return {"item": name, "op": "eq", "value": True}


VALUES: dict[Truth, bool | None] = {T: True, F: False, U: None}


@pytest.mark.parametrize(("left", "right"), list(product(Truth, Truth)))
def test_kleene_truth_tables(left: Truth, right: Truth) -> None:
    values: dict[str, Value | None] = {"a": VALUES[left], "b": VALUES[right]}
    conjunction = evaluate(predicate({"all": [leaf("a"), leaf("b")]}), values)
    disjunction = evaluate(predicate({"any": [leaf("a"), leaf("b")]}), values)
    rank = {F: 0, U: 1, T: 2}
    assert conjunction is min(left, right, key=rank.__getitem__)
    assert disjunction is max(left, right, key=rank.__getitem__)


@pytest.mark.parametrize(("truth", "negated"), [(T, F), (F, T), (U, U)])
def test_negation_of_undetermined_is_undetermined(truth: Truth, negated: Truth) -> None:
    assert evaluate(predicate({"not": leaf("a")}), {"a": VALUES[truth]}) is negated


NAMES = ["a", "b", "c", "d"]
ASSIGNMENT = st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in NAMES})
TREES = st.recursive(
    st.sampled_from(NAMES).map(leaf),
    lambda parts: st.one_of(
        st.lists(parts, min_size=1, max_size=4).map(lambda each: {"all": each}),
        st.lists(parts, min_size=1, max_size=4).map(lambda each: {"any": each}),
        parts.map(lambda each: {"not": each}),
    ),
    max_leaves=12,
)


@given(parts=st.lists(TREES, min_size=1, max_size=4), values=ASSIGNMENT)
def test_de_morgan(parts: list[dict[str, Any]], values: dict[str, bool | None]) -> None:
    negated = [{"not": part} for part in parts]
    for outer, inner in (("all", "any"), ("any", "all")):
        left = evaluate(predicate({"not": {outer: parts}}), values)
        right = evaluate(predicate({inner: negated}), values)
        assert left is right


@given(parts=st.lists(TREES, min_size=2, max_size=4), values=ASSIGNMENT, data=st.data())
def test_the_order_of_parts_never_matters(
    parts: list[dict[str, Any]], values: dict[str, bool | None], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(parts))
    for word in ("all", "any"):
        assert evaluate(predicate({word: parts}), values) is evaluate(
            predicate({word: shuffled}), values
        )


@given(tree=TREES, values=ASSIGNMENT, data=st.data())
def test_a_determined_result_survives_every_completion_of_missing_values(
    tree: dict[str, Any], values: dict[str, bool | None], data: st.DataObject
) -> None:
    before = evaluate(predicate(tree), values)
    completed = {
        name: data.draw(st.booleans()) if value is None else value for name, value in values.items()
    }
    after = evaluate(predicate(tree), completed)
    assert after is not U
    assert before in (U, after)


@given(tree=TREES, values=ASSIGNMENT)
def test_undetermined_means_that_a_named_item_is_missing(
    tree: dict[str, Any], values: dict[str, bool | None]
) -> None:
    if evaluate(predicate(tree), values) is U:
        assert missing_items(predicate(tree), values)


NUMBERS = st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-1000, max_value=1000
)


@given(left=NUMBERS, right=NUMBERS)
def test_numbers_compare_as_decimals(left: Decimal, right: Decimal) -> None:
    expected = {
        "lt": left < right, "le": left <= right, "gt": left > right, "ge": left >= right,
        "eq": left == right, "ne": left != right,
    }  # fmt: skip
    for op, result in expected.items():
        data = {"item": "a", "op": op, "value": format(right, "f")}
        assert holds(data, a=left) is (T if result else F)


@pytest.mark.parametrize(
    ("value", "uln", "times", "expected"),
    [
        ("1.8", "1.2", "1.5", T),
        ("3.6", "1.2", "3", T),
        ("0.3", "0.1", "3", T),
        ("1.81", "1.2", "1.5", F),
    ],
)
def test_multiples_of_a_limit_are_exact_where_binary_floats_are_not(
    value: str, uln: str, times: str, expected: Truth
) -> None:
    data = {"item": "bilirubin", "op": "le", "value_from": "uln", "times": times}
    assert holds(data, bilirubin=Decimal(value), uln=Decimal(uln)) is expected


def test_a_product_of_long_numbers_is_not_rounded() -> None:
    limit = Decimal("123456789012345678.123456789012345678")
    data = {"item": "a", "op": "eq", "value_from": "b", "times": "1.000000000000000001"}
    exact = Decimal("123456789012345678.246913578024691356123456789012345678")
    assert holds(data, a=exact, b=limit) is T
    assert holds(data, a=Decimal("123456789012345678.2469135780"), b=limit) is F


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [("0.0001", F), ("0.000099", T), ("0.00005", T), ("0.00010", F), ("0.000100000001", F)],
)
def test_a_threshold_brings_its_own_comparator(
    nct: StudyDefinition, fraction: str, expected: Truth
) -> None:
    data = predicate({"item": "fraction", "op": "meets", "threshold": "mrd_negative"})
    result = evaluate(data, {"fraction": Decimal(fraction)}, nct.thresholds_by_id())
    assert result is expected


def test_a_sensitivity_of_exactly_the_limit_suffices(nct: StudyDefinition) -> None:
    data = predicate({"item": "s", "op": "meets", "threshold": "mrd_sensitivity"})
    limits = nct.thresholds_by_id()
    results = [evaluate(data, {"s": Decimal(s)}, limits) for s in ("0.00001", "0.0001", "0.001")]
    assert results == [T, T, F]


@pytest.mark.parametrize(
    ("op", "results"),
    [
        ("before", (T, F, F)),
        ("on_or_before", (T, T, F)),
        ("after", (F, F, T)),
        ("on_or_after", (F, T, T)),
        ("eq", (F, T, F)),
    ],
)
def test_dates_compare_by_day(op: str, results: tuple[Truth, ...]) -> None:
    data = {"item": "d", "op": op, "value": "2024-02-26"}
    days = [date(2024, 2, 25), date(2024, 2, 26), date(2024, 2, 27)]
    assert tuple(holds(data, d=day) for day in days) == results


@pytest.mark.parametrize(
    ("partial", "expected"),
    [("2024-02", U), ("2024-01", T), ("2024-03", F), ("2024", U), ("2023", T), ("2024-02-25", T)],
)
def test_a_partial_date_is_undetermined_only_where_the_missing_part_decides(
    partial: str, expected: Truth
) -> None:
    data = {"item": "d", "op": "before", "value": "2024-02-26"}
    assert holds(data, d=PartialDate.parse(partial)) is expected


def test_a_partial_date_never_certainly_equals_itself() -> None:
    month = PartialDate.parse("2024-02")
    data = {"item": "a", "op": "eq", "value_from": "b"}
    assert holds(data, a=month, b=month) is U
    assert holds(data, a=month, b=PartialDate.parse("2024-03")) is F


@pytest.mark.parametrize(
    ("relapse", "expected"),
    [("2022-02-27", F), ("2022-02-28", T), ("2023-02-28", T), ("2023-03-01", F)],
)
def test_calendar_months_end_at_the_last_day_of_a_short_month(
    relapse: str, expected: Truth
) -> None:
    start = {"item": "d", "op": "on_or_after", "value_from": "s", "plus": {"months": 18}}
    end = {"item": "d", "op": "on_or_before", "value_from": "s", "plus": {"months": 30}}
    values: dict[str, Value | None] = {
        "s": date(2020, 8, 31), "d": date.fromisoformat(relapse),
    }  # fmt: skip
    assert evaluate(predicate({"all": [start, end]}), values) is expected


def test_present_and_absent_are_always_determined() -> None:
    assert holds({"item": "a", "op": "present"}) is F
    assert holds({"item": "a", "op": "absent"}, a=None) is T
    assert holds({"item": "a", "op": "present"}, a=False) is T
    assert missing_items(predicate({"item": "a", "op": "absent"}), {}) == ()


def test_membership_of_a_list() -> None:
    data = {"item": "r", "op": "in", "value": ["CR", "CRi"]}
    outside = {"item": "r", "op": "not_in", "value": ["CR", "CRi"]}
    assert [holds(data, r=code) for code in ("CR", "PR", None)] == [T, F, U]
    assert [holds(outside, r=code) for code in ("CR", "PR", None)] == [F, T, U]


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ({"item": "a", "op": "lt", "value": 5}, {"a": "4"}),
        ({"item": "a", "op": "eq", "value": True}, {"a": "true"}),
        ({"item": "a", "op": "eq", "value": "1"}, {"a": True}),
        ({"item": "a", "op": "eq", "value": 1}, {"a": "1"}),
        ({"item": "a", "op": "lt", "value": "five"}, {"a": Decimal(4)}),
        ({"item": "a", "op": "before", "value": "soon"}, {"a": date(2024, 1, 1)}),
        ({"item": "a", "op": "lt", "value_from": "b"}, {"a": 1, "b": date(2024, 1, 1)}),
        ({"item": "a", "op": "le", "value_from": "b", "times": 2}, {"a": 1, "b": "x"}),
        ({"item": "a", "op": "le", "value_from": "b", "plus": {"days": 1}}, {"a": 1, "b": 2}),
        (
            {"item": "a", "op": "lt", "value_from": "b"},
            {"a": date(2024, 1, 1), "b": datetime.fromisoformat("2024-01-02T00:00+00:00")},
        ),
    ],
)
def test_values_of_different_kinds_never_compare(
    data: dict[str, Any], values: dict[str, Value]
) -> None:
    with pytest.raises(PredicateTypeError):
        evaluate(predicate(data), values)


@pytest.mark.parametrize(
    "data",
    [
        {"all": []},
        {"any": []},
        {"item": "a", "op": "eq"},
        {"item": "a", "op": "eq", "value": 1, "value_from": "b"},
        {"item": "a", "op": "eq", "value": 1.5},
        {"item": "a", "op": "eq", "value": [1]},
        {"item": "a", "op": "in", "value": 1},
        {"item": "a", "op": "present", "value": 1},
        {"item": "a", "op": "lt", "value": 1, "times": "2"},
        {"item": "a", "op": "meets", "value": 1},
        {"item": "a", "op": "like", "value": "x"},
        {"all": [leaf("a")], "any": [leaf("b")]},
    ],
)
def test_a_malformed_predicate_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        predicate(data)


def test_comparisons_are_listed_in_order() -> None:
    tree = predicate({"all": [leaf("a"), {"not": {"any": [leaf("b"), leaf("c")]}}]})
    assert [each.item for each in comparisons(tree)] == ["a", "b", "c"]
