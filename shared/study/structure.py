"""Faults of structure (unknown, missing or ill-typed fields) in words."""

import difflib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import ValidationError

from shared.study.base import Model
from shared.study.definition import StudyDefinition
from shared.study.faults import Finding, Path


def structural_findings(raw: Mapping[str, Any]) -> list[Finding]:
    """Everything pydantic refuses in `raw`, one finding per place."""
    try:
        StudyDefinition.model_validate_json(json.dumps(raw))
    except ValidationError as error:
        by_place: dict[tuple[Path, bool], list[str]] = {}
        for detail in error.errors(include_url=False, include_input=False):
            if _follows_from_an_entry(raw, detail):
                continue
            finding = _finding(raw, detail)
            messages = by_place.setdefault((finding.path, finding.at_key), [])
            if finding.message not in messages:
                messages.append(finding.message)
        # A place with several messages is a union: each branch says what it would have taken.
        return [
            Finding(path, ", or ".join(messages), at_key)
            for (path, at_key), messages in by_place.items()
        ]
    return []


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean X?`, or nothing where no known name is close."""
    close = difflib.get_close_matches(wrong, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _finding(raw: Mapping[str, Any], detail: Any) -> Finding:
    kind, loc, context = detail["type"], detail["loc"], detail.get("ctx", {})
    path = _path_in(raw, loc)
    if kind in ("missing", "union_tag_not_found"):
        name = context["discriminator"].strip("'") if context else str(loc[-1])
        return Finding((*path, name), f"the field {name} is missing")
    if kind == "union_tag_invalid":
        name = context["discriminator"].strip("'")
        return Finding((*path, name), f"must be one of {context['expected_tags']}")
    if kind == "extra_forbidden":
        name = str(loc[-1])
        hint = did_you_mean(name, _field_names() - {name})
        return Finding(path, f"unknown field {name}{hint}", at_key=True)
    return Finding(path, _words(kind, detail["msg"], context))


def _follows_from_an_entry(raw: Mapping[str, Any], detail: Any) -> bool:
    """A list is called too short after its faulty entries were left out: not a fault of its own."""
    if detail["type"] != "too_short":
        return False
    found: Any = raw
    for part in _path_in(raw, detail["loc"]):
        found = found[part]
    return isinstance(found, list) and len(found) >= detail["ctx"]["min_length"]


def _words(kind: str, message: str, context: Mapping[str, Any]) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"must match {context['pattern']}"
    for old, new in (("Input should be", "must be"), ("Input should have", "must have")):
        message = message.replace(old, new)
    return message[:1].lower() + message[1:]


def _path_in(raw: object, loc: tuple[str | int, ...]) -> Path:
    """The part of `loc` that exists in the file: tags of unions are no part of it."""
    path: list[str | int] = []
    node: Any = raw
    for part in loc:
        is_key = isinstance(node, dict) and part in node
        is_entry = isinstance(node, list) and isinstance(part, int) and part < len(node)
        if is_key or is_entry:
            path.append(part)
            node = node[part]
    return tuple(path)


@cache
def _field_names() -> frozenset[str]:
    names: set[str] = set()
    waiting = list(Model.__subclasses__())
    while waiting:
        model = waiting.pop()
        waiting.extend(model.__subclasses__())
        names |= {info.alias or name for name, info in model.model_fields.items()}
    return frozenset(names)
