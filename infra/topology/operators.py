"""Value tests of EventBridge event patterns: one compiled function per filter.

A filter is one member of the list under a pattern key: a bare string, boolean or null, or an
object naming one operator. Compiling checks it completely, so that a template with a filter this
engine does not know stops the local stack instead of losing or flooding events.

Semantics follow the rule compiler of aws/event-ruler (the library behind EventBridge), except
where two engines are known to differ: such filters are refused.
"""

from collections.abc import Callable, Mapping
from typing import Any

from infra.topology.errors import PatternError
from infra.topology.text_filters import (
    ValueTest,
    compile_equals_ignore_case,
    compile_prefix,
    compile_suffix,
    compile_wildcard,
    single_operator,
)

# Published limits of EventBridge numeric filters: the range, and six digits after the point.
_NUMERIC_LIMIT = 5e9
_NUMERIC_DECIMALS = 6


def compile_filter(candidate: Any, where: str) -> ValueTest:
    """Compile one filter other than ``exists`` into a test on a leaf value of an event.

    ``where`` is the path of the pattern key, for the text of the error.

    Raises:
        PatternError: an unknown operator or a malformed operand.
    """
    if isinstance(candidate, Mapping):
        operator, operand = single_operator(candidate, where)
        compiler = _OPERATORS.get(operator)
        if compiler is None:
            known = ", ".join(sorted([*_OPERATORS, "exists"]))
            raise PatternError(f"{where}: operator {operator!r} is not supported (known: {known})")
        return compiler(operand, f"{where}/{operator}")
    if candidate is None or isinstance(candidate, bool | str):
        return _equals(candidate)
    if isinstance(candidate, int | float):
        raise PatternError(
            f"{where}: the bare number {candidate} may be compared as text on AWS; "
            f'write {{"numeric": ["=", {candidate}]}}'
        )
    raise PatternError(f"{where}: a filter must be a string, a boolean, null or an operator object")


def _equals(expected: str | bool | None) -> ValueTest:
    # The type is compared too: in Python True == 1, in JSON they are different values.
    return lambda value: type(value) is type(expected) and value == expected


def _compile_anything_but(operand: Any, where: str) -> ValueTest:
    if isinstance(operand, Mapping):
        operator, inner = single_operator(operand, where)
        compiler = _NEGATABLE.get(operator)
        if compiler is None:
            raise PatternError(f"{where}: operator {operator!r} is not supported here")
        refused = [compiler(text, f"{where}/{operator}") for text in _texts(inner, where)]
    else:
        refused = [_equals(text) for text in _texts(operand, where)]
    return lambda value: not any(test(value) for test in refused)


def _texts(operand: Any, where: str) -> list[str]:
    members = operand if isinstance(operand, list) else [operand]
    if not members or not all(isinstance(member, str) and member for member in members):
        # Numbers are refused for the reason given in compile_filter.
        raise PatternError(f"{where}: expected a string or a list of strings, none of them empty")
    return members


def _compile_numeric(operand: Any, where: str) -> ValueTest:
    if not isinstance(operand, list) or len(operand) not in {2, 4}:
        raise PatternError(f"{where}: expected [operator, number] or [lower, n, upper, n]")
    operators, bounds = operand[::2], operand[1::2]
    if not all(isinstance(name, str) and name in _COMPARISONS for name in operators):
        raise PatternError(f"{where}: operators must be among = < <= > >=")
    if not all(_is_numeric_bound(bound) for bound in bounds):
        raise PatternError(f"{where}: bounds must be numbers within 5e9, at most six decimals")
    if len(operators) == 2:
        if operators[0] not in {">", ">="} or operators[1] not in {"<", "<="}:
            raise PatternError(f"{where}: a range names its lower bound first, then its upper one")
        if bounds[0] >= bounds[1]:
            raise PatternError(f"{where}: the lower bound must be below the upper bound")
    tests = [(_COMPARISONS[name], bound) for name, bound in zip(operators, bounds, strict=True)]
    return lambda value: _is_number(value) and all(holds(value, bound) for holds, bound in tests)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numeric_bound(bound: Any) -> bool:
    return (
        _is_number(bound)
        and abs(bound) <= _NUMERIC_LIMIT
        and round(bound, _NUMERIC_DECIMALS) == bound
    )


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

_NEGATABLE: Mapping[str, Callable[[Any, str], ValueTest]] = {
    "prefix": compile_prefix,
    "suffix": compile_suffix,
    "equals-ignore-case": compile_equals_ignore_case,
    "wildcard": compile_wildcard,
}

_OPERATORS: Mapping[str, Callable[[Any, str], ValueTest]] = {
    **_NEGATABLE,
    "anything-but": _compile_anything_but,
    "numeric": _compile_numeric,
}
