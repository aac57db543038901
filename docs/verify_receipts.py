#!/usr/bin/env python3
"""Hold the receipts that a site kept against the trail of its subjects as it is told today.

    verify_receipts.py TRAIL.ndjson RECEIPTS [RECEIPTS ...] [--json]

Needs Python (3.11 or later) and this one file. TRAIL.ndjson: a row a line, as `induct export trail`
writes it. RECEIPTS: files in which receipts stand, with whatever else: headers as they came,
answers of bulk submissions, notes. It shares no code with the service: it was written from
receipts.md, which says what a receipt proves and what it does not.

Exit status 0: what every receipt tells of is as it was entered. 1: something is not, or a file
cannot be read. 2: the command line is wrong.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

RECEIPT = re.compile(
    r"(?P<stream>[A-Za-z0-9._-]+/[A-Za-z0-9._-]+) (?P<first>[0-9]{1,18})-(?P<last>[0-9]{1,18})"
    r" (?P<before>[0-9a-f]{64}) (?P<after>[0-9a-f]{64})",
    re.ASCII,
)
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
SALT = re.compile(r"([0-9a-f]{2})+", re.ASCII)
# What a row's own hash covers besides its place and the hash of its values, in this order.
ABOUT = ("study_id", "site_id", "subject_id", "table_name", "row_key", "field", "operation",
         "actor", "actor_role", "reason", "request_id", "recorded_at")  # fmt: skip
MAY_BE_NULL = ("site_id", "subject_id", "study_id")
MOST_NAMED = 12


class Malformed(Exception):
    """A file is not what it should be."""


class Receipt(NamedTuple):
    """What a site was told when it entered something."""

    stream: str
    first: int
    last: int
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """A row of the trail. ``salt`` is None where its values are not told.

    ``redaction``: the number of the approved redaction that took words of it. Then ``left_values``
    is the hash of a new salt and what is left of its values, and ``left_link``, where words of the
    reason went, the row's hash as it is without them.
    """

    stream: str
    seq: int
    about: Mapping[str, str | None]
    told: bool
    old: str | None
    new: str | None
    salt: bytes | None
    values_hash: str
    hash: str
    redaction: int | None
    left_values: str | None
    left_link: str | None

    @property
    def name(self) -> str:
        """Which record, which version, and which field of it."""
        return f"{self.about['table_name']} {self.about['row_key']} {self.about['field']}"

    def values_fit(self) -> bool:
        """Whether the values are those that were hashed; true where they are not told."""
        if self.salt is None:
            return not self.told and self.old is None and self.new is None
        hashed = self.values_hash if self.left_values is None else self.left_values
        return digest(self.salt, netstring([self.old, self.new])) == hashed

    def link(self, before: str) -> str:
        """The hash of this row behind a row of that hash."""
        parts = [self.stream, str(self.seq), *self.about.values(), self.values_hash]
        return digest(bytes.fromhex(before), netstring(parts))

    def follows(self, before: str) -> bool:
        """Whether the row fits behind a row of that hash."""
        return self.link(before) == (self.hash if self.left_link is None else self.left_link)


@dataclass(frozen=True)
class Verdict:
    """What became of what one receipt tells of.

    ``state``: equal, altered or missing. ``rows``: those that are altered or missing; where the
    trail is whole in itself and yet another one, all that the receipt tells of.
    """

    receipt: Receipt
    state: str
    rows: Sequence[str] = ()
    redacted: int = 0
    untold: int = 0


@dataclass
class Report:
    """What one run found. ``broken``: rows that do not fit themselves or the row before."""

    verdicts: list[Verdict] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    streams: int = 0
    rows: int = 0

    @property
    def good(self) -> bool:
        """Whether everything is as it was."""
        return not self.broken and all(verdict.state == "equal" for verdict in self.verdicts)


# --- Hashes --------------------------------------------------------------------------------------


def digest(start: bytes, rest: str) -> str:
    """SHA-256 of bytes and of a text behind them."""
    return hashlib.sha256(start + rest.encode()).hexdigest()


def netstring(parts: Iterable[str | None]) -> str:
    """Lengths in bytes in front of texts, so that no two lists are spelled alike."""
    return ",".join("-" if p is None else f"{len(p.encode())}:{p}" for p in parts)


def genesis(stream: str) -> str:
    """The hash that the first row of a stream follows."""
    return digest(b"", stream)


# --- Files ---------------------------------------------------------------------------------------


def read_trail(path: Path) -> dict[str, dict[int, Row]]:
    """The rows of a file by stream and number. Raises ``Malformed``."""
    streams: dict[str, dict[int, Row]] = {}
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            row = row_of(line, f"{path}, line {number}")
            if row.seq in streams.setdefault(row.stream, {}):
                raise Malformed(f"{path}, line {number}: row {row.seq} stands there twice")
            streams[row.stream][row.seq] = row
    return streams


def row_of(line: str, where: str) -> Row:
    """A line of the file. Raises ``Malformed``."""
    try:
        told = json.loads(line)
    except ValueError:
        raise Malformed(f"{where}: this is no JSON") from None
    if not isinstance(told, dict):
        raise Malformed(f"{where}: this is no row")

    def text(name: str, *, may_be_null: bool = False) -> Any:
        value = told.get(name)
        if (value is None and may_be_null) or (isinstance(value, str) and encodable(value)):
            return value
        raise Malformed(f"{where}: {name} is not there")

    seq, salt = told.get("seq"), text("salt", may_be_null=True)
    hashes = [text("values_hash"), text("hash")]
    left = [text("left_values", may_be_null=True), text("left_link", may_be_null=True)]
    redaction = told.get("redaction")
    if not isinstance(seq, int) or isinstance(seq, bool) or not isinstance(told.get("told"), bool):
        raise Malformed(f"{where}: seq or told is not there")
    if not isinstance(redaction, int | None) or (redaction is None) != (left[0] is None):
        raise Malformed(f"{where}: redaction and left_values do not belong together")
    if not all(HASH.fullmatch(each) for each in [*hashes, *left] if each is not None) or not (
        salt is None or SALT.fullmatch(salt)
    ):
        raise Malformed(f"{where}: a hash is none")
    about = {name: text(name, may_be_null=name in MAY_BE_NULL) for name in ABOUT}
    return Row(
        text("stream"), seq, about, told["told"], text("old_value", may_be_null=True),
        text("new_value", may_be_null=True), None if salt is None else bytes.fromhex(salt),
        *hashes, redaction, *left,
    )  # fmt: skip


def encodable(text: str) -> bool:
    """Whether a text has an encoding: half a surrogate pair, which JSON may spell, has none."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def read_receipts(paths: Sequence[Path]) -> list[Receipt]:
    """Every receipt in the files, once, in their order. Raises ``Malformed`` without any."""
    found = {
        Receipt(m["stream"], int(m["first"]), int(m["last"]), m["before"], m["after"]): None
        for path in paths
        for m in RECEIPT.finditer(text_of(path))
    }
    if not found:
        raise Malformed("there is no receipt in " + ", ".join(map(str, paths)))
    return list(found)


def text_of(path: Path) -> str:
    """The text of a file. Raises ``Malformed``."""
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(f"{path} cannot be read: {error}") from None


# --- Checks --------------------------------------------------------------------------------------


def broken_rows(rows: Mapping[int, Row]) -> Iterator[tuple[int, str]]:
    """Rows that do not fit themselves, or the row before them, with what is wrong."""
    before, expected = None, 1
    for seq in sorted(rows):
        row = rows[seq]
        if seq != expected:
            yield expected, f"missing; the next there is {seq}"
            before = None
        elif seq == 1:
            before = genesis(row.stream)
        if not row.values_fit():
            yield seq, f"{row.name}: its values are not those that were hashed"
        if before is not None and not row.follows(before):
            yield seq, f"{row.name}: altered, or what is before it"
        before, expected = row.hash, seq + 1


def verdict_of(receipt: Receipt, rows: Mapping[int, Row]) -> Verdict:
    """What became of the rows of one receipt."""
    span = range(receipt.first, receipt.last + 1)
    gone = [seq for seq in span[: len(rows) + MOST_NAMED] if seq not in rows]
    if gone or not span:
        return Verdict(receipt, "missing", [f"row {seq}" for seq in gone])
    told = [rows[seq] for seq in span]
    misfits = [row.name for row in told if not row.values_fit()]
    link = receipt.before
    for row in told:
        if row.left_link is None:
            link = row.link(link)
            continue
        # Words of its reason are gone, and with them the way to its hash: it is taken as told.
        if not row.follows(link):
            misfits.append(row.name)
        link = row.hash
    if link != receipt.after or misfits:
        return Verdict(receipt, "altered", misfits or [row.name for row in told])
    redacted = sum(row.redaction is not None for row in told)
    untold = sum(not row.told for row in told)
    return Verdict(receipt, "equal", (), redacted, untold)


def verify(streams: Mapping[str, Mapping[int, Row]], receipts: Sequence[Receipt]) -> Report:
    """Hold every receipt, and the trail itself, against what is told."""
    report = Report(streams=len(streams), rows=sum(map(len, streams.values())))
    for stream, rows in sorted(streams.items()):
        report.broken += [f"{stream}, row {seq}: {what}" for seq, what in broken_rows(rows)]
    for receipt in receipts:
        rows = streams.get(receipt.stream, {})
        report.verdicts.append(verdict_of(receipt, rows))
        before = rows.get(receipt.first - 1)
        known = before.hash if before else genesis(receipt.stream)
        if report.verdicts[-1].state == "equal" and known != receipt.before:
            what = "what was entered before it is not what was there at that time"
            report.broken.append(f"{receipt.stream}, row {receipt.first}: {what}")
    return report


# --- Command line --------------------------------------------------------------------------------


def lines_of(report: Report) -> Iterator[str]:
    """The report for a person."""
    for verdict in report.verdicts:
        receipt = verdict.receipt
        counts = [
            f"{count} {word}"
            for count, word in ((verdict.redacted, "redacted"), (verdict.untold, "not told"))
            if count
        ]
        more = f" ({', '.join(counts)})" if counts else ""
        yield f"{verdict.state:8}{receipt.stream} rows {receipt.first}-{receipt.last}{more}"
        yield from (f"        {name}" for name in verdict.rows[:MOST_NAMED])
        if len(verdict.rows) > MOST_NAMED:
            yield f"        and {len(verdict.rows) - MOST_NAMED} more"
    yield from (f"broken  {each}" for each in report.broken)
    states = [verdict.state for verdict in report.verdicts]
    counted = ", ".join(f"{states.count(s)} {s}" for s in ("equal", "altered", "missing"))
    yield f"{len(states)} receipts: {counted}. {report.rows} rows of {report.streams} subjects."


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("trail", type=Path, metavar="TRAIL.ndjson")
    parser.add_argument("receipts", type=Path, nargs="+", metavar="RECEIPTS")
    parser.add_argument("--json", action="store_true", help="for a program")
    return parser.parse_args(arguments)


def say(line: str) -> None:
    """A line on standard output."""
    sys.stdout.write(line + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check what the command line names, and say it."""
    options = options_of(arguments)
    try:
        report = verify(read_trail(options.trail), read_receipts(options.receipts))
    except Malformed as error:
        told = json.dumps({"good": False, "error": str(error)})
        say(told if options.json else f"error: {error}")
        return 1
    if options.json:
        verdicts = [asdict(v) | {"receipt": v.receipt._asdict()} for v in report.verdicts]
        say(json.dumps({"good": report.good, "broken": report.broken, "verdicts": verdicts}))
    else:
        say("\n".join(lines_of(report)))
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
