"""Files of rows: cut into records wherever a part ends, and read into rows with coded faults.

NDJSON is one JSON object a line; CSV follows RFC 4180 with a header. Both say the same: subject,
form, visit, repeat, observed_on, reason, mode, and items.
"""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any, Literal

from services.assessments.domain.faults import Fault
from services.assessments.domain.row import Row
from shared.study import StudyDefinition
from shared.study.dates import PartialDate

Format = Literal["ndjson", "csv"]
MAX_RECORD_BYTES = 256_000
_OWN = ("subject", "form", "visit", "repeat", "observed_on", "reason", "mode")
_MODES = frozenset({"insert", "update", "upsert"})
_FACETS = {"unit": "unit", "null": "null", "reason": "reason"}


class RowRefusedError(ValueError):
    """A row that cannot be read, with every fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = faults


def split(form: Format, rest: bytes, part: bytes) -> tuple[list[bytes], bytes]:
    """The whole records in what is left of the parts before and this one; and what is left then.

    A record ends at a line feed; in CSV only where its quotes are closed. Cutting a file anywhere
    gives the same records: property of the tests.
    """
    pieces = (rest + part).split(b"\n")
    records: list[bytes] = []
    held: list[bytes] = []
    for piece in pieces[:-1]:
        held.append(piece)
        record = b"\n".join(held)
        if form == "csv" and record.count(b'"') % 2:
            continue
        records.append(record)
        held = []
    return records, b"\n".join([*held, pieces[-1]])


def is_blank(record: bytes) -> bool:
    """Whether a record holds nothing: the line feed behind the last row, an empty line."""
    return not record.strip(b"\r \t")


def read_record(
    definition: StudyDefinition, form: Format, header: bytes | None, record: bytes
) -> Row:
    """The row of a record. Raises ``RowRefusedError``."""
    if len(record) > MAX_RECORD_BYTES:
        words = f"a row has at most {MAX_RECORD_BYTES} bytes"
        raise RowRefusedError(Fault((), "too-large", words))
    text = _text(record)
    if form == "ndjson":
        return _row(_json(text))
    return _row(_cells(definition, _text(header or b""), text))


def header_names(record: bytes) -> list[str]:
    """The names of the columns. Raises ``RowRefusedError``."""
    return _parsed(_text(record))


def _text(record: bytes) -> str:
    try:
        text = record.removesuffix(b"\r").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RowRefusedError(Fault((), "malformed", "the row is not UTF-8")) from None
    if "\x00" in text:
        raise RowRefusedError(Fault((), "malformed", "the row holds a NUL"))
    return text


def _json(text: str) -> Mapping[str, Any]:
    try:
        content = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_Inexact
        )
    except RowRefusedError:
        raise
    except (ValueError, RecursionError):
        raise RowRefusedError(Fault((), "malformed", "the row is not JSON")) from None
    if not isinstance(content, dict):
        raise RowRefusedError(Fault((), "malformed", "the row is not an object"))
    return content


class _Inexact:
    """A JSON number with a fraction: no item takes it, because a float loses digits."""

    def __init__(self, _text: str) -> None:
        return None


def _no_constant(_name: str) -> Any:
    raise ValueError("no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RowRefusedError(Fault((), "malformed", "a name stands twice in one object"))
    return found


def _cells(definition: StudyDefinition, header: str, text: str) -> Mapping[str, Any]:
    """A CSV row as the object that NDJSON would have: an empty cell says nothing."""
    names, cells = _parsed(header), _parsed(text)
    if len(cells) != len(names):
        words = f"the row has {len(cells)} cells and the header {len(names)}"
        raise RowRefusedError(Fault((), "malformed", words))
    given = {name: cell for name, cell in zip(names, cells, strict=True) if cell != ""}
    content: dict[str, Any] = {name: given.pop(name) for name in _OWN if name in given}
    if content.get("repeat", "").isdecimal():
        content["repeat"] = int(content["repeat"])
    types = _types(definition, str(content.get("form", "")))
    items: dict[str, Any] = {}
    for name, cell in given.items():
        item, _, facet = name.partition(".")
        if not facet:
            items.setdefault(item, {})["value"] = _scalar(types.get(item), cell)
        else:
            items.setdefault(item, {})[_FACETS.get(facet, facet)] = cell
    content["items"] = {
        item: told["value"] if set(told) == {"value"} else told for item, told in items.items()
    }
    return content


def _parsed(text: str) -> list[str]:
    try:
        rows = list(csv.reader(StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise RowRefusedError(Fault((), "malformed", "the row is not CSV")) from None
    if len(rows) > 1:
        raise RowRefusedError(Fault((), "malformed", "the row is not CSV"))
    return rows[0] if rows else []


def _types(definition: StudyDefinition, form: str) -> Mapping[str, str]:
    return {
        item.id: item.type for each in definition.forms if each.id == form for item in each.items
    }


def _scalar(kind: str | None, cell: str) -> bool | int | str:
    """A cell as the JSON value that its item takes; what does not fit stays text, to be refused."""
    if kind == "boolean" and cell in {"true", "false"}:
        return cell == "true"
    if kind == "integer" and cell.removeprefix("-").isascii() and cell.removeprefix("-").isdigit():
        return int(cell) if len(cell) < 20 else cell
    return cell


def _row(content: Mapping[str, Any]) -> Row:
    faults = [
        Fault((name,), "unknown-field", "there is no such field")
        for name in sorted(set(content) - {*_OWN, "items"})
    ]
    for name in ("subject", "form"):
        if not _is_text(content.get(name)):
            faults.append(Fault((name,), "type-mismatch", "must be text"))
    for name in ("visit", "reason"):
        if content.get(name) is not None and not _is_text(content[name]):
            faults.append(Fault((name,), "type-mismatch", "must be text"))
    repeat = content.get("repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or not 1 <= repeat <= 9999:
        faults.append(Fault(("repeat",), "type-mismatch", "must be an integer from 1 to 9999"))
    if content.get("mode", "upsert") not in _MODES:
        words = f"must be one of {', '.join(sorted(_MODES))}"
        faults.append(Fault(("mode",), "not-in-codelist", words))
    items = content.get("items")
    if not isinstance(items, dict) or not items or len(items) > 500:
        faults.append(Fault(("items",), "type-mismatch", "must be an object of 1 to 500 items"))
    observed = _day(content.get("observed_on"), faults)
    if faults:
        raise RowRefusedError(*faults)
    return Row(
        subject=content["subject"],
        form=content["form"],
        visit=content.get("visit"),
        repeat=repeat,
        observed_on=observed,
        reason=content.get("reason"),
        mode=content.get("mode", "upsert"),
        items=items or {},
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= 500


def _day(raw: object, faults: list[Fault]) -> Any:
    if raw is None:
        return None
    try:
        day = PartialDate.parse(raw if isinstance(raw, str) else "")
    except ValueError:
        day = None
    if day is None or day.precision != "day":
        faults.append(Fault(("observed_on",), "date-invalid", "must be a real date, YYYY-MM-DD"))
        return None
    return day.earliest
