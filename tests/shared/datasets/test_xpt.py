"""XPT version 5, read back by a reader that is not ours."""

import math
import warnings
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.ascii_text import to_ascii
from shared.datasets.dataset import Column, Dataset, Row
from shared.datasets.ibm_float import MISSING, ibm_float
from shared.datasets.xpt import XptWriter
from tests.shared.datasets.support import ABOUT, LB, ROWS, surveyed, written


def xpt(dataset: Dataset = LB, rows: tuple[Row, ...] = ROWS) -> bytes:
    return written(XptWriter(dataset, ABOUT, surveyed(dataset, rows)), rows)


@pytest.mark.proves("C03", kind="oracle")
def test_a_stranger_reads_back_every_name_label_and_value(tmp_path: Path) -> None:
    import pyreadstat

    file = tmp_path / "lb.xpt"
    file.write_bytes(xpt())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame, meta = pyreadstat.read_xport(file)
    assert meta.table_name == "LB"
    assert meta.file_label == "Laboratory Test Results"
    assert meta.column_names_to_labels == {each.name: each.label for each in LB.columns}
    assert list(frame["USUBJID"]) == ["NCT-1", "NCT-1", "NCT-2", "NCT-2"]
    assert list(frame["LBORRES"]) == ["0.0100", "<5", 'Fievre, "39 degC" then more', ""]
    numbers = list(frame["LBSTRESN"])
    assert numbers[0] == 0.01
    assert math.isnan(numbers[1])
    # 56 bits of fraction become 53 in the reader: the last one may differ.
    assert numbers[2:] == pytest.approx([-1234567.891, 0.00005], rel=1e-15)


def test_everything_lies_in_records_of_80_bytes_and_no_stamp_is_the_wall_clock() -> None:
    content = xpt()
    assert len(content) % 80 == 0
    assert content.count(b"01MAR26:12:00:05") == 4
    assert content[:48] == b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!"


@pytest.mark.parametrize("count", [0, 1, 2, 79, 80, 81])
def test_as_many_rows_are_read_as_were_written(tmp_path: Path, count: int) -> None:
    import pyreadstat

    rows = tuple(("NCT-1", n, "x", None) for n in range(count))
    file = tmp_path / "lb.xpt"
    file.write_bytes(xpt(LB, rows))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame, _ = pyreadstat.read_xport(file)
    assert len(frame) == count


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", "0000000000000000"),
        ("1", "4110000000000000"),
        ("-1", "c110000000000000"),
        ("100", "4264000000000000"),
        ("0.5", "4080000000000000"),
        ("-118.625", "c276a00000000000"),
        ("0.1", "401999999999999a"),
    ],
)
def test_known_numbers_have_the_known_bytes(value: str, expected: str) -> None:
    assert ibm_float(Decimal(value)).hex() == expected


def test_the_missing_value_is_a_point() -> None:
    assert b"." + bytes(7) == MISSING


@given(st.decimals("-1e20", "1e20", allow_nan=False, places=9))
def test_a_number_is_as_near_as_the_format_allows(value: Decimal) -> None:
    content = ibm_float(value)
    fraction = int.from_bytes(content[1:], "big") / Decimal(2**56)
    read = (-1 if content[0] & 0x80 else 1) * fraction * Decimal(16) ** ((content[0] & 0x7F) - 64)
    assert abs(read - value) <= abs(value) * Decimal(2) ** -52


def test_a_number_beyond_the_format_is_refused() -> None:
    with pytest.raises(OverflowError):
        ibm_float(Decimal("1e80"))


@pytest.mark.parametrize(
    ("text", "content", "replaced", "cut"),
    [
        ("plain", b"plain", False, False),
        ("Fièvre ≥ 38 °C", b"Fievre >= 38 degC", True, False),
        ("Łódź", b"Lodz", True, False),
        ("熱", b"?", True, False),
        ("x" * 201, b"x" * 200, False, True),
        ("a\nb", b"a b", True, False),
    ],
)
def test_a_text_becomes_ascii_by_the_policy(
    text: str, content: bytes, replaced: bool, cut: bool
) -> None:
    held = to_ascii(text)
    assert (held.content, held.replaced, held.cut) == (content, replaced, cut)


@given(st.text(max_size=300))
def test_any_text_fits_and_is_ascii(text: str) -> None:
    content = to_ascii(text).content
    assert content.isascii()
    assert len(content) <= 200


def test_what_the_format_cost_is_counted() -> None:
    survey = surveyed(LB, (("a", 1, "é", None), ("b", 1, "x" * 201, None)))
    assert (survey.replaced, survey.cut) == ({"LBORRES": 1}, {"LBORRES": 1})


def test_a_name_or_label_that_is_too_long_is_refused() -> None:
    long = Dataset("LB", "Laboratory", (Column("LBLONGNAME", "Name", "text"),))
    with pytest.raises(ValueError, match="8 characters"):
        XptWriter(long, ABOUT, surveyed(long, ()))
