"""No regular expression of ours can be kept at work by a text (row B17 of the input table).

Held by their structure and not by the clock. Python's engine tries one way after another: to repeat
without end what itself repeats without end takes time that doubles with each character, and to look
everywhere for what begins so takes time that grows with the square.
"""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import services
import shared

ENDLESS = 1_000
# Each turn begins with a dot, which nothing within a turn can be: there is one way only.
ONE_WAY = {"services.safety.webhooks.hosts._ENTRY.0"}
# Takes long to import, and reads what our own nights wrote.
DRAWING = ("services.analytics.engine", "services.analytics.figures", "services.analytics.report")
SEARCHES = r"\.(search|finditer|findall|sub|subn|split)\("


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Every pattern that a module keeps, by the places that keep it."""
    found = {}
    for package in (services, shared):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.startswith(DRAWING):
                continue
            content = vars(importlib.import_module(module.name))
            for name, value in content.items():
                for number, each in enumerate(kept(value)):
                    found[f"{module.name}.{name}.{number}"] = each
    return found


def kept(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, tuple | list | frozenset | set):
        for each in value:
            yield from kept(each)
    elif isinstance(value, dict):
        for each in value.values():
            yield from kept(each)


def is_endless(op: Any, argument: Any) -> bool:
    return op in {codes.MAX_REPEAT, codes.MIN_REPEAT} and argument[1] >= ENDLESS


def inner(argument: Any) -> Iterator[Any]:
    """The sequences within a part of a pattern."""
    if isinstance(argument, parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for each in argument:
            yield from inner(each)


def repeats_repeated(sequence: Any, within: bool = False) -> bool:
    for op, argument in sequence:
        endless = is_endless(op, argument)
        if endless and within:
            return True
        if any(repeats_repeated(part, within or endless) for part in inner(argument)):
            return True
    return False


def begins_endless(sequence: Any) -> bool:
    """Whether nothing that must be there stands before a repetition without end."""
    for op, argument in sequence:
        if is_endless(op, argument):
            return True
        if op is codes.SUBPATTERN and begins_endless(argument[3]):
            return True
        if op is codes.BRANCH and any(map(begins_endless, argument[1])):
            return True
        optional = op in {codes.MAX_REPEAT, codes.MIN_REPEAT} and argument[0] == 0
        if op not in {codes.ASSERT, codes.ASSERT_NOT} and not optional:
            return False
    return False


def is_searched_for(name: str) -> bool:
    """Whether a pattern is looked for anywhere in a text, and not held against the whole of it."""
    module, variable, _ = name.rsplit(".", 2)
    content = importlib.import_module(module)
    # Of several that are kept together one is called by another name.
    called = rf"\b{variable}" if isinstance(getattr(content, variable), re.Pattern) else ""
    return bool(re.search(called + SEARCHES, inspect.getsource(content)))


def test_no_pattern_repeats_without_end_what_repeats_without_end() -> None:
    assert len(patterns()) > 80
    read = {name: parser.parse(each.pattern, each.flags) for name, each in patterns().items()}
    assert {name for name, tree in read.items() if repeats_repeated(tree)} == ONE_WAY


def test_what_is_searched_for_does_not_begin_without_end() -> None:
    searched = {name: each for name, each in patterns().items() if is_searched_for(name)}
    assert len(searched) > 10
    trees = {name: parser.parse(each.pattern, each.flags) for name, each in searched.items()}
    # A pattern that is one repetition and nothing else is found, or not, at each place at once.
    assert [name for name, tree in trees.items() if begins_endless(tree) and len(tree) > 1] == []


def test_what_is_slow_is_found() -> None:
    for slow in (r"(a+)+b", r"(a*b?)*c", r"((a|b+)x?)*"):
        assert repeats_repeated(parser.parse(slow))
    for slow in (r"[^@]+@", r"(?:a*)b", r"x?a+b", r"(?=y)a*b", r"(a|b+)c"):
        assert begins_endless(parser.parse(slow))
    for quick in (r"a{1,64}@b", r"^a+b", r"ab+c"):
        assert not begins_endless(parser.parse(quick))
