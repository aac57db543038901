"""The notation by which ``data/paths_*.toml`` says where an element stands in the message.

A path is steps joined by ``/``, then what holds the value: ``@attribute``, ``~part`` of a time, or
nothing for the text. A step is a name with, in this order and all optional:

``:X`` typeCode, ``<X>`` xsi:type, ``{c@s}`` a child ``code`` (``{!NA}``: with that nullFlavor),
``^s`` code system or id root, ``%tel`` prefix of a telecom, ``#n`` the n-th of its name,
``(a=v)`` a fixed attribute, ``*`` repeats, ``[path]`` must be there too.

``s`` is an alias of ``data/systems.toml``; without one, a code is an ICH observation code.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.safety.e2b.tables import load

_STEP = re.compile(
    r"(?P<name>[A-Za-z_0-9]+)(?::(?P<type>\w+))?(?:<(?P<xsi>\w+)>)?(?:\{(?P<code>[^}]+)\})?"
    r"(?:\^(?P<system>\w+))?(?:%(?P<prefix>\w+))?(?:#(?P<index>\d+))?"
    r"(?:\((?P<attribute>\w+)=(?P<fixed>\w+)\))?(?P<repeats>\*)?"
)
_DEFAULT_SYSTEM = "19"


class PathError(ValueError):
    """A path of our own tables that cannot be read."""


@dataclass(frozen=True, slots=True)
class Coded:
    """The ``code`` child that tells what an element is."""

    code: str | None
    system: str | None
    null: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One element on the way; see the notation above."""

    name: str
    type_code: str | None = None
    xsi_type: str | None = None
    coded: Coded | None = None
    system: str | None = None
    prefix: str | None = None
    index: int | None = None
    fixed: tuple[str, str] | None = None
    repeats: bool = False
    needs: tuple[tuple["Step", ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Path:
    """Steps to an element, and the attribute or time part that holds the value."""

    steps: tuple[Step, ...]
    attribute: str | None = None
    part: str | None = None


@cache
def systems() -> dict[str, str]:
    """OIDs by alias."""
    table: dict[str, Any] = load("systems")["oid"]
    return {name: str(row["value"]) for name, row in table.items()}


@cache
def parse(text: str) -> Path:
    """Read a path. Raises ``PathError``."""
    steps, rest = _steps(text)
    if rest.startswith("@"):
        return Path(steps, attribute=rest[1:])
    if rest.startswith("~"):
        part, _, attribute = rest[1:].partition("@")
        return Path(steps, attribute=attribute or None, part=part)
    if rest:
        raise PathError(f"{text}: cannot read {rest}")
    return Path(steps)


def _steps(text: str) -> tuple[tuple[Step, ...], str]:
    steps = []
    rest = text
    while True:
        step, rest = _step(rest)
        steps.append(step)
        if not rest.startswith("/"):
            return tuple(steps), rest
        rest = rest[1:]


def _step(text: str) -> tuple[Step, str]:
    found = _STEP.match(text)
    if found is None:
        raise PathError(f"no step at {text}")
    rest, needs = text[found.end() :], []
    while rest.startswith("["):
        inner, rest = _steps(rest[1:])
        if not rest.startswith("]"):
            raise PathError(f"no ] at {rest}")
        needs.append(inner)
        rest = rest[1:]
    step = Step(
        name=found["name"],
        type_code=found["type"],
        xsi_type=found["xsi"],
        coded=None if found["code"] is None else _coded(found["code"]),
        system=None if found["system"] is None else systems()[found["system"]],
        prefix=None if found["prefix"] is None else f"{found['prefix']}:",
        index=None if found["index"] is None else int(found["index"]),
        fixed=None if found["attribute"] is None else (found["attribute"], found["fixed"]),
        repeats=found["repeats"] is not None,
        needs=tuple(needs),
    )
    return step, rest


def _coded(text: str) -> Coded:
    if text.startswith("!"):
        return Coded(None, None, text[1:])
    code, _, system = text.partition("@")
    return Coded(code, systems()[system or _DEFAULT_SYSTEM])
