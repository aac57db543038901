"""``induct export`` on the stack that a stranger starts."""

import hashlib
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.copies.certificate import described, digest_of
from tests.infra.local.stack import Stack
from tests.support.places import ROOT

STUDY = "NCT05748171"


def certificate(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    return found


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
    code, said = stack.run("export", "verify", str(second), "--against")
    assert code == 0, said
    assert "As recorded" in said
    (second / "csv" / "dm.csv").write_bytes(b"USUBJID\r\n")
    code, said = stack.run("export", "verify", str(second))
    assert code == 1
    assert "csv/dm.csv: differs in size" in said


@pytest.mark.proves("C03", kind="oracle")
def test_a_copy_that_is_whole_in_itself_is_held_against_what_is_recorded(
    stack: Stack, tmp_path: Path
) -> None:
    """Whoever writes files and certificate anew is found by the database, and by the digest."""
    out = tmp_path / "copy"
    code, said = stack.run(
        "export", "--study", STUDY, "--variant", "unblinded", "--format", "csv", "--out", str(out)
    )
    assert code == 0, said
    noted = certificate(out)["digest"]
    assert noted in said
    code, said = stack.run("export", "verify", str(out), "--against", "--digest", noted)
    assert code == 0, said
    (out / "csv" / "ts.csv").write_bytes(b"STUDYID\r\n")
    told = certificate(out) | {"digest": ""}
    told["files"] = [described(out, each["name"]) for each in told["files"]]
    told["trail"]["heads"][-1]["hash"] = "00" * 32
    told["digest"] = digest_of(told)
    (out / "certificate.json").write_text(json.dumps(told))
    code, said = stack.run("export", "verify", str(out))
    assert code == 0, said
    code, said = stack.run("export", "verify", str(out), "--digest", noted)
    assert code == 1
    assert "not the one that you noted" in said
    code, said = stack.run("export", "verify", str(out), "--against")
    assert code == 1
    assert "csv/ts.csv: what is recorded as of then is something else" in said
    assert f"{told['trail']['heads'][-1]['stream']}: its audit trail is not what it was" in said


@pytest.mark.proves("C34", kind="positive")
def test_a_site_takes_its_trail_along_and_holds_its_receipts_against_it(
    stack: Stack, tmp_path: Path
) -> None:
    child = {
        "subject": "S01-034", "site": "S01", "birth_year_month": f"{datetime.now(UTC).year - 9}-12",
        "sex": "female", "consented_on": "2024-01-20",
    }  # fmt: skip
    registered = stack.call(
        "POST", f"/assessments/v1/studies/{STUDY}/subjects", role="coordinator", study=STUDY,
        site="S01", key="register-034", json=child,
    )  # fmt: skip
    assert registered.is_success, registered.text
    trail, receipts = tmp_path / "trail.ndjson", tmp_path / "receipts.txt"
    receipts.write_text(registered.headers["Induct-Receipt"])
    words = ("export", "trail", "--study", STUDY, "--site", "S01", "--out", str(trail))
    code, said = stack.run(*words)
    assert code == 0, said
    rows = [json.loads(line) for line in trail.read_text().splitlines()]
    assert {row["site_id"] for row in rows} <= {"S01", None}
    verifier = [sys.executable, "-I", "-S", str(ROOT / "docs" / "verify_receipts.py")]
    done = subprocess.run([*verifier, trail, receipts], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "1 receipts: 1 equal" in done.stdout
    code, said = stack.run(*words)
    assert code == 1
    assert "is there already" in said


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
