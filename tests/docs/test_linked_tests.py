"""What a document says a test shows, a test of that name shows."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Documents whose tables name tests, with the first and the last of the rows that must be there.
DOCUMENTS = {"hostile-input.md": ("B", 1, 23), "reliability.md": ("F", 1, 34)}
TEST = re.compile(r"`(tests/[A-Za-z0-9_/]{1,200}\.py)::(test_[A-Za-z0-9_]{1,200})`")
ROW = re.compile(r"^\| ([A-Z][0-9]{2}) \| (.*) \|$", re.MULTILINE)
WHY_NOT = re.compile(r"not (testable )?here, because", re.IGNORECASE)


@cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def rows(document: str) -> list[tuple[str, str]]:
    return ROW.findall((ROOT / "docs" / document).read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_test_that_a_document_names_is_there(document: str) -> None:
    named = TEST.findall((ROOT / "docs" / document).read_text(encoding="utf-8"))
    assert [f"{path}::{name}" for path, name in named if name not in names_in(path)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_row_is_there_once_and_names_a_test_or_says_why_not(document: str) -> None:
    letter, first, last = DOCUMENTS[document]
    found = rows(document)
    assert [row for row, _ in found] == [f"{letter}{n:02}" for n in range(first, last + 1)]
    for row, cells in found:
        assert TEST.search(cells) or WHY_NOT.search(cells), row
        assert len(TEST.findall(cells)) == cells.count("::"), f"{row}: a test in another form"


def test_every_check_of_an_invariant_is_named() -> None:
    text = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    checks = set(re.findall(r"`(?:tests/simulation/)?(check_[a-z]+\.py)`", text))
    assert checks == {file.name for file in (ROOT / "tests/simulation").glob("check_*.py")}
