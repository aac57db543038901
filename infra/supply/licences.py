"""The licences of what is installed, against those that are allowed."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from packaging.markers import Marker

from infra.supply.locks import Pin

_TOKEN = re.compile(r"\(|\)|[^\s()]+")


@dataclass(frozen=True)
class LicencePolicy:
    """``allowed``: SPDX ids; ``words``: other words for one; ``read``: by package, where its
    metadata do not say."""

    allowed: frozenset[str]
    words: Mapping[str, str]
    read: Mapping[str, str]


def of_this_machine(pins: Iterable[Pin]) -> list[Pin]:
    """Those that are pinned for a machine and a Python like these."""
    return [pin for pin in pins if pin.marker is None or Marker(pin.marker).evaluate()]


def faults(pins: Iterable[Pin], policy: LicencePolicy) -> Iterator[str]:
    """Libraries whose licence is unknown or not allowed, and those that are not installed: nothing
    is passed over."""
    for pin in pins:
        try:
            told = metadata(pin.name)
        except PackageNotFoundError:
            yield f"{pin.name} {pin.version}: not installed, so its licence was not looked at"
            continue
        expression = expression_of(pin.name, told, policy)
        if expression is None:
            yield f"{pin.name} {pin.version}: its licence is unknown"
        elif not is_allowed(expression, policy.allowed):
            yield f"{pin.name} {pin.version}: {expression} is not allowed"


def expression_of(name: str, told: Any, policy: LicencePolicy) -> str | None:
    """The SPDX expression of a package: as it is written down here, as its metadata say, or as its
    classifiers or its words stand for; None where nobody can tell."""
    if name in policy.read:
        return policy.read[name]
    if told["License-Expression"]:
        return str(told["License-Expression"])
    named = [c for c in told.get_all("Classifier") or () if c.startswith("License :: ")]
    known = sorted({policy.words[each] for each in named if each in policy.words})
    if named and known and all(each in policy.words for each in named):
        return " AND ".join(known)  # who names two is under both until somebody has read it
    text = str(told["License"] or "").strip()
    return policy.words.get(text) or (text if text in policy.allowed else None)


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression lets one choose a licence that is allowed."""
    tokens = _TOKEN.findall(expression)
    try:
        answer = _either(tokens, allowed)
    except IndexError:
        return False
    return answer and not tokens


def _either(tokens: list[str], allowed: frozenset[str]) -> bool:
    answer = _both(tokens, allowed)
    while tokens and tokens[0].upper() == "OR":
        tokens.pop(0)
        answer = _both(tokens, allowed) or answer
    return answer


def _both(tokens: list[str], allowed: frozenset[str]) -> bool:
    answer = _single(tokens, allowed)
    while tokens and tokens[0].upper() == "AND":
        tokens.pop(0)
        answer = _single(tokens, allowed) and answer
    return answer


def _single(tokens: list[str], allowed: frozenset[str]) -> bool:
    word = tokens.pop(0)
    if word == "(":
        answer = _either(tokens, allowed)
        tokens.pop(0)
    else:
        answer = word in allowed
    if tokens and tokens[0].upper() == "WITH":
        del tokens[:1]
        tokens.pop(0)  # an exception only gives more rights than the licence
    return answer
