"""Numbers that a laboratory reports as lying beyond a limit."""

from decimal import Decimal

import pytest

from shared.rules.censored import Censored
from shared.study.criteria import Comparison
from shared.study.forms import Item
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value, ValueRefusedError, parse_value

BLASTS = Item(id="blasts", label="Blasts", type="decimal", unit="%", censored=True,
              minimum=Decimal(0), maximum=Decimal(100))  # fmt: skip
PLAIN = Item(id="blasts", label="Blasts", type="decimal", unit="%")


@pytest.mark.parametrize(
    ("text", "op", "value", "expected"),
    [
        ("<5", "lt", 5, Truth.TRUE),
        ("<6", "lt", 5, Truth.UNDETERMINED),
        ("<5", "ge", 5, Truth.FALSE),
        (">90", "gt", 90, Truth.TRUE),
        (">90", "le", 90, Truth.FALSE),
        (">=90", "gt", 90, Truth.UNDETERMINED),
        ("<5", "eq", 4, Truth.UNDETERMINED),
    ],
)
def test_a_censored_number_decides_only_what_every_number_beyond_its_limit_decides(
    text: str, op: str, value: int, expected: Truth
) -> None:
    leaf = Comparison.model_validate({"item": "blasts", "op": op, "value": value})
    assert evaluate(leaf, {"blasts": parse_value(BLASTS, text)}) is expected


def test_a_number_against_a_censored_one_is_undetermined() -> None:
    leaf = Comparison.model_validate({"item": "alt", "op": "le", "value_from": "uln"})
    values: dict[str, Value | None] = {"alt": Decimal(3), "uln": Censored.parse("<40")}
    assert evaluate(leaf, values) is Truth.UNDETERMINED


def test_an_exact_number_stays_a_decimal_where_censored_ones_are_allowed() -> None:
    assert parse_value(BLASTS, "4.9") == Decimal("4.9")


@pytest.mark.parametrize("text", ["<", "<-", "< five", "<101", ">-1", "<0", ">100", "<NaN", "<1e3"])
def test_what_is_no_number_beyond_a_limit_in_range_is_refused(text: str) -> None:
    with pytest.raises(ValueRefusedError):
        parse_value(BLASTS, text)


@pytest.mark.parametrize("text", ["<=0", ">=100", "<100", ">0"])
def test_a_limit_at_the_end_of_the_range_is_taken_where_it_leaves_a_number(text: str) -> None:
    assert parse_value(BLASTS, text) == Censored.parse(text)


def test_an_item_that_allows_no_censored_number_refuses_one() -> None:
    with pytest.raises(ValueRefusedError) as refused:
        parse_value(PLAIN, "<5")
    assert refused.value.code == "type_mismatch"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "integer", "unit": "a", "censored": True},
        {"type": "text", "max_length": 9, "analyte": "alt"},
        {"type": "decimal", "analyte": "alt"},
        {"type": "decimal", "unit": "U/L", "dictionary": "ctcae403_terms"},
    ],
)
def test_attributes_that_do_not_fit_the_type_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="belong"):
        Item.model_validate({"id": "x", "label": "X", **wrong})
