"""WHODrug from its B3 and C3 files: codes, names, and the official class. All invented."""

from pathlib import Path

import pytest

from services.safety.e2b.tables import load
from services.safety.e2b.terminology.asc import TerminologyError
from services.safety.e2b.terminology.whodrug import load_whodrug
from tests.services.safety.e2b.terminology.dictionaries import write_whodrug_b3, write_whodrug_c3


def test_names_are_read_by_their_codes_with_the_official_class_of_the_preferred_name(
    tmp_path: Path,
) -> None:
    drugs = load_whodrug(write_whodrug_b3(tmp_path), "2026-03")
    found = {drug.name: (drug.code, drug.atc) for drug in drugs.search("")}
    assert found == {
        "Purplimab": ("00000101001", "X02"),
        "Purple injection": ("00000101002", "X02"),
        "Greenimab": ("00000201001", "X04"),
        "Unclassed": ("00000301001", ""),
    }
    assert drugs.version == "2026-03"
    assert [each.name for each in drugs.search("purpl", 1)] == ["Purplimab"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("0000010100X6N  001      01 854Purplimab", "line 1"),
        ("000001010016N  001      01 854   ", "line 1"),
        ("000001", "line 1"),
    ],
)
def test_a_line_without_code_or_name_is_refused_by_its_number(
    tmp_path: Path, line: str, fault: str
) -> None:
    write_whodrug_b3(tmp_path)
    (tmp_path / "DD.txt").write_text(line + "\n")
    with pytest.raises(TerminologyError, match=fault):
        load_whodrug(tmp_path, "2026-03")


def test_a_missing_file_of_classes_is_refused_by_its_name(tmp_path: Path) -> None:
    write_whodrug_b3(tmp_path)
    (tmp_path / "DDA.txt").unlink()
    with pytest.raises(TerminologyError, match=r"DDA\.txt cannot be read"):
        load_whodrug(tmp_path, "2026-03")


@pytest.mark.parametrize("layout", ["whodrug_b3", "whodrug_c3"])
def test_a_layout_says_that_nobody_held_it_against_the_text_of_its_publisher(layout: str) -> None:
    assert load(layout)["verified_by"] == ""


def test_the_products_of_c3_are_read_as_the_names_that_they_go_by(tmp_path: Path) -> None:
    drugs = load_whodrug(write_whodrug_c3(tmp_path), "2026-03")
    assert {drug.name: (drug.code, drug.atc) for drug in drugs.search("")} == {
        "Purplimab": ("00000101001", "X02"),
        "Purple injection": ("00000101002", "X02"),
        "Greenimab": ("00000201001", "X05"),
        "Unclassed": ("00000301001", ""),
    }


@pytest.mark.parametrize(
    "line",
    [
        f"{'1':>10}{'':35}00000X01001{'':21}Purplimab",
        f"{'1':>10}{'':35}00000101001{'':21}   ",
        # A name of the older C files, of 80 characters, and what follows it there.
        f"{'1':>10}{'':35}00000101001{'':21}{'Purplimab':80}specified",
        "00000101001",
    ],
)
def test_a_product_without_code_or_name_or_of_another_layout_is_refused_by_its_line(
    tmp_path: Path, line: str
) -> None:
    write_whodrug_c3(tmp_path)
    (tmp_path / "MP.txt").write_text(line + "\n")
    with pytest.raises(TerminologyError, match=r"MP\.txt, line 1"):
        load_whodrug(tmp_path, "2026-03")
