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
    return json.dumps(
        to_json(definition), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def definition_hash(definition: StudyDefinition) -> str:
    """SHA-256 (64 hex digits) of the canonical JSON: changes with any value, not with key order."""
    return hashlib.sha256(canonical_json(definition).encode()).hexdigest()
