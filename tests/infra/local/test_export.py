"""``induct export`` on the stack that a stranger starts."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.infra.local.stack import Stack

STUDY = "NCT05748171"

pytestmark = pytest.mark.long


def manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.proves("C03", kind="positive")
def test_a_study_is_exported_with_the_hash_of_every_file(stack: Stack, tmp_path: Path) -> None:
    child = {
        "subject": "S01-009",
        "site": "S01",
        "birth_year_month": f"{datetime.now(UTC).year - 9}-12",
        "sex": "female",
        "consented_on": "2024-01-20",
    }
    registered = stack.call(
        "POST", f"/assessments/v1/studies/{STUDY}/subjects", role="coordinator", study=STUDY,
        site="S01", key="register-009", json=child,
    )  # fmt: skip
    assert registered.is_success, registered.text
    first, second = tmp_path / "first", tmp_path / "second"
    code, said = stack.run("export", "--study", STUDY, "--out", str(first))
    assert code == 0, said
    made = manifest(first)
    for file in made["files"]:
        content = (first / file["name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]
    assert {file["name"].split("/")[0] for file in made["files"]} == {
        "dataset-json", "dataset-ndjson", "xpt", "odm", "csv"
    }  # fmt: skip
    assert b"S01-009" in (first / "csv" / "dm.csv").read_bytes()
    code, said = stack.run(
        "export", "--study", STUDY, "--as-of", made["as_of"], "--out", str(second)
    )
    assert code == 0, said
    assert manifest(second) == made


def test_what_cannot_be_exported_is_said_in_words(stack: Stack, tmp_path: Path) -> None:
    out = ["--out", str(tmp_path)]
    for words, told in (
        ([], "--study, or --cohort"),
        (["--study", STUDY, "--format", "sas7bdat"], "sas7bdat"),
        (["--study", STUDY, "--variant", "open"], "blinded or unblinded"),
        (["--study", STUDY, "--as-of", "2199-01-01T00:00:00Z"], "422"),
    ):
        code, said = stack.run("export", *words, *out)
        assert code == 1, said
        assert told in said
