"""JSON of which the same content always has the same bytes."""

import hashlib
import json
from typing import Any


def canonical_bytes(content: Any) -> bytes:
    """Sorted keys, no spaces, UTF-8, one line. Raises ValueError for NaN and infinity."""
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode() + b"\n"


def content_hash(content: Any) -> str:
    """SHA-256 (hexadecimal) of the canonical bytes."""
    return hashlib.sha256(canonical_bytes(content)).hexdigest()
