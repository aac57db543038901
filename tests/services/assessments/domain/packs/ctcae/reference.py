"""The reference folder with CTCAE v4.03 and admiral's code; tests skip where it is absent."""

import csv
import json
import os
from pathlib import Path

import pytest

CTCAE = (
    Path(os.environ.get("INDUCT_REFERENCE", Path(__file__).resolve().parents[7] / "shared"))
    / "ctcae"
)
ADMIRAL = CTCAE / "admiral_ncictcaev4_lab_grading.json"
STANDARD = CTCAE / "ctcae_v4_03.csv"


def admiral() -> dict[str, dict[str, str]]:
    """The rows of admiral by term; none where the folder is absent."""
    if not ADMIRAL.is_file():
        return {}
    return {row["TERM"]: row for row in json.loads(ADMIRAL.read_text("utf-8"))}


def standard() -> dict[str, dict[str, str]]:
    """The rows of the standard by term. Skips the test where the folder is absent."""
    if not STANDARD.is_file():
        pytest.skip(f"reference data absent: {STANDARD} (set INDUCT_REFERENCE)")
    with STANDARD.open(encoding="utf-8", newline="") as file:
        return {row["term"]: row for row in csv.DictReader(file)}
