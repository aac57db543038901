"""CSV for machines, unaltered, and for people, without formulas."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.datasets.csv_text import CsvWriter, harmless
from shared.datasets.dataset import Column, Dataset
from tests.shared.datasets.support import LB, ROWS, written

ONE = Dataset("AE", "Adverse Events", (Column("AETERM", "Term", "text"),))


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def test_a_csv_reader_reads_back_every_value() -> None:
    found = read(written(CsvWriter(LB), ROWS))
    assert found[0] == ["USUBJID", "LBSEQ", "LBORRES", "LBSTRESN"]
    assert found[3] == ["NCT-2", "1", 'Fièvre, "39 °C"\nthen more', "-1234567.891"]
    assert found[4] == ["NCT-2", "2", "", "0.00005"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_the_machines_file_holds_every_text_unaltered(text: str) -> None:
    assert read(written(CsvWriter(ONE), [(text,)]))[1] == [text]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_formula_is_made_harmless_for_people_only(start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0"
    assert read(written(CsvWriter(ONE, for_people=True), [(text,)]))[1] == ["'" + text]
    assert read(written(CsvWriter(ONE), [(text,)]))[1] == [text]


@pytest.mark.parametrize("number", ["-5", "+0.5", "12", "-1.25"])
def test_a_number_keeps_its_sign(number: str) -> None:
    assert harmless(number) == number
