"""Files of rows, cut anywhere."""

import csv
import io
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain import bulk
from services.assessments.domain.row import Row
from shared.study import StudyDefinition

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)
CUTS = st.lists(st.integers(0, 400), max_size=6)


def in_parts(form: bulk.Format, content: bytes, cuts: list[int]) -> list[bytes]:
    """The records of a file that is sent in parts."""
    places = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    records: list[bytes] = []
    rest = b""
    for start, end in itertools.pairwise(places):
        found, rest = bulk.split(form, rest, content[start:end])
        records += found
    return [record for record in [*records, rest] if not bulk.is_blank(record)]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6), CUTS)
def test_a_csv_file_cut_anywhere_has_the_records_of_the_whole(
    rows: list[list[str]], cuts: list[int]
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    records = in_parts("csv", out.getvalue().encode(), cuts)
    read = [next(csv.reader(io.StringIO(r.decode(), newline=""))) for r in records]
    assert read == rows


@given(st.lists(st.dictionaries(CELLS, CELLS, min_size=1, max_size=3), max_size=6), CUTS)
def test_an_ndjson_file_cut_anywhere_has_the_records_of_the_whole(
    rows: list[dict[str, str]], cuts: list[int]
) -> None:
    content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    assert [json.loads(record) for record in in_parts("ndjson", content, cuts)] == rows


def codes_of(definition: StudyDefinition, line: str | bytes) -> list[tuple[tuple[str, ...], str]]:
    record = line.encode() if isinstance(line, str) else line
    with pytest.raises(bulk.RowRefusedError) as refused:
        bulk.read_record(definition, "ndjson", None, record)
    return [(fault.where, fault.code) for fault in refused.value.faults]


@pytest.mark.parametrize(
    "line",
    [
        "", "{", "[]", "null", "NaN", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a": "\x00"}',
        "[" * 100_000, b"\xff\xfe", '{"n": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_line_that_is_no_object_is_malformed(
    definition: StudyDefinition, line: str | bytes
) -> None:
    assert codes_of(definition, line) == [((), "malformed")]


def test_a_row_that_is_too_long_is_refused_unread(definition: StudyDefinition) -> None:
    assert codes_of(definition, b" " * (bulk.MAX_RECORD_BYTES + 1)) == [((), "too-large")]


@pytest.mark.parametrize(
    ("changes", "place", "code"),
    [
        ({"subject": None}, "subject", "type-mismatch"),
        ({"subject": " "}, "subject", "type-mismatch"),
        ({"form": 3}, "form", "type-mismatch"),
        ({"visit": ""}, "visit", "type-mismatch"),
        ({"repeat": 0}, "repeat", "type-mismatch"),
        ({"repeat": True}, "repeat", "type-mismatch"),
        ({"mode": "replace"}, "mode", "not-in-codelist"),
        ({"observed_on": "2024-02"}, "observed_on", "date-invalid"),
        ({"observed_on": "2024-02-30"}, "observed_on", "date-invalid"),
        ({"items": {}}, "items", "type-mismatch"),
        ({"items": []}, "items", "type-mismatch"),
        ({"arm": "INO"}, "arm", "unknown-field"),
    ],
)
def test_a_field_that_does_not_fit_is_told_by_its_name(
    definition: StudyDefinition, changes: dict[str, Any], place: str, code: str
) -> None:
    row = {"subject": "S01-001", "form": "marrow", "items": {"blasts": "3"}} | changes
    assert codes_of(definition, json.dumps(row)) == [((place,), code)]


def test_a_number_with_a_fraction_reaches_no_item(definition: StudyDefinition) -> None:
    line = b'{"subject": "S01-001", "form": "marrow", "items": {"blasts": 4.9}}'
    row = bulk.read_record(definition, "ndjson", None, line)
    assert not isinstance(row.items["blasts"], float | int | str)


def test_cells_become_the_values_that_their_items_take(definition: StudyDefinition) -> None:
    header = b"subject,form,visit,sample_date,evaluable,blasts,blasts.unit"
    record = b'S01-001,marrow,C1D28,2024-02-26,true,"<0.05",1\r'
    assert bulk.read_record(definition, "csv", header, record) == Row(
        subject="S01-001",
        form="marrow",
        visit="C1D28",
        items={
            "sample_date": "2024-02-26",
            "evaluable": True,
            "blasts": {"value": "<0.05", "unit": "1"},
        },
    )


@pytest.mark.parametrize("record", [b"S01-001", b"S01-001,marrow,x", b'S01-001,"marrow'])
def test_a_csv_row_that_does_not_fit_its_header_is_malformed(
    definition: StudyDefinition, record: bytes
) -> None:
    with pytest.raises(bulk.RowRefusedError) as refused:
        bulk.read_record(definition, "csv", b"subject,form", record)
    assert [fault.code for fault in refused.value.faults] == ["malformed"]


@pytest.mark.parametrize("inside", ["a\nb", "a\r\nb", "a\rb", "a\u2028b", "a\x85b"])
def test_a_cell_in_quotes_may_break_its_line(definition: StudyDefinition, inside: str) -> None:
    header = b"subject,form,visit,reason,sample_date"
    record = f'S01-001,marrow,C1D28,"{inside}",2024-02-26'.encode()
    assert bulk.read_record(definition, "csv", header, record).reason == inside


def test_only_a_line_feed_ends_a_row_without_quotes(definition: StudyDefinition) -> None:
    header = b"subject,form,visit,reason,sample_date"
    record = "S01-001,marrow,C1D28,a\u2028b\x0bc,2024-02-26".encode()
    assert bulk.read_record(definition, "csv", header, record).reason == "a\u2028b\x0bc"
    with pytest.raises(bulk.RowRefusedError, match="malformed"):
        bulk.read_record(definition, "csv", header, record.replace(b"\x0b", b"\r"))
