"""How a study randomizes, in words. None tells a size, a probability or a limit of the scheme."""

from collections.abc import Mapping

from shared.study.criteria import AllOf, AnyOf, Comparison, Negation, Predicate
from shared.study.dates import Period
from shared.study.randomization import Randomization

_SCHEMES: Mapping[str, str] = {
    "permuted_blocks": (
        "Permuted blocks within strata: every block keeps the ratio of the arms, and the order "
        "within it is drawn at random before the trial."
    ),
    "uploaded_list": (
        "A list made by an independent statistician: within every stratum the arms stand in the "
        "order in which they are given."
    ),
    "minimisation": (
        "Minimisation by Pocock and Simon in the form that keeps the ratio: the arm that makes the "
        "factors most even is the likelier one, and never certain. Chance enters by draws made and "
        "sealed before the trial. Levels count as they were used; a correction never feeds back, "
        "and who was randomized in error leaves the balance."
    ),
    "biased_coin": (
        "Efron's biased coin within strata: the arm that is behind is the likelier one, drawn "
        "before the trial."
    ),
    "big_stick": (
        "The big stick within strata: a fair coin as long as the arms do not differ too much, "
        "drawn before the trial."
    ),
}
_SEALED = (
    "Every slot is encrypted, committed to and bound to its list's root before a child can take "
    "it; two persons put a list in force. A child takes the next unused slot of its stratum in the "
    "first active list. A slot that was used is never used again."
)
_NO_FALL_BACK = "Where no slot is left, nobody is allocated: nothing is ever drawn on demand."
_OPERATORS: Mapping[str, str] = {
    "eq": "is", "ne": "is not", "lt": "is less than", "le": "is at most", "gt": "is more than",
    "ge": "is at least", "in": "is one of", "not_in": "is none of", "present": "is given",
    "absent": "is not given", "before": "is before", "on_or_before": "is on or before",
    "after": "is after", "on_or_after": "is on or after", "meets": "meets",
}  # fmt: skip


def method(randomization: Randomization) -> list[str]:
    """Paragraphs on the scheme."""
    return [_SCHEMES[randomization.scheme.method], _SEALED, _NO_FALL_BACK]


def derivation(predicate: Predicate | None) -> str:
    """What a level follows from; empty where it is stated."""
    return "" if predicate is None else _words(predicate)


def replacement(randomization: Randomization) -> str:
    rule = randomization.replacement
    if rule is None or rule.rule == "none":
        return "No subject is replaced."
    most = "" if rule.limit is None else f", at most {rule.limit} in all"
    return (
        "A subject randomized in error may be replaced; the replacement takes the next number of "
        f"its own stratum{most}."
    )


def forced(randomization: Randomization) -> str:
    limit = randomization.forced_limit
    if limit == 0:
        return "No allocation may be forced to a named arm."
    return f"At most {limit} in the study, each with a reason and decided by two persons."


def downtime(randomization: Randomization) -> str:
    if randomization.envelopes_per_stratum == 0:
        return "No sealed envelopes: allocation waits until the system is back."
    return (
        f"{randomization.envelopes_per_stratum} sealed envelopes a stratum at each site "
        "that keeps them, opened in order and entered as soon as the system is back."
    )


def _words(predicate: Predicate) -> str:
    if isinstance(predicate, Comparison):
        return _comparison(predicate)
    if isinstance(predicate, Negation):
        return f"not ({_words(predicate.part)})"
    joint = " and " if isinstance(predicate, AllOf) else " or "
    return joint.join(_part(part) for part in predicate.parts)


def _part(predicate: Predicate) -> str:
    words = _words(predicate)
    return f"({words})" if isinstance(predicate, AllOf | AnyOf) else words


def _comparison(one: Comparison) -> str:
    said = f"{one.item} {_OPERATORS[one.op]}"
    if one.value_from is not None:
        times = "" if one.times is None else f"{one.times} times "
        said += f" {times}{one.value_from}"
        return said if one.plus is None else f"{said} plus {_period(one.plus)}"
    if one.threshold is not None:
        return f"{said} {one.threshold}"
    if one.value is None:
        return said
    values = one.value if isinstance(one.value, tuple) else (one.value,)
    return f"{said} {', '.join(_value(value) for value in values)}"


def _value(value: bool | int | str) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _period(period: Period) -> str:
    parts = (("year", period.years), ("month", period.months), ("day", period.days))
    return " ".join(
        f"{number} {name}{'' if number == 1 else 's'}" for name, number in parts if number
    )
