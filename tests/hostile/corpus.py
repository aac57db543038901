"""Values that break things, in one place for every test that sends any.

Each has the row of the input table it is of (`docs/hostile-input.md`). ``raw`` is the JSON text of
a value, so that it may be what no encoder would write.
"""

import json
from dataclasses import dataclass
from typing import Any

# Stands in every text that could come back: an answer that holds it has repeated a value.
MARK = "zqCANARYqz"
LONG = 100_000


@dataclass(frozen=True)
class Nasty:
    """``row`` is the row of the table, ``name`` what is nasty about it, ``raw`` its JSON text.

    ``unreadable``: no body that holds it is read at all, wherever in it that stands.
    """

    row: str
    name: str
    raw: str
    unreadable: bool = False

    @property
    def text(self) -> str | None:
        """As a text for a path, a query or a header; None where it is none."""
        try:
            value = json.loads(self.raw)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, str) else None


def _text(row: str, name: str, value: str) -> Nasty:
    return Nasty(row, name, json.dumps(value))


def _value(row: str, name: str, value: Any) -> Nasty:
    return Nasty(row, name, json.dumps(value))


CORPUS: tuple[Nasty, ...] = (
    Nasty("B02", "an integer of 5,000 digits", "9" * 5_000, unreadable=True),
    Nasty("B02", "nesting", "[" * 5_000 + "]" * 5_000, unreadable=True),
    Nasty("B02", "nesting just deeper than is taken", "[" * 34 + "]" * 34, unreadable=True),
    Nasty("B02", "a name twice", '{"a": 1, "a": 2}', unreadable=True),
    Nasty("B02", "nesting that is allowed", "[" * 20 + "]" * 20),
    _value("B02", "a long list", [0] * 20_000),
    _text("B02", "a long text", MARK + "x" * LONG),
    Nasty("B03", "NUL", f'"a\\u0000{MARK}"', unreadable=True),
    Nasty("B03", "half a surrogate pair", f'"{MARK}\\ud800"', unreadable=True),
    _text("B03", "text that runs backwards", f"\u202e{MARK}\u2066"),
    _text("B03", "zero width", f"S01\u200b-001{MARK}"),
    _text("B03", "an accent of its own", f"e\u0301{MARK}"),
    _text("B03", "digits of another script", "\u0661\u0662\u0663"),
    _text("B03", "a line separator", f"{MARK}\u2028next"),
    Nasty("B04", "not a number", "NaN", unreadable=True),
    Nasty("B04", "infinity", "-Infinity", unreadable=True),
    Nasty("B04", "beyond a double", "1e999", unreadable=True),
    Nasty("B04", "the largest double", "1.7976931348623157e308"),
    Nasty("B04", "minus zero", "-0.0"),
    _value("B04", "beyond 64 bits", 2**63),
    _value("B04", "a negative number", -1),
    _value("B04", "a fraction", 0.1),
    _text("B04", "infinity as a text", "inf"),
    _text("B04", "a number as a text", "1e400"),
    _value("B04", "a truth value", True),
    _value("B04", "nothing", None),
    _value("B04", "an empty list", []),
    _value("B04", "an object", {"value": MARK, "$ref": "#"}),
    _text("B05", "an instant without offset", "2024-02-20T09:30:00"),
    _text("B05", "the first year", "0001-01-01"),
    _text("B05", "the first instant", "0001-01-01T00:00:00+14:00"),
    _text("B05", "the last instant", "9999-12-31T23:59:59-14:00"),
    _text("B05", "no leap day", "2023-02-29"),
    _text("B05", "a day by its number", "20260101"),
    _text("B05", "an unknown day", "2026-UN-UN"),
    _text("B05", "a leap second", "2016-12-31T23:59:60Z"),
    _text("B05", "Postgres' infinity", "infinity"),
    _text("B05", "a year before Christ", "0044-03-15 BC"),
    _value("B05", "seconds since 1970", 1_700_000_000),
    _text("B07", "a formula", f'=HYPERLINK("http://x/{MARK}")'),
    _text("B07", "a command of a spreadsheet", f"@SUM(1)|{MARK}"),
    _text("B07", "a tab, quotes and an end of line", f'\t"{MARK}"\r\n'),
    _text("B08", "a script", f"<script>alert('{MARK}')</script>"),
    _text("B08", "markup of paper", f'<para><img src="file:///etc/passwd"/>{MARK}</para>'),
    _text("B08", "LaTeX", f"\\input{{/etc/passwd}}{MARK}"),
    _text("B08", "a template", "{{7*7}}${7*7}%s%n" + MARK),
    _text("B09", "a line for the log", f'{MARK}\r\n{{"level": "critical"}}'),
    _text("B09", "colours of a terminal", f"\x1b[31m{MARK}\x07"),
    _text("B10", "an address inside", f"http://169.254.169.254/{MARK}"),
    _text("B10", "an address with a user", f"https://user:{MARK}@127.0.0.1:22/"),
    _text("B17", "repetition", "a" * 40_000 + "!" + MARK),
    _text("B17", "white space", " " * 40_000 + MARK),
    _text("B18", "the way up", f"../../../../etc/passwd{MARK}"),
    _text("B18", "the way up, encoded", f"..%2f..%2f{MARK}"),
    _text("B19", "an end of a statement", f"'; DROP TABLE platform.audit; --{MARK}"),
    _text("B19", "wild cards", f"%_\\%{MARK}"),
    _text("B19", "a path of JSON", f"$.a[*] ? (@ > 1){MARK}"),
    _text("B03", "nothing in quotes", ""),
)

UNREADABLE = tuple(nasty for nasty in CORPUS if nasty.unreadable)
READABLE = tuple(nasty for nasty in CORPUS if not nasty.unreadable)

# What a caller may not set, whatever it is called (B11).
ASSIGNED = (
    "arm", "stratum", "site_id", "created_at", "recorded_at", "role", "actor", "version", "id",
    "study_id", "is_admin", "__proto__", "randomization_number",
)  # fmt: skip

# Read, and no object: all other bodies cannot be read at all.
READ = {"nothing", "no object", "a text"}
# Whole bodies (B02, B03): not in the form of JSON, or not to be read in one way only.
BODIES: tuple[tuple[str, bytes], ...] = (
    ("nothing", b""),
    ("half of an object", b'{"reason": "a'),
    ("something after the end", b"{} {}"),
    ("a name twice", b'{"reason": "a", "reason": "b"}'),
    ("NUL in a name", b'{"reason\\u0000": "a"}'),
    ("half a surrogate pair in a name", b'{"reason\\udfff": "a"}'),
    ("no object", b"[]"),
    ("a text", f'"{MARK}"'.encode()),
    ("no UTF-8", b'{"reason": "\xff\xfe"}'),
    ("a mark of the byte order", b"\xef\xbb\xbf{}"),
    ("UTF-16", '{"reason": "a"}'.encode("utf-16")),
    ("nesting", b"[" * 100_000),
    ("nesting in objects", b'{"a":' * 50_000),
    ("a single quote", b"{'reason': 'a'}"),
    ("a comment", b"{/* a */}"),
    ("a control character", b'{"reason": "\x01"}'),
    (
        "XML",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    ),
    ("one byte more than is taken", b'{"reason": "' + b"a" * 1_000_000 + b'"}'),
)
