"""Whether a message is the desk's: Standard Webhooks 1.0.0 over the bytes as they came. Pure.

Source: https://github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.safety.webhooks.signing import signature

# The specification leaves the tolerance open; five minutes is what its libraries take.
TOLERANCE: Final = timedelta(minutes=5)
MOST_SIGNATURES: Final = 20
_ID = re.compile(r"[!-~]{1,200}", re.ASCII)
_TIMESTAMP = re.compile(r"[0-9]{1,11}", re.ASCII)
_MOST_HEADER = 4000


class UnverifiedError(Exception):
    """The message is nobody's that we know, or too old: the sender is told no more than that."""


@dataclass(frozen=True)
class Verified:
    """A message that holds: its id is the same however often it is sent."""

    message_id: str


def verify(
    headers: Mapping[str, str], body: bytes, keys: Sequence[bytes], now: datetime
) -> Verified:
    """Hold the three headers against the body with every key that is valid.

    Any signature by any key will do. Raises ``UnverifiedError``, whatever the headers hold.
    """
    message_id = headers.get("webhook-id", "")
    stamp = headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (_ID.fullmatch(message_id) and _TIMESTAMP.fullmatch(stamp)) or len(given) > _MOST_HEADER:
        raise UnverifiedError
    if abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise UnverifiedError
    # By the header's own digits: 0100 is no other way to write 100.
    if str(int(stamp)) != stamp or not _fits(given, message_id, int(stamp), body, keys):
        raise UnverifiedError
    return Verified(message_id)


def _fits(given: str, message_id: str, stamp: int, body: bytes, keys: Sequence[bytes]) -> bool:
    """All are compared, so that the time it takes tells nothing of which came near."""
    sent = [each.encode("utf-8", "replace") for each in given.split(" ")[:MOST_SIGNATURES]]
    fits = False
    for key in keys:
        expected = signature(key, message_id, stamp, body).encode()
        for each in sent:
            fits |= hmac.compare_digest(each, expected)
    return fits
