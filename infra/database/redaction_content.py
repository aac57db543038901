"""What of a redaction is signed: which words of which entry, why, and every place of them."""

from collections.abc import Mapping
from typing import Any

TABLE = "platform.redaction"
REQUESTED, APPROVED, REFUSED = "redaction-requested", "redaction-approved", "redaction-refused"


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The content of a request, from its row (or one that is to be) with ``values_hash`` of its
    entry: names no word, and is of no other words."""
    names = (
        "study_id", "site_id", "subject_id", "stream", "seq", "side", "part", "starts", "length",
        "category", "justification", "places", "values_hash",
    )  # fmt: skip
    return {name: row[name] for name in names}


def decided_content(number: int, sha256: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the second person signs, whatever is decided: the meaning says which it is."""
    return {"redaction": number, "sha256": sha256, "request": dict(content)}
