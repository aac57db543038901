"""A stored derivation in words."""

from collections.abc import Mapping
from typing import Any, cast

from services.assessments.domain.packs.result import (
    InputRef,
    PackRef,
    Result,
    Status,
    Verdict,
    explain,
)
from services.assessments.domain.rederived import Face

UNTOLD = (
    "How it was found rests on records that do not exist for your role: rules, inputs and notes "
    "are not shown."
)
GONE = "The data give rise to it no more: its sample or record was renamed or removed."


def explained(name: str, face: Face, result: Mapping[str, Any]) -> str:
    """The derivation with every rule tried and every input, as ``packs.result.explain`` tells it.

    ``result`` is what is stored beside the face.
    """
    value, status, reason = face
    if status == "void":
        return f"{name}: no value. {GONE}"
    pack = result["pack"]
    return explain(
        Result(
            name,
            value,
            cast("Status", status),
            PackRef(pack["id"], pack["version"], pack["sha256"]),
            reason,
            result["rule"],
            tuple(
                Verdict(v["rule"], v["text"], v["holds"], tuple(v["inputs"]))
                for v in result["tried"]
            ),
            tuple(
                InputRef(record, version, item)
                for _, record, version, items in result["inputs"]
                for item in items
            ),
            tuple(result["notes"]),
            tuple(result["details"].items()),
        )
    )


def said(name: str, face: Face) -> str:
    """What the derivation says, for a role that must not know how it was found."""
    value, status, reason = face
    if status == "void":
        return f"{name}: no value. {GONE}"
    why = f" ({reason})" if reason else ""
    return f"{name}: {value or 'no value'}. Status {status}{why}.\n{UNTOLD}"
