"""Messages, answers and forms from the command line, told so that a person can go on."""

import json
from pathlib import Path

import pytest

from services.safety.e2b.acknowledgement.answers import BatchCode, MessageCode
from services.safety.e2b.generate import generate
from tests.infra.cli.test_commands import induct
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.acknowledgement.answers import answer, as_bytes, row
from tests.services.safety.e2b.mutations import with_value
from tests.services.safety.e2b.samples import FOLDER, needs_samples
from tests.services.safety.e2b.terminology.dictionaries import write_meddra


@pytest.fixture
def message(tmp_path: Path) -> Path:
    file = tmp_path / "message.xml"
    file.write_bytes(generate(reports.batch()))
    return file


def _validate(file: Path, *words: str, home: Path) -> tuple[int, str, str]:
    folder = str(FOLDER / "schema")
    return induct("safety", "e2b", "validate", str(file), "--schemas", folder, *words, home=home)


@needs_samples
def test_a_message_without_fault_may_be_sent(message: Path, tmp_path: Path) -> None:
    code, said, _ = _validate(message, "--profile", "fda_ind", home=tmp_path)
    assert code == 0
    assert "0 issues. It may be sent." in said
    assert "give --meddra" in said


@needs_samples
def test_a_fault_is_told_by_its_rule_and_ends_with_1(tmp_path: Path) -> None:
    file = tmp_path / "bad.xml"
    file.write_bytes(generate(with_value(reports.batch(), "h_1", None)))
    code, said, _ = _validate(file, "--profile", "fda_ind", "--json", home=tmp_path)
    assert code == 1
    assert [one["id"] for one in json.loads(said)["issues"]] == ["ICH.H.1.REQUIRED"]


@needs_samples
def test_codes_are_looked_up_in_the_version_that_is_given(message: Path, tmp_path: Path) -> None:
    folder = tmp_path / "meddra"
    folder.mkdir()
    code, said, _ = _validate(message, "--meddra", str(write_meddra(folder)), home=tmp_path)
    assert code == 0
    assert "--meddra" not in said


def test_the_rules_are_listed_with_those_that_are_not_held(tmp_path: Path) -> None:
    code, said, _ = induct("safety", "e2b", "rules", home=tmp_path)
    assert code == 0
    assert "ICH.C.2.r.5.UNIQUE" in said
    assert "R0105" in said
    assert "Of the FDA's table 88 rules are held and 34 are not." in said


def test_without_schemas_nothing_is_judged(message: Path, tmp_path: Path) -> None:
    words = ("safety", "e2b", "validate", str(message), "--schemas", str(tmp_path))
    code, _, complaint = induct(*words, home=tmp_path)
    assert code == 1
    assert "Nothing is judged without the ICH schemas" in complaint


def test_an_answer_is_told_report_by_report(tmp_path: Path) -> None:
    file = tmp_path / "answer.ack"
    file.write_bytes(as_bytes(answer(BatchCode.AE, row(MessageCode.CR, text="too late"))))
    code, said, _ = induct("safety", "ack", str(file), home=tmp_path)
    assert code == 0
    assert "Batch BATCH-1: AE." in said
    assert "CZ-INDUCT-1" in said
    assert "too late" in said


def test_what_is_no_answer_is_told_without_a_traceback(message: Path, tmp_path: Path) -> None:
    code, _, complaint = induct("safety", "ack", str(message), home=tmp_path)
    assert code == 1
    assert "is no acknowledgement: its first element is another" in " ".join(complaint.split())
    assert "Traceback" not in complaint


def test_a_message_becomes_a_form(message: Path, tmp_path: Path) -> None:
    code, said, _ = induct(
        "safety", "cioms", str(message), "--out", str(tmp_path), "--initial", home=tmp_path
    )
    assert code == 0
    written = tmp_path / f"cioms-{reports.CASE}.pdf"
    assert str(written) in said
    assert written.read_bytes().startswith(b"%PDF")
