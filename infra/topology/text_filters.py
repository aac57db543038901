"""Filters of event patterns on string values: prefix, suffix, letter case, wildcard.

Each function checks its operand completely and returns a test for one leaf value of an event; a
value that is not a string never passes. ``where`` is the path in the pattern, for error texts.
"""

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from infra.topology.errors import PatternError

ValueTest: TypeAlias = Callable[[Any], bool]

_ESCAPED_OR_SINGLE = re.compile(r"\\[*\\]|.", re.DOTALL)


def single_operator(candidate: Mapping[Any, Any], where: str) -> tuple[str, Any]:
    """Return the only operator of a filter object and its operand."""
    if len(candidate) != 1:
        raise PatternError(f"{where}: an operator object needs exactly one operator")
    ((operator, operand),) = candidate.items()
    if not isinstance(operator, str):
        raise PatternError(f"{where}: the operator {operator!r} is not a string")
    return operator, operand


def compile_prefix(operand: Any, where: str) -> ValueTest:
    """``prefix``: text, or ``{"equals-ignore-case": text}``."""
    folded = _ignore_case_operand(operand, where)
    if folded is not None:
        size = len(folded)
        return lambda value: isinstance(value, str) and _same_letters(value[:size], folded)
    prefix = _text(operand, where)
    return lambda value: isinstance(value, str) and value.startswith(prefix)


def compile_suffix(operand: Any, where: str) -> ValueTest:
    """``suffix``: text, or ``{"equals-ignore-case": text}``."""
    folded = _ignore_case_operand(operand, where)
    if folded is not None:
        size = len(folded)
        # Not value[-size:], which would be the whole value for an empty suffix.
        return lambda value: (
            isinstance(value, str)
            and len(value) >= size
            and _same_letters(value[len(value) - size :], folded)
        )
    suffix = _text(operand, where)
    return lambda value: isinstance(value, str) and value.endswith(suffix)


def compile_equals_ignore_case(operand: Any, where: str) -> ValueTest:
    """``equals-ignore-case``: ASCII text."""
    folded = _ascii(operand, where)
    return lambda value: isinstance(value, str) and _same_letters(value, folded)


def compile_wildcard(operand: Any, where: str) -> ValueTest:
    r"""``wildcard``: text in which * stands for any characters; ``\*`` and ``\\`` are literals."""
    parts = _ESCAPED_OR_SINGLE.findall(_text(operand, where))
    if "\\" in parts:
        raise PatternError(f"{where}: a backslash may only precede * or another backslash")
    if ("*", "*") in itertools.pairwise(parts):
        raise PatternError(f"{where}: two wildcards may not follow each other")
    # An escape is two characters; the second one is the literal.
    expression = re.compile(
        "".join(".*" if part == "*" else re.escape(part[-1]) for part in parts), re.DOTALL
    )
    return lambda value: isinstance(value, str) and expression.fullmatch(value) is not None


def _ignore_case_operand(operand: Any, where: str) -> str | None:
    """The folded text of ``{"equals-ignore-case": text}``; None for another kind of operand."""
    if not isinstance(operand, Mapping):
        return None
    operator, inner = single_operator(operand, where)
    if operator != "equals-ignore-case":
        raise PatternError(f"{where}: operator {operator!r} is not supported here")
    return _ascii(inner, f"{where}/{operator}")


def _text(operand: Any, where: str) -> str:
    if not isinstance(operand, str):
        raise PatternError(f"{where}: expected a string, not {operand!r}")
    return operand


def _ascii(operand: Any, where: str) -> str:
    text = _text(operand, where)
    if not text.isascii():
        # One letter can have several partners there (the Kelvin sign, sharp s): engines differ.
        raise PatternError(f"{where}: letter case is only defined for ASCII text, not {text!r}")
    return text.lower()


def _same_letters(value: str, folded: str) -> bool:
    return value.isascii() and value.lower() == folded
