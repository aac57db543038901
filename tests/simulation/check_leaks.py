"""I8: no arm, no word about a child, and no secret where it has no place."""

import json
import re
from collections.abc import Iterator

from tests.simulation.alarms import FILE
from tests.simulation.client import CANARY
from tests.simulation.evidence import Evidence
from tests.simulation.stories import BORN

ARM = re.compile(r"\b(INO|ALLR3)\b")
_EVENTS = "SELECT envelope::text AS text FROM platform.outbox"
_DELIVERIES = "SELECT envelope::text || coalesce(last_error, '') AS text FROM platform.delivery"
_FALLBACKS = "SELECT subject || body AS text FROM safety.fallback_notice"
_ERRORS = "SELECT coalesce(last_error, '') AS text FROM platform.outbox"
_TRACES = (
    "SELECT envelope ->> 'traceparent' AS told FROM platform.outbox WHERE envelope ? 'traceparent'"
)
TRACE = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]")


UNSPOKEN = {
    "an arm": ARM,
    "a child's words": re.compile(CANARY),
    "a birth month": re.compile(BORN),
}


def check(found: Evidence) -> Iterator[str]:
    for where, text in _places(found):
        for kind, pattern in UNSPOKEN.items():
            if pattern.search(text):
                yield f"{where} holds {kind}"
        if any(secret in text for secret in found.unspeakable):
            yield f"{where} holds a secret"
    for row in found.rows(_TRACES):
        if not TRACE.fullmatch(row["told"]):
            yield "an event's trace is more than ids"


def _places(found: Evidence) -> Iterator[tuple[str, str]]:
    """Everything that leaves the services, or that an operator reads."""
    for name in ("server.jsonl", "server.out", FILE):
        file = found.folder / name
        yield name, file.read_text(encoding="utf-8") if file.exists() else ""
    for query in (_EVENTS, _DELIVERIES, _FALLBACKS, _ERRORS):
        for row in found.rows(query):
            yield query.rpartition(".")[2], row["text"]
    for each in found.received():
        yield "a webhook", json.dumps(each)
    for refusal in found.log.refusals:
        yield "a refusal", refusal
