"""EventBridge event patterns: compiled once, matched without side effects.

The local bus decides with these patterns, read from the template, which queues an event reaches,
as EventBridge does on AWS. The whole envelope is matched (source, detail-type, detail, ...).

Rules of the pattern language: every key must hold, any filter of its list may hold, an array in
the event matches when any member does, and two keys inside objects of one array must be met by
the same member of that array. ``exists`` looks at leaves only: an object, or an empty array or
object, counts as absent.

Source: EventBridge user guide, "Creating Amazon EventBridge event patterns", and the sources of
aws/event-ruler. One difference is deliberate: that library joins keys with dots, so a key "a.b"
meets the path a -> b; here keys never collide, and a dotted key in a pattern is refused.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from infra.topology.errors import PatternError
from infra.topology.operators import compile_filter
from infra.topology.text_filters import ValueTest, single_operator

__all__ = ["EventPattern", "PatternError", "compile_pattern"]

Path: TypeAlias = tuple[str, ...]
# The array members a leaf lies in: pairs of (number of the array, index in the array).
Membership: TypeAlias = frozenset[tuple[int, int]]

# EventBridge refuses a pattern whose $or lists multiply to more combinations than this.
_MAX_ALTERNATIVES = 1000


@dataclass(frozen=True)
class _Condition:
    """What one key asks of its leaf: any of the tests, or its absence."""

    tests: tuple[ValueTest, ...]
    may_be_absent: bool

    def holds(self, value: Any) -> bool:
        return any(test(value) for test in self.tests)


_Alternative: TypeAlias = dict[Path, _Condition]


@dataclass(frozen=True)
class EventPattern:
    """A compiled pattern. ``source`` is the pattern as written."""

    source: Mapping[str, Any]
    _alternatives: tuple[_Alternative, ...] = field(repr=False, compare=False)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Tell whether the event, a decoded JSON object, meets the pattern."""
        # Most events are told apart by their type, which needs no walk through all of them.
        if all(_fails_at_the_top(alternative, event) for alternative in self._alternatives):
            return False
        leaves: dict[Path, list[tuple[Any, Membership]]] = {}
        for path, value, membership in _leaves(event):
            leaves.setdefault(path, []).append((value, membership))
        return any(_meets(alternative, leaves) for alternative in self._alternatives)


def compile_pattern(pattern: Mapping[str, Any]) -> EventPattern:
    """Compile an event pattern as written in a template.

    Raises:
        PatternError: the pattern is empty, malformed, ambiguous between engines or uses an
            operator that is not supported.
    """
    if not isinstance(pattern, Mapping):
        raise PatternError("an event pattern must be an object")
    return EventPattern(source=pattern, _alternatives=tuple(_compile_object(pattern, (), [{}])))


def _compile_object(
    pattern: Mapping[str, Any], path: Path, alternatives: list[_Alternative]
) -> list[_Alternative]:
    if not pattern:
        raise PatternError(f"{_shown(path)}: empty objects are not allowed")
    for key, value in pattern.items():
        here = (*path, _checked_key(key, path))
        if key == "$or":
            alternatives = _compile_or(value, path, alternatives)
        elif isinstance(value, Mapping):
            alternatives = _compile_object(value, here, alternatives)
        elif isinstance(value, list):
            condition = _compile_condition(value, _shown(here))
            alternatives = [_with(one, here, condition) for one in alternatives]
        else:
            raise PatternError(f"{_shown(here)}: must be an object or a list of filters")
    return alternatives


def _checked_key(key: Any, path: Path) -> str:
    if not isinstance(key, str) or not key:
        raise PatternError(f"{_shown(path)}: the key {key!r} is not a name")
    if "." in key:
        raise PatternError(
            f"{_shown(path)}: the key {key!r} holds a dot, which AWS reads as a nested path"
        )
    return key


def _compile_or(branches: Any, path: Path, before: list[_Alternative]) -> list[_Alternative]:
    where = f"{_shown(path)}/$or"
    if not isinstance(branches, list) or len(branches) < 2:
        raise PatternError(f"{where}: expected a list of at least two objects")
    alternatives: list[_Alternative] = []
    for branch in branches:
        if not isinstance(branch, Mapping):
            raise PatternError(f"{where}: expected a list of at least two objects")
        alternatives += _compile_object(branch, path, before)
        if len(alternatives) > _MAX_ALTERNATIVES:
            raise PatternError(f"{where}: more than {_MAX_ALTERNATIVES} combinations")
    return alternatives


def _with(alternative: _Alternative, path: Path, condition: _Condition) -> _Alternative:
    if path in alternative:
        raise PatternError(f"{_shown(path)}: filtered both inside and outside of a $or")
    return {**alternative, path: condition}


def _compile_condition(filters: list[Any], where: str) -> _Condition:
    if not filters:
        raise PatternError(f"{where}: empty lists are not allowed")
    tests: list[ValueTest] = []
    may_be_absent = False
    for candidate in filters:
        if isinstance(candidate, Mapping) and "exists" in candidate:
            _, wanted = single_operator(candidate, where)
            if not isinstance(wanted, bool):
                raise PatternError(f"{where}/exists: expected true or false")
            if wanted:
                tests.append(lambda _: True)
            may_be_absent = may_be_absent or not wanted
        else:
            tests.append(compile_filter(candidate, where))
    return _Condition(tests=tuple(tests), may_be_absent=may_be_absent)


def _shown(path: Path) -> str:
    return "/".join(("pattern", *path))


def _leaves(event: Mapping[str, Any]) -> Iterator[tuple[Path, Any, Membership]]:
    """Every scalar of the event with its path; nested arrays add memberships, no path."""
    arrays = 0
    pending: list[tuple[Path, Any, Membership]] = [((), event, frozenset())]
    while pending:
        path, value, membership = pending.pop()
        if isinstance(value, Mapping):
            pending += [((*path, key), member, membership) for key, member in value.items()]
        elif isinstance(value, list):
            arrays += 1
            for index, member in enumerate(value):
                # Scalars of one array do not exclude each other; objects and arrays in it do.
                nested = isinstance(member, Mapping | list)
                inside = membership | {(arrays, index)} if nested else membership
                pending.append((path, member, inside))
        else:
            yield path, value, membership


def _fails_at_the_top(alternative: _Alternative, event: Mapping[str, Any]) -> bool:
    """Whether a scalar of the event itself meets no test of its key."""
    return any(
        len(path) == 1
        and path[0] in event
        and not isinstance(event[path[0]], Mapping | list)
        and not condition.holds(event[path[0]])
        for path, condition in alternative.items()
    )


def _meets(alternative: _Alternative, leaves: Mapping[Path, list[tuple[Any, Membership]]]) -> bool:
    # All ways to choose array members that meet the keys so far. Keys go in the order of their
    # names, as AWS does: an absence is judged among the members chosen before it.
    choices: set[Membership] = {frozenset()}
    for path in sorted(alternative, key=".".join):
        condition = alternative[path]
        found = leaves.get(path, [])
        choices = {after for chosen in choices for after in _extend(chosen, condition, found)}
        if not choices:
            return False
    return True


def _extend(
    chosen: Membership, condition: _Condition, found: list[tuple[Any, Membership]]
) -> Iterator[Membership]:
    within = dict(chosen)
    reachable = [
        (value, membership)
        for value, membership in found
        if all(within.get(array, index) == index for array, index in membership)
    ]
    if condition.may_be_absent and not reachable:
        yield chosen
    for value, membership in reachable:
        if condition.holds(value):
            yield chosen | membership
