"""CloudWatch's patterns over lines of JSON, and whether an alarm rings: as far as ours go.

A pattern is ``{ ... }`` of comparisons with ``=`` or ``!=``, joined by ``&&`` and ``||`` with
parentheses. Text is compared with ``*`` standing for anything; a number is compared as a number.
A field that a line does not have fits nothing.
"""

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

Line = Mapping[str, Any]
Fits = Callable[[Line], bool]
_TOKEN = re.compile(
    r'\s*(?:(?P<sign>&&|\|\||[()]|!=|=)|(?P<field>\$(?:\.\w+)+)|"(?P<text>[^"]*)"'
    r"|(?P<number>-?\d+(?:\.\d+)?))"
)
_COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_MISSING = object()


def field_of(path: str, line: Line) -> Any:
    """What stands in a line at ``$.a.b``; `_MISSING` where nothing does."""
    found: Any = line
    for name in path.split(".")[1:]:
        if not isinstance(found, Mapping) or name not in found:
            return _MISSING
        found = found[name]
    return found


def compile_filter(pattern: str) -> Fits:
    """Whether lines fit a pattern. Raises ``ValueError`` for one that this does not read."""
    body = pattern.strip()
    if not (body.startswith("{") and body.endswith("}")):
        raise ValueError(f"no pattern over JSON: {pattern}")
    return _Reader(body[1:-1]).all()


def value_of(transformation: Mapping[str, Any], line: Line) -> float | None:
    """What a metric filter counts of a line that fits."""
    told = str(transformation["MetricValue"])
    found = field_of(told, line) if told.startswith("$") else told
    return None if found is _MISSING else float(found)


def rings(alarm: Mapping[str, Any], values: list[float]) -> bool:
    """Whether an alarm rings where these values came in each of its periods."""
    if not values:
        return str(alarm["TreatMissingData"]) == "breaching"
    statistic = {"Maximum": max, "Minimum": min, "Sum": sum}[alarm["Statistic"]]
    compares = _COMPARISONS[alarm["ComparisonOperator"]]
    return bool(compares(float(statistic(values)), float(alarm["Threshold"])))


class _Reader:
    """Reads a pattern from left to right; ``&&`` binds more than ``||``."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"not read: {text[at:]}")
            kind = str(found.lastgroup)
            self._tokens.append((kind, found[kind]))
            at = found.end()

    def all(self) -> Fits:
        fits = self._any()
        if self._tokens:
            raise ValueError(f"not read: {self._tokens}")
        return fits

    def _any(self) -> Fits:
        parts = [self._both()]
        while self._takes("||"):
            parts.append(self._both())
        return lambda line: any(part(line) for part in parts)

    def _both(self) -> Fits:
        parts = [self._one()]
        while self._takes("&&"):
            parts.append(self._one())
        return lambda line: all(part(line) for part in parts)

    def _one(self) -> Fits:
        if self._takes("("):
            inner = self._any()
            if not self._takes(")"):
                raise ValueError("a parenthesis is not closed")
            return inner
        (_, path), (_, sign), (kind, wanted) = (self._tokens.pop(0) for _ in range(3))
        if sign not in {"=", "!="}:
            raise ValueError(f"no comparison: {sign}")

        def fits(line: Line) -> bool:
            found = field_of(path, line)
            if found is _MISSING:
                return False
            same = (
                isinstance(found, int | float) and float(found) == float(wanted)
                if kind == "number"
                else isinstance(found, str) and fnmatch.fnmatchcase(found, wanted)
            )  # fmt: skip
            return same == (sign == "=")

        return fits

    def _takes(self, sign: str) -> bool:
        if self._tokens[:1] == [("sign", sign)]:
            self._tokens.pop(0)
            return True
        return False
