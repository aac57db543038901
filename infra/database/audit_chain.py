"""The chain of the trail: every hash recomputed, outside the database that holds it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from infra.database.audit_witness import LINK, NOTHING_NOTED, Noted, Stream


@dataclass(frozen=True)
class Fault:
    """The first row of a stream that does not follow from the one before it, or a row of a table
    that is not as the trail tells: ``seq`` is then the entry that tells it, 0 where none does."""

    stream: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.stream}, row {self.seq}: {self.what}"


@dataclass(frozen=True)
class Report:
    """``faults``: the first of each stream; ``ends``: where each stream ends, with its links (see
    ``audit_witness``)."""

    rows: int
    streams: int
    faults: Sequence[Fault]
    ends: Mapping[str, "StreamEnd"] = field(default_factory=dict, repr=False)


@dataclass
class StreamEnd:
    """The last row that was read of a stream, and the links of all of its rows in their order."""

    seq: int
    hash: bytes
    links: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Left:
    """What proves a redacted entry in place of what went: the hash of a new salt and the values
    that are left, and where words of the reason went the entry's hash as it is without them."""

    values: bytes
    link: bytes | None


Redacted = Mapping[tuple[str, int], Left]


def verify_rows(
    rows: Iterable[dict[str, Any]],
    heads: dict[str, Any],
    noted: Noted = NOTHING_NOTED,
    redacted: Redacted = MappingProxyType({}),
) -> Report:
    """Verify rows in order of stream and seq against the heads of the streams, and against what was
    noted of them outside. ``redacted``: what approved redactions left, by stream and seq."""
    faults: dict[str, Fault] = {}
    ends: dict[str, StreamEnd] = {}
    count = 0
    for row in rows:
        count += 1
        stream = row["stream"]
        end = ends.setdefault(stream, StreamEnd(0, genesis(stream)))
        left = redacted.get((stream, row["seq"]))
        fault = _fault(row, end.seq, end.hash, left) or _rewritten(row, noted.streams.get(stream))
        if fault is not None:
            faults.setdefault(stream, fault)
        end.seq, end.hash = row["seq"], bytes(row["hash"])
        end.links += end.hash[:LINK]
    for stream in sorted(heads.keys() | ends.keys() | noted.streams.keys()):
        end = ends.get(stream) or StreamEnd(0, genesis(stream))
        fault = _elsewhere(stream, end, heads.get(stream), noted.streams.get(stream))
        if fault is not None:
            faults.setdefault(stream, fault)
    return Report(count, len(heads.keys() | ends.keys()), list(faults.values()), ends)


def _rewritten(row: dict[str, Any], noted: Stream | None) -> Fault | None:
    night = noted.rewritten(row["seq"], bytes(row["hash"])) if noted is not None else None
    if night is None:
        return None
    what = f"written anew since {night} ({row['table_name']}.{row['field']}, {row['row_key']})"
    return Fault(row["stream"], row["seq"], what)


def _elsewhere(stream: str, end: StreamEnd, head: Any, noted: Stream | None) -> Fault | None:
    """The end of a stream that is not where its head says, or before what was noted."""
    if noted is not None and noted.ends and end.seq < noted.ends[-1].seq:
        last = noted.ends[-1]
        what = f"gone with all after it, up to row {last.seq} of {last.night}"
        return Fault(stream, end.seq + 1, what)
    if head is None and end.seq == 0:
        return None
    if head is None or (head["seq"], bytes(head["hash"])) != (end.seq, end.hash):
        return Fault(stream, end.seq, "the stream ends elsewhere")
    return None


def _fault(row: dict[str, Any], seq: int, link: bytes, left: Left | None) -> Fault | None:
    stream, field_name = row["stream"], f"{row['table_name']}.{row['field']}"
    if row["seq"] != seq + 1:
        return Fault(stream, seq + 1, f"missing; the next there is {row['seq']}")
    if row["salt"] is None:
        what = f"{field_name} is redacted, and no approved redaction tells of it"
        return Fault(stream, row["seq"], what)
    if values_hash(row) != (row["values_hash"] if left is None else left.values):
        return Fault(stream, row["seq"], f"the values of {field_name} differ")
    told = row["hash"] if left is None or left.link is None else left.link
    if link_hash(row, link) != told:
        return Fault(stream, row["seq"], f"altered ({field_name})")
    return None


def genesis(stream: str) -> bytes:
    return hashlib.sha256(stream.encode()).digest()


def values_hash(row: dict[str, Any]) -> bytes:
    values = netstring((row["old_value"], row["new_value"]))
    return hashlib.sha256(bytes(row["salt"]) + values.encode()).digest()


def link_hash(row: dict[str, Any], before: bytes) -> bytes:
    """The hash of a row: over the hash before it and every column but the values' text."""
    parts = netstring((
        row["stream"], str(row["seq"]), row["study_id"], row["site_id"], row["subject_id"],
        row["table_name"], row["row_key"], row["field"], row["operation"], row["actor"],
        row["actor_role"], row["reason"], row["request_id"], _instant(row["recorded_at"]),
        bytes(row["values_hash"]).hex(),
    ))  # fmt: skip
    return hashlib.sha256(bytes(before) + parts.encode()).digest()


def netstring(parts: Sequence[str | None]) -> str:
    """Lengths in front of values, so that no two different rows spell the same text."""
    return ",".join("-" if p is None else f"{len(p.encode())}:{p}" for p in parts)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
