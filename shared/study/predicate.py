"""Evaluation of predicates in three-valued (Kleene) logic, with exact decimal arithmetic.

A comparison whose item has no value is UNDETERMINED, and so is one of partial dates that the
missing part would decide. `all` is FALSE as soon as one part is, `any` TRUE as soon as one part is,
whatever the others; the order of parts never matters.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Context, Decimal
from enum import Enum
from functools import lru_cache

from shared.rules.censored import Censored
from shared.rules.model import Comparator
from shared.study.analysis import Threshold
from shared.study.criteria import (
    AllOf,
    Comparison,
    Negation,
    Predicate,
    Scalar,
    comparisons,
)
from shared.study.dates import PartialDate, Period
from shared.study.values import Value

Span = tuple[Decimal, Decimal] | tuple[date, date] | tuple[datetime, datetime]


# Longer than any product of two numbers of a definition or form: multiplication never rounds.
_EXACT = Context(prec=120)


class Truth(Enum):
    """TRUE, FALSE, or UNDETERMINED where a value is missing."""

    TRUE = "true"
    FALSE = "false"
    UNDETERMINED = "undetermined"


class PredicateTypeError(TypeError):
    """A predicate compares values of different kinds: a fault of the definition."""


def evaluate(
    predicate: Predicate,
    values: Mapping[str, Value | None],
    thresholds: Mapping[str, Threshold] | None = None,
) -> Truth:
    """Truth of `predicate` over typed `values` (item id to value; absent or None = missing).

    `thresholds` are those of the definition, needed for `meets`. Raises PredicateTypeError for
    incomparable values and KeyError for an unknown threshold.
    """
    if isinstance(predicate, Comparison):
        return _compare(predicate, values, thresholds or {})
    if isinstance(predicate, Negation):
        return _not(evaluate(predicate.part, values, thresholds))
    parts = [evaluate(part, values, thresholds) for part in predicate.parts]
    return _all(parts) if isinstance(predicate, AllOf) else _any(parts)


def missing_items(predicate: Predicate, values: Mapping[str, Value | None]) -> tuple[str, ...]:
    """Items the predicate names that have no value, sorted; `present` and `absent` need none."""
    named: set[str] = set()
    for leaf in comparisons(predicate):
        if leaf.op not in ("present", "absent"):
            named |= {leaf.item} | ({leaf.value_from} if leaf.value_from else set())
    return tuple(sorted(item for item in named if values.get(item) is None))


# Told apart by identity: to hash a member of an enumeration is a call of its own, and the checks of
# every record come through here.
def _not(truth: Truth) -> Truth:
    if truth is Truth.UNDETERMINED:
        return truth
    return Truth.FALSE if truth is Truth.TRUE else Truth.TRUE


def _all(parts: Iterable[Truth]) -> Truth:
    found = Truth.TRUE
    for part in parts:
        if part is Truth.FALSE:
            return part
        if part is Truth.UNDETERMINED:
            found = part
    return found


def _any(parts: Iterable[Truth]) -> Truth:
    return _not(_all(_not(part) for part in parts))


def _truth(certain: bool, impossible: bool) -> Truth:
    if certain:
        return Truth.TRUE
    return Truth.FALSE if impossible else Truth.UNDETERMINED


def _compare(
    leaf: Comparison, values: Mapping[str, Value | None], thresholds: Mapping[str, Threshold]
) -> Truth:
    left = values.get(leaf.item)
    if leaf.op in ("present", "absent"):
        return Truth.TRUE if (left is not None) == (leaf.op == "present") else Truth.FALSE
    if left is None:
        return Truth.UNDETERMINED
    if isinstance(left, Censored):
        return _compare_censored(leaf, left, values, thresholds)
    if leaf.op == "meets":
        limit = thresholds[str(leaf.threshold)]
        return _ORDER[limit.comparator](_span(left), _span(limit.value))
    if isinstance(leaf.value, tuple):
        found = _any([_equal(left, literal_like(left, literal)) for literal in leaf.value])
        return found if leaf.op == "in" else _not(found)
    right = _right(leaf, left, values)
    return Truth.UNDETERMINED if right is None else _against(leaf, left, right)


def _right(leaf: Comparison, left: Value, values: Mapping[str, Value | None]) -> Value | None:
    """What is compared with; None where it is missing or not known exactly."""
    if leaf.value_from is not None:
        right = values.get(leaf.value_from)
        return None if right is None or isinstance(right, Censored) else _scaled(leaf, right)
    if leaf.value is None or isinstance(leaf.value, tuple):  # refused by the model
        raise PredicateTypeError("a comparison without a right-hand side")
    return literal_like(left, leaf.value)


_COMPARATORS: Mapping[str, Comparator] = {"lt": "lt", "le": "le", "gt": "gt", "ge": "ge"}


def _compare_censored(
    leaf: Comparison,
    left: Censored,
    values: Mapping[str, Value | None],
    thresholds: Mapping[str, Threshold],
) -> Truth:
    """A number known to lie beyond a limit: decided where every number there decides alike."""
    op: str = leaf.op
    right: object = leaf.value
    if leaf.op == "meets":
        limit = thresholds[str(leaf.threshold)]
        op, right = limit.comparator, limit.value
    elif leaf.value_from is not None:
        right = _right(leaf, left, values)
    if op not in _COMPARATORS or right is None or isinstance(right, tuple):
        return Truth.UNDETERMINED
    holds = left.compare(_COMPARATORS[op], Decimal(str(right)))
    return Truth.UNDETERMINED if holds is None else Truth.TRUE if holds else Truth.FALSE


def _against(leaf: Comparison, left: Value, right: Value) -> Truth:
    if leaf.op == "eq":
        return _equal(left, right)
    if leaf.op == "ne":
        return _not(_equal(left, right))
    return _ORDER[leaf.op](_span(left), _span(right))


def _scaled(leaf: Comparison, right: Value) -> Value:
    if leaf.times is not None:
        if isinstance(right, bool) or not isinstance(right, int | Decimal):
            raise PredicateTypeError("times needs a number")
        return _EXACT.multiply(Decimal(right), leaf.times)
    return right if leaf.plus is None else _later(right, leaf.plus)


def _later(day: Value, span: Period) -> Value:
    if isinstance(day, PartialDate):
        return PartialDate(
            day.text, day.precision, span.after(day.earliest), span.after(day.latest)
        )
    if isinstance(day, date) and not isinstance(day, datetime):
        return span.after(day)
    raise PredicateTypeError("plus needs a date")


def literal_like(left: Value, literal: Scalar) -> Value:
    """The literal of a comparison as a value of the kind of `left`.

    Raises PredicateTypeError (also for a literal that is no number or date where one is needed).
    """
    if isinstance(left, bool) or isinstance(literal, bool):
        if not (isinstance(left, bool) and isinstance(literal, bool)):
            raise PredicateTypeError("a boolean compares with a boolean only")
        return literal
    try:
        if isinstance(left, int | Decimal):
            return _number(literal)
        if isinstance(left, datetime):
            return datetime.fromisoformat(str(literal))
        if isinstance(left, date | PartialDate):
            return PartialDate.parse(str(literal))
    except (ValueError, ArithmeticError):
        raise PredicateTypeError("the literal does not fit the item's type") from None
    if not isinstance(literal, str):
        raise PredicateTypeError("a code or text compares with text only")
    return literal


@lru_cache(maxsize=4096)
def _number(literal: int | str) -> Decimal:
    return Decimal(literal)


def _span(value: Value) -> Span:
    """Smallest and largest value this may be: both the same unless it is a partial date."""
    if isinstance(value, PartialDate):
        return (value.earliest, value.latest)
    if isinstance(value, datetime):
        return (value, value)
    if isinstance(value, date):
        return (value, value)
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return (Decimal(value), Decimal(value))
    raise PredicateTypeError("only numbers and dates have an order")


def _equal(left: Value, right: Value) -> Truth:
    if isinstance(left, bool | str) or isinstance(right, bool | str):
        if type(left) is not type(right):
            raise PredicateTypeError("values of different kinds have no common order")
        return Truth.TRUE if left == right else Truth.FALSE
    return _spans_equal(_span(left), _span(right))


def _comparable(left: Span, right: Span) -> None:
    # A datetime is a date to Python, yet the two do not compare.
    if type(left[0]) is not type(right[0]):
        raise PredicateTypeError("values of different kinds have no common order")


def _less(left: Span, right: Span) -> Truth:
    _comparable(left, right)
    return _truth(left[1] < right[0], left[0] >= right[1])  # type: ignore[operator]


def _spans_equal(left: Span, right: Span) -> Truth:
    _comparable(left, right)
    return _truth(
        left[0] == left[1] == right[0] == right[1],
        left[1] < right[0] or right[1] < left[0],  # type: ignore[operator]
    )


def _greater(left: Span, right: Span) -> Truth:
    return _less(right, left)


def _at_most(left: Span, right: Span) -> Truth:
    return _not(_less(right, left))


def _at_least(left: Span, right: Span) -> Truth:
    return _not(_less(left, right))


def _differ(left: Span, right: Span) -> Truth:
    return _not(_spans_equal(left, right))


_ORDER: Mapping[str, Callable[[Span, Span], Truth]] = {
    "lt": _less,
    "before": _less,
    "le": _at_most,
    "on_or_before": _at_most,
    "gt": _greater,
    "after": _greater,
    "ge": _at_least,
    "on_or_after": _at_least,
    "eq": _spans_equal,
    "ne": _differ,
}
