#!/usr/bin/env python3
"""Open the archive of a study that this file lies in, with nothing but Python (3.11 or later).

    read_archive.py verify [--digest HEX]    is every file, and the audit trail, as it was archived?
    read_archive.py load OUT.sqlite          all rows into one SQLite file, a table each
    read_archive.py tables                   which tables there are, with what they mean

``--archive FOLDER`` names another folder than that of this file. Exit status 0: all is as it was.
1: something is not, and is named; or a file cannot be read. 2: the command line is wrong.

The audit trail (closed/platform.audit.ndjson) has a chain for each stream. Texts are UTF-8. N(a, b)
is each text as its length in bytes, a colon and the text, parted by commas; a null is "-".

    values_hash = SHA-256(salt + N(old_value, new_value))
    hash = SHA-256(hash of the row before + N(stream, seq, study_id, site_id, subject_id,
           table_name, row_key, field, operation, actor, actor_role, reason, request_id, recorded_at
           in UTC with six digits of a second and Z, values_hash in hex))

The row before the first one has SHA-256(stream). Words of a row may have been redacted by law, for
which two persons signed (platform.redaction, platform.redaction_decision). platform.redacted_entry
then proves what is left: left_values = SHA-256(new salt + N(old_value, new_value)); and where words
of the reason went, left_link is the hash as it is without them. The row keeps values_hash and hash.
"""

import argparse
import csv
import hashlib
import json
import os
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FORMAT = "induct-archive/1"
ARCHIVE, README = "archive.json", "README.txt"
TRAIL, HEADS = "platform.audit", "platform.audit_head"
DECISIONS, REDACTED = "platform.redaction_decision", "platform.redacted_entry"
LINK = ("stream", "seq", "study_id", "site_id", "subject_id", "table_name", "row_key", "field",
        "operation", "actor", "actor_role", "reason", "request_id")  # fmt: skip
NUMBERS = ("bigint", "integer", "smallint")
Row = dict[str, Any]
Left = tuple[str, str | None]


class Broken(Exception):
    """The archive cannot be read; the message says where."""


class Archive:
    """The folder, and what archive.json says of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            told = json.loads((folder / ARCHIVE).read_bytes())
            self.digest = digest_of(told)
            self.altered = told["digest"] != self.digest
            if told["format"] != FORMAT:
                raise Broken(f"{ARCHIVE} is of another kind")
            self.told: Mapping[str, Any] = told
            self.files: list[Row] = told["files"]
            self.tables: list[Row] = told["closed"]["tables"] if told["closed"] else []
        except OSError as error:
            raise Broken(f"{ARCHIVE} cannot be opened: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise Broken(f"{ARCHIVE} cannot be read: {error!r}") from None

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table in their order. Raises ``Broken``."""
        (each,) = (t for t in self.tables if t["name"] == table)
        yield from rows_of(self.folder / each["file"], each["file"])


# --- Files ---------------------------------------------------------------------------------------


def digest_of(told: Mapping[str, Any]) -> str:
    """SHA-256 of the content but its digest: JSON with names in order and no blanks."""
    rest = {name: value for name, value in told.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def rows_of(file: Path, name: str) -> Iterator[Row]:
    """A row a line, numbers with every digit. Raises ``Broken``."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line, parse_float=str)
            except ValueError:
                raise Broken(f"{name}, line {number}: this is no JSON") from None
            if not isinstance(row, dict):
                raise Broken(f"{name}, line {number}: this is no row")
            yield row


def file_faults(archive: Archive) -> Iterator[str]:
    """Files that differ, are missing, or are there and not named."""
    named = {ARCHIVE, README}
    for each in archive.files:
        name = each["name"]
        named.add(name)
        file = archive.folder / name
        if file.is_symlink() or not file.is_file():
            yield f"{name}: missing"
            continue
        with file.open("rb") as content:
            if hashlib.file_digest(content, "sha256").hexdigest() != each["sha256"]:
                yield f"{name}: altered"
    for here, _, files in os.walk(archive.folder):
        for file_name in sorted(files):
            name = (Path(here) / file_name).relative_to(archive.folder).as_posix()
            if name not in named:
                yield f"{name}: the archive does not name it"


def count_faults(archive: Archive) -> Iterator[str]:
    """Tables that have not as many rows, or not the columns, that the archive says."""
    for each in archive.tables:
        columns = {column["name"] for column in each["columns"]}
        count = 0
        for count, row in enumerate(archive.rows(each["name"]), start=1):
            if row.keys() != columns:
                yield f"{each['file']}, line {count}: its columns are not those of the table"
                break
        else:
            if count != each["rows"]:
                yield f"{each['file']}: {count} rows, and {each['rows']} were archived"


# --- The audit trail -----------------------------------------------------------------------------


def netstring(parts: Iterable[str | None]) -> bytes:
    """Lengths in front of texts, so that no two lists are spelled alike."""
    return ",".join("-" if p is None else f"{len(p.encode())}:{p}" for p in parts).encode()


def hex_of(value: str | None) -> str:
    """Bytes as Postgres spells them (\\x and hex), without the mark."""
    return (value or "").removeprefix("\\x")


def values_fault(row: Row, left: Left | None) -> str | None:
    """What is wrong with the values of a row, None where nothing is."""
    if row["salt"] is None:
        return "it was emptied, and no approved redaction tells of it"
    salted = bytes.fromhex(hex_of(row["salt"]))
    found = hashlib.sha256(salted + netstring([row["old_value"], row["new_value"]])).hexdigest()
    hashed = hex_of(row["values_hash"]) if left is None else left[0]
    return None if found == hashed else "its values are not those that were hashed"


def redactions(archive: Archive) -> dict[tuple[str, int], Left]:
    """What approved redactions left, by stream and row: the newest of each counts."""
    approved = {
        row["number"]
        for row in archive.rows(DECISIONS)
        if row["decision"] == "approved" and row["decided_by"] != row["requested_by"]
    }
    entries = sorted(archive.rows(REDACTED), key=lambda row: int(row["number"]))
    return {
        (row["stream"], row["seq"]): (row["left_values"], row["left_link"])
        for row in entries
        if row["number"] in approved
    }


def link_of(row: Row, before: str) -> str:
    """The hash of a row behind a row of that hash."""
    at = datetime.fromisoformat(row["recorded_at"]).astimezone(UTC)
    parts = [None if row[name] is None else str(row[name]) for name in LINK]
    parts += [at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), hex_of(row["values_hash"])]
    return hashlib.sha256(bytes.fromhex(before) + netstring(parts)).hexdigest()


def trail_faults(archive: Archive, counts: Counter[str]) -> Iterator[str]:
    """Rows of the trail that do not follow, by name; ``counts`` gains rows, streams, redacted."""
    ends: dict[str, tuple[int, str]] = {}
    redacted = redactions(archive)
    for number, row in enumerate(archive.rows(TRAIL), start=1):
        try:
            left = redacted.get((row["stream"], row["seq"]))
            yield from row_faults(row, ends, left)
        except (KeyError, TypeError, ValueError, AttributeError):
            yield f"{TRAIL}, line {number}: this is no row of the trail"
            continue
        counts["rows"] += 1
        counts["redacted"] += left is not None
    heads = {h["stream"]: (h["seq"], hex_of(h["hash"])) for h in archive.rows(HEADS)}
    counts["streams"] = len(heads)
    for stream in sorted(heads.keys() | ends.keys()):
        begun = (0, hashlib.sha256(stream.encode()).hexdigest())
        if ends.get(stream, begun) != heads.get(stream, begun):
            yield f"{stream}: the trail ends elsewhere, at row {ends.get(stream, begun)[0]}"


def row_faults(row: Row, ends: dict[str, tuple[int, str]], left: Left | None) -> Iterator[str]:
    """What is wrong with one row; notes where its stream stands behind it."""
    stream, seq = row["stream"], row["seq"]
    last, before = ends.get(stream, (0, hashlib.sha256(stream.encode()).hexdigest()))
    name = f"{stream}, row {seq} ({row['table_name']} {row['row_key']} {row['field']})"
    if seq != last + 1:
        yield f"{stream}: row {last + 1} is missing, the next there is {seq}"
    wrong = values_fault(row, left)
    told = hex_of(row["hash"]) if left is None or left[1] is None else left[1]
    if wrong:
        yield f"{name}: {wrong}"
    elif seq == last + 1 and link_of(row, before) != told:
        yield f"{name}: altered, or what is before it"
    ends[stream] = (seq, hex_of(row["hash"]))


# --- SQLite --------------------------------------------------------------------------------------


def load(archive: Archive, out: Path) -> int:
    """Everything into a SQLite file that is not there yet; answers how many rows."""
    if out.exists():
        raise Broken(f"{out} is there already")
    with sqlite3.connect(out) as database:
        database.execute("CREATE TABLE about_table (name PRIMARY KEY, rows, meaning)")
        database.execute('CREATE TABLE about_column ("table", name, type, meaning)')
        count = sum(load_table(database, archive, each) for each in archive.tables)
        count += sum(load_csv(database, archive, file["name"]) for file in archive.files)
    database.close()
    return count


def load_table(database: sqlite3.Connection, archive: Archive, each: Row) -> int:
    """A table of closed/, as schema_table; what is no number or text is JSON."""
    name = each["name"].replace(".", "_")
    columns = [column["name"] for column in each["columns"]]
    kinds = ["INTEGER" if c["type"] in NUMBERS else "TEXT" for c in each["columns"]]
    create(database, name, zip(columns, kinds, strict=True))
    about = [(name, c["name"], c["type"], c["meaning"]) for c in each["columns"]]
    database.executemany("INSERT INTO about_column VALUES (?, ?, ?, ?)", about)
    rows = ([cell(row[column]) for column in columns] for row in archive.rows(each["name"]))
    return fill(database, name, columns, rows, each["meaning"])


def load_csv(database: sqlite3.Connection, archive: Archive, name: str) -> int:
    """A dataset of open/, as open_lb; files for people and other formats say the same again."""
    path = Path(name)
    if not name.startswith("open/csv/") or name.endswith(".people.csv"):
        return 0
    with (archive.folder / path).open(newline="", encoding="utf-8") as lines:
        reader = csv.reader(lines)
        columns = next(reader, [])
        table = f"open_{path.stem}"
        create(database, table, ((column, "TEXT") for column in columns))
        return fill(database, table, columns, ([c or None for c in row] for row in reader), "")


def create(database: sqlite3.Connection, table: str, columns: Iterable[tuple[str, str]]) -> None:
    """An empty table."""
    spelled = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns)
    database.execute(f"CREATE TABLE {quoted(table)} ({spelled})")


def fill(database: sqlite3.Connection, table: str, columns: Sequence[str],
         rows: Iterable[Sequence[Any]], meaning: str) -> int:  # fmt: skip
    """Put rows into a table and say how many there are."""
    places = ", ".join("?" * len(columns))
    count = database.executemany(
        f"INSERT INTO {quoted(table)} VALUES ({places})",  # noqa: S608 - names are quoted
        rows,
    ).rowcount
    count = max(count, 0)
    database.execute("INSERT INTO about_table VALUES (?, ?, ?)", (table, count, meaning))
    return count


def cell(value: Any) -> Any:
    """A value as SQLite has it."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return int(value) if isinstance(value, bool) else value


def quoted(name: str) -> str:
    """A name as SQL spells it."""
    return '"' + name.replace('"', '""') + '"'


# --- Command line --------------------------------------------------------------------------------


def verify(archive: Archive, noted: str | None) -> Iterator[str]:
    """Everything that is not as it was archived, then what there is."""
    found = 0
    counts: Counter[str] = Counter()
    for each in faults(archive, noted, counts):
        found += 1
        yield each
    if found:
        return
    told = archive.told
    yield f"Whole: {len(archive.files)} files of {told['study']}, as of {told['as_of']}."
    if archive.tables:
        yield (
            f"Audit trail: {counts['rows']} rows in {counts['streams']} streams, each follows from"
            f" the one before it; {counts['redacted']} redacted by law."
        )
    yield f"Digest {archive.digest}"


def faults(archive: Archive, noted: str | None, counts: Counter[str]) -> Iterator[str]:
    """What is wrong, the first first."""
    if archive.altered:
        yield f"{ARCHIVE}: altered, its digest does not fit"
    if noted is not None and noted != archive.digest:
        yield f"{ARCHIVE}: another one than that of which you noted the digest"
    missing = list(file_faults(archive))
    yield from missing
    if archive.tables and not any(each.endswith(": missing") for each in missing):
        try:
            yield from count_faults(archive)
            yield from trail_faults(archive, counts)
        except Broken as error:
            yield str(error)


def tables(archive: Archive) -> Iterator[str]:
    """A line a table."""
    for each in archive.tables:
        yield f"{each['name'].replace('.', '_'):40}{each['rows']:>9}  {each['meaning']}"


def run(options: argparse.Namespace) -> tuple[int, Iterable[str]]:
    """Exit status, and lines to say."""
    archive = Archive(options.archive)
    if options.command == "load":
        wrong = list(faults(archive, None, Counter()))
        count = load(archive, options.out)
        said = [*wrong, f"{count} rows: {options.out}"]
        return (1 if wrong else 0), said
    if options.command == "tables":
        return 0, tables(archive)
    said = list(verify(archive, options.digest))
    return (0 if said[-1].startswith("Digest ") else 1), said


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--archive", type=Path, default=Path(__file__).resolve().parent)
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify")
    check.add_argument("--digest", help="of the archive, as you noted it elsewhere")
    commands.add_parser("tables")
    commands.add_parser("load").add_argument("out", type=Path, metavar="OUT.sqlite")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks."""
    try:
        status, lines = run(options_of(arguments))
        sys.stdout.writelines(f"{line}\n" for line in lines)
    except (Broken, OSError, sqlite3.Error) as error:
        sys.stdout.write(f"error: {error}\n")
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
