"""What every command of the operations function needs: logins, refusals, and answers that fit."""

import base64
import gzip
import json
import os
from collections.abc import Mapping
from typing import Any

# Lambda answers at most 6 MB; what is longer than this goes packed, which is a tenth of it or so.
PLAIN_BYTES = 1_000_000
MOST_BYTES = 5_900_000
PACKED = "gzip"


class Refused(ValueError):
    """The command cannot be done as asked; the message says why."""


def url_of(login: str) -> str:
    return os.environ[f"INDUCT_{login}_DATABASE_URL"]


def fitting(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, or where it is long, its JSON packed. Raises ``Refused`` where not even that can
    be answered."""
    text = json.dumps(answer).encode()
    if len(text) <= PLAIN_BYTES:
        return answer
    packed = base64.b64encode(gzip.compress(text, mtime=0)).decode()
    if len(packed) > MOST_BYTES:
        raise Refused(f"the answer has {len(text)} bytes, more than a function can answer")
    return {PACKED: packed}


def unpacked(answer: Mapping[str, Any]) -> dict[str, Any]:
    """What ``fitting`` was given."""
    if PACKED not in answer:
        return dict(answer)
    found: dict[str, Any] = json.loads(gzip.decompress(base64.b64decode(answer[PACKED])))
    return found
