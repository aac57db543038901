"""The table of faults cannot rot: every fault has its row, every test that is named is there."""

import ast
import re
from functools import cache

import pytest

from tests.support.places import ROOT

TABLE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (F\d\d) \|([^|]+)\|([^|]+)\|(.+)\|$", re.MULTILINE)
NAMED = re.compile(r"`([a-z0-9_/]+\.py)::(test_[a-z0-9_]+)`")
ROWS = {match[1]: match[4] for match in ROW.finditer(TABLE)}


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in tree.body if isinstance(node, kinds))


def test_every_fault_has_its_row() -> None:
    assert list(ROWS) == [f"F{number:02}" for number in range(1, 35)]


@pytest.mark.parametrize("fault", ROWS)
def test_a_row_names_tests_that_are_there_or_says_why_not(fault: str) -> None:
    named = NAMED.findall(ROWS[fault])
    assert named or "Not testable here, because" in ROWS[fault]
    assert ROWS[fault].count("::") == len(named), "a test is named in another form"
    for file, name in named:
        assert name in names_in(file), f"{file}::{name}"


def test_the_checks_of_invariants_that_are_named_are_there() -> None:
    checks = set(re.findall(r"`(?:tests/simulation/)?(check_[a-z]+\.py)`", TABLE))
    there = {file.name for file in (ROOT / "tests/simulation").glob("check_*.py")}
    assert checks == there
