"""The heads of the trail, written each night where no role of the database reaches.

A night's heads are one JSON document: where each stream ended, the first bytes of the hash of every
row that came since the night before, and what guards the tables. It holds the hash of the document
before it, so that none can be left out or written anew without all that follow.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.database.audit_chain import Fault, Report
from infra.database.audit_witness import LINK, End, Noted, Stream

FORMAT = "induct-audit-heads/1"
NOBODY = "0" * 64


class HeadsBroken(ValueError):
    """The documents do not follow from each other; the message names the first that does not."""


@dataclass(frozen=True)
class Ledger:
    """All nights' documents, read: what they noted of the streams, and the guards of the last.

    ``last``: the number of the last document, 0 where there is none, ``digest`` its hash.
    """

    last: int
    digest: str
    taken_at: datetime | None
    noted: Noted
    guards: Mapping[str, str]
    schema: Sequence[str]


def read_ledger(documents: Iterable[bytes]) -> Ledger:
    """Raises ``HeadsBroken``."""
    digest, number, taken_at = NOBODY, 0, None
    links: dict[str, bytearray] = {}
    ends: dict[str, list[End]] = {}
    told: dict[str, Any] = {}
    for content in documents:
        number += 1
        told = _document(content, number, digest)
        digest = hashlib.sha256(content).hexdigest()
        taken_at = datetime.fromisoformat(told["taken_at"])
        if told.get("restart"):
            links, ends = {}, {}
        night = f"the night of {taken_at:%Y-%m-%d}"
        for stream, end in told["streams"].items():
            links.setdefault(stream, bytearray()).extend(bytes.fromhex(end["links"]))
            noted = End(end["seq"], bytes.fromhex(end["hash"]), night)
            ends.setdefault(stream, []).append(noted)
            if len(links[stream]) != LINK * noted.seq:
                raise HeadsBroken(f"document {number} does not go on where {stream} ended")
    streams = {name: Stream(bytes(links[name]), ends[name]) for name in links}
    guards, schema = told.get("guards", {}), told.get("schema", [])
    return Ledger(number, digest, taken_at, Noted(streams), guards, schema)


def _document(content: bytes, number: int, before: str) -> dict[str, Any]:
    try:
        told: dict[str, Any] = json.loads(content)
        follows = (told["format"], told["number"], told["before"]) == (FORMAT, number, before)
    except (ValueError, KeyError, TypeError):
        raise HeadsBroken(f"document {number} cannot be read") from None
    if not follows:
        raise HeadsBroken(f"document {number} does not follow from the one before it")
    return told


def write_heads(
    ledger: Ledger,
    report: Report,
    guards: Mapping[str, str],
    schema: Sequence[str],
    now: datetime,
    restart: Mapping[str, str] | None = None,
) -> bytes:
    """The document that follows ``ledger``: what ``report`` found, of streams that grew.

    ``restart``: who says why the trail does not go on from what was noted (a restore); what was
    noted before counts no more. Keys ``reason`` and ``actor``.
    """
    before = {} if restart else ledger.noted.streams
    streams = {}
    for name, end in sorted(report.ends.items()):
        known = len(before[name].links) if name in before else 0
        if len(end.links) > known:
            links = end.links[known:].hex()
            streams[name] = {"seq": end.seq, "hash": end.hash.hex(), "links": links}
    told = {
        "format": FORMAT,
        "number": ledger.last + 1,
        "before": ledger.digest,
        "taken_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "rows": report.rows,
        "schema": sorted(schema),
        "guards": dict(sorted(guards.items())),
        "streams": streams,
    }
    if restart:
        told["restart"] = dict(restart)
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def changed_guards(ledger: Ledger, guards: Mapping[str, str], schema: Sequence[str]) -> list[Fault]:
    """Guards that are gone or other than the last night noted, where no migration ran since."""
    if not ledger.guards or sorted(schema) != sorted(ledger.schema):
        return []
    return [
        Fault(
            name, 0, "gone since the last heads" if name not in guards else "made anew since then"
        )
        for name, digest in ledger.guards.items()
        if guards.get(name) != digest
    ]
