"""Predicates and check rules in words, for people who read a definition rather than run it."""

from collections.abc import Mapping

from shared.study.analysis import Threshold
from shared.study.base import Number
from shared.study.criteria import AllOf, Comparison, Negation, Predicate
from shared.study.dates import Period
from shared.study.edit_checks import DictionaryRule, EditCheck

_OPERATORS: Mapping[str, str] = {
    "eq": "is",
    "ne": "is not",
    "lt": "<",
    "le": "≤",
    "gt": ">",
    "ge": "≥",
    "in": "is one of",
    "not_in": "is none of",
    "before": "before",
    "on_or_before": "on or before",
    "after": "after",
    "on_or_after": "on or after",
}
_ANSWERS = {True: "yes", False: "no"}


def predicate_words(predicate: Predicate, thresholds: Mapping[str, Threshold]) -> str:
    """The condition in one line, by the names of items: `kind is not QUANT or fraction is given`.

    Raises KeyError for an unknown threshold.
    """
    if isinstance(predicate, Comparison):
        return _comparison(predicate, thresholds)
    if isinstance(predicate, Negation):
        return f"not ({predicate_words(predicate.part, thresholds)})"
    joint = " and " if isinstance(predicate, AllOf) else " or "
    parts = [
        f"({words})" if _composed(part) and not isinstance(part, Negation) else words
        for part in predicate.parts
        for words in [predicate_words(part, thresholds)]
    ]
    return joint.join(parts)


def check_words(check: EditCheck, thresholds: Mapping[str, Threshold]) -> str:
    """What a check wants, in one line."""
    if check.dictionary is not None:
        return _dictionary(check.dictionary)
    return "" if check.holds is None else predicate_words(check.holds, thresholds)


def span_words(span: Period) -> str:
    """A calendar span: `24 months`, `1 year 6 months`."""
    parts = [(span.years, "year"), (span.months, "month"), (span.days, "day")]
    words = [f"{count} {name}{'' if abs(count) == 1 else 's'}" for count, name in parts if count]
    return " ".join(words) or "0 days"


def _composed(predicate: Predicate) -> bool:
    return not isinstance(predicate, Comparison)


def _comparison(leaf: Comparison, thresholds: Mapping[str, Threshold]) -> str:
    if leaf.op in ("present", "absent"):
        return f"{leaf.item} is {'given' if leaf.op == 'present' else 'not given'}"
    if leaf.op == "meets":
        limit = thresholds[str(leaf.threshold)]
        return f"{leaf.item} {_OPERATORS[limit.comparator]} {_number(limit.value)} ({limit.id})"
    if leaf.value_from is not None:
        factor = f"{_number(leaf.times)} × " if leaf.times is not None else ""  # noqa: RUF001
        later = f" + {span_words(leaf.plus)}" if leaf.plus is not None else ""
        return f"{leaf.item} {_OPERATORS[leaf.op]} {factor}{leaf.value_from}{later}"
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    shown = [_ANSWERS[each] if isinstance(each, bool) else str(each) for each in values]
    return f"{leaf.item} {_OPERATORS[leaf.op]} {', '.join(shown)}"


def _number(value: Number) -> str:
    return format(value, "f")


def _dictionary(rule: DictionaryRule) -> str:
    if rule.grade is None:
        return f"{rule.term} is a term of the dictionary"
    return f"{rule.grade} is a grade that {rule.term} has in the dictionary"
