"""After a redaction, what others keep still proves itself: receipts, and an archive."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.docs.verifier import load
from tests.infra.copies.test_archive import made, read, refitted
from tests.infra.database.redaction_world import Written
from tests.support.database import TestDatabase
from tests.support.places import ROOT

MODULE = load(ROOT / "docs" / "verify_receipts.py")
WORDS = ("Johanka", "Jája", "Nováková")


def trail(written: Written) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        path = f"/subjects/S01-001/trail?limit=200&after={after}"
        page = written.trial.api.get(path).json()
        rows += page["items"]
        after = page["next"]
    return rows


def verified(folder: Path, rows: list[dict[str, Any]], receipts: str) -> Any:
    (folder / "trail.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "receipts.txt").write_text(receipts)
    return MODULE.verify(
        MODULE.read_trail(folder / "trail.ndjson"),
        MODULE.read_receipts([folder / "receipts.txt"]),
    )


@pytest.mark.proves("C34", kind="positive")
@pytest.mark.proves("C09", kind="positive")
def test_receipts_of_before_a_redaction_hold_after_it(corrected: Written, tmp_path: Path) -> None:
    """One a row, so that those of redacted rows are among them."""
    before = trail(corrected)
    ends = [MODULE.genesis(before[0]["stream"]), *(row["hash"] for row in before)]
    receipts = "\n".join(
        f"{before[0]['stream']} {n}-{n} {one} {other}"
        for n, (one, other) in enumerate(pairwise(ends), start=1)
    )
    assert verified(tmp_path, before, receipts).good
    number = corrected.redact()
    after = trail(corrected)
    text = json.dumps(after[: len(before)], ensure_ascii=False)
    assert [word for word in WORDS if word in text] == []
    report = verified(tmp_path, after, receipts)
    assert report.good, report.broken
    redacted = [row for row in after if row["redaction"] == number]
    assert redacted
    assert sum(verdict.redacted for verdict in report.verdicts) == len(redacted)
    redacted[0]["new_value"] = "[redacted 1] or something else"
    assert not verified(tmp_path, after, receipts).good


@pytest.mark.proves("C04", kind="positive")
@pytest.mark.proves("C09", kind="positive")
def test_an_archive_of_after_a_redaction_is_whole(
    corrected: Written, database: TestDatabase, tmp_path: Path
) -> None:
    corrected.redact()
    folder = made(database, tmp_path / "archive")
    done = read(folder, "verify")
    assert done.returncode == 0, done.stdout
    entries = database.rows("SELECT count(DISTINCT (stream, seq)) FROM platform.redacted_entry")
    assert f"{entries[0][0]} redacted by law" in done.stdout
    for file in folder.rglob("*.ndjson"):
        assert [word for word in WORDS if word in file.read_text()] == []


@pytest.mark.proves("C09", kind="negative")
def test_an_archive_takes_a_redaction_of_two_persons_only(
    corrected: Written, database: TestDatabase, tmp_path: Path
) -> None:
    corrected.redact()
    folder = made(database, tmp_path / "archive")
    name = "closed/platform.redaction_decision.ndjson"
    (row,) = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    for change in ({"decision": "refused"}, {"decided_by": row["requested_by"]}):
        done = refitted(folder, name, lambda rows, change=change: rows[0].update(row | change))
        assert done.returncode == 1
        assert "its values are not those that were hashed" in done.stdout
