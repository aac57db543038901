"""The question that an approved URL answers before it is told of any case.

Whoever answers has the URL's word for it that messages are wanted there, and has parsed one.
"""

import hmac
import json
from dataclasses import replace
from typing import Final

from services.safety.webhooks.transport import Reply

EVENT_TYPE: Final = "webhook.challenge"
CHALLENGE_BYTES: Final = 24


def judge(asked: str, reply: Reply) -> Reply:
    """A 2xx answer counts where its body is ``{"challenge": ...}`` with the value that was asked.

    A receiver that sends back whatever it gets does not answer so: there the value lies deeper.
    """
    if reply.failure is not None or _answers(asked, reply.head or ""):
        return reply
    return replace(reply, failure="challenge-unanswered")


def _answers(asked: str, head: str) -> bool:
    try:
        told = json.loads(head)
    except (ValueError, RecursionError):
        return False
    value = told.get("challenge") if isinstance(told, dict) else None
    wanted = json.loads(asked)["data"]["challenge"]
    given = value.encode("utf-8", "replace") if isinstance(value, str) else b""
    return hmac.compare_digest(given, wanted.encode())
