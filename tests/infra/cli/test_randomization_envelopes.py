"""Envelopes on paper and in files: the site's without codes, opened without any network."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from infra.cli.console import Refused
from infra.cli.randomization_envelopes import open_from, write_envelopes
from services.randomization.domain.envelopes import Place, code_of, envelope_id, seal_envelope
from services.randomization.domain.sealing import Opening

KEY = bytes(range(32))
LABELS = ["a=1;b=<x>", "a=2;b=<x>"]
ARMS = ("INO", "ALLR3", "INO")


@pytest.fixture
def exported() -> dict[str, Any]:
    """What the service answers."""
    envelopes, codes = [], []
    for label in LABELS:
        for position, arm in enumerate(ARMS, start=1):
            place = Place("NCT05748171", "D1", label, position)
            code = code_of(KEY, place)
            closed = seal_envelope(place, Opening(arm, bytes(32)), code)
            name = envelope_id("S02", LABELS, label, position)
            envelopes.append(
                {
                    "envelope": name,
                    "stratum": label,
                    "position": position,
                    "sealed": closed.sealed,
                    "commitment": closed.commitment,
                }
            )
            codes.append({"envelope": name, "code": code})
    return {"study": "NCT05748171", "list_id": "D1", "site": "S02", "manifest_sha256": "ab" * 32,
            "envelopes": envelopes, "codes": codes}  # fmt: skip


def test_codes_stand_in_a_file_of_their_own(exported: dict[str, Any], tmp_path: Path) -> None:
    files = write_envelopes(exported, "live", tmp_path / "new")
    assert [file.name for file in files] == [
        "envelopes-S02.json",
        "envelopes-S02.html",
        "codes-S02.csv",
    ]
    for one in exported["codes"]:
        for file in files[:2]:
            assert one["code"] not in file.read_text()
            assert one["code"].replace("-", "") not in file.read_text()
    rows = list(csv.DictReader(io.StringIO(files[2].read_text())))
    assert [(row["envelope"], row["code"]) for row in rows] == [
        (one["envelope"], one["code"]) for one in exported["codes"]
    ]


def test_only_their_owner_reads_the_files(exported: dict[str, Any], tmp_path: Path) -> None:
    for file in write_envelopes(exported, "live", tmp_path):
        assert file.stat().st_mode & 0o777 == 0o600


def test_the_sheet_names_every_envelope_and_no_arm(
    exported: dict[str, Any], tmp_path: Path
) -> None:
    sheet = write_envelopes(exported, "training", tmp_path)[1].read_text()
    for one in exported["envelopes"]:
        assert sheet.count(f">{one['envelope']}<") == 1
        assert one["commitment"][:16] in sheet
    assert "INO" not in sheet
    assert "ALLR3" not in sheet
    assert "b=&lt;x&gt;" in sheet
    assert "TRAINING" in sheet


def test_an_envelope_is_opened_from_the_sites_file(
    exported: dict[str, Any], tmp_path: Path
) -> None:
    file = write_envelopes(exported, "live", tmp_path)[0]
    stored = json.loads(file.read_text())
    code = exported["codes"][4]["code"]
    assert open_from(stored, "S02-B-02", code) == {
        "envelope": "S02-B-02",
        "list_id": "D1",
        "stratum": LABELS[1],
        "position": 2,
        "arm": "ALLR3",
    }


@pytest.mark.parametrize(
    ("name", "at", "words"),
    [("S02-B-01", 4, "does not open"), ("S02-C-01", 4, "no envelope"), ("", 0, "no envelope")],
)
def test_another_code_or_name_opens_nothing(
    exported: dict[str, Any], name: str, at: int, words: str
) -> None:
    with pytest.raises(Refused, match=words):
        open_from(exported, name, exported["codes"][at]["code"])
