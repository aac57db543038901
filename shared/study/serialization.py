"""Storage and identity of a definition: canonical JSON and its SHA-256."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from shared.study.definition import StudyDefinition


def to_json(definition: StudyDefinition) -> dict[str, Any]:
    """The definition as JSON objects (for jsonb): text, integers, booleans, null; no floats."""
    return definition.model_dump(mode="json")


def from_json(stored: Mapping[str, Any] | str | bytes) -> StudyDefinition:
    """The definition stored by `to_json`, as an object or as JSON text.

    Checks types and fields, not cross references: those were checked before it was stored.
    Raises pydantic.ValidationError.
    """
    text = json.dumps(stored) if isinstance(stored, Mapping) else stored
    return StudyDefinition.model_validate_json(text)


def canonical_json(definition: StudyDefinition) -> str:
    """Sorted keys, no whitespace, UTF-8 text: the bytes that `definition_hash` covers."""
    return _canonical(to_json(definition))


def definition_hash(definition: StudyDefinition) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON: changes with any value, not with key order."""
    return hashlib.sha256(canonical_json(definition).encode()).hexdigest()


def open_definition_hash(definition: StudyDefinition) -> str:
    """SHA-256 of the canonical JSON with the scheme's method in place of the allocation scheme.

    This one may be published while a list is sealed: a hash over the whole would answer, try by
    try, which few block sizes there are.
    """
    content = to_json(definition)
    content["randomization"]["scheme"] = {"method": definition.randomization.scheme.method}
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
