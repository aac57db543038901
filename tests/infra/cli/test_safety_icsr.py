"""A case to an E2B(R3) message, and a message judged, at the command line."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.console import Refused
from infra.cli.main import app
from services.safety.e2b.generate import generate
from services.safety.e2b.parse import parse
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.schema import FOLDER_VARIABLE
from services.safety.e2b.terminology.configured import FOLDER_VARIABLE as MEDDRA
from services.safety.e2b.values import Stamp
from tests.infra.cli.test_commands import ROOT
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.mutations import with_value
from tests.services.safety.e2b.samples import FOLDER, needs_samples
from tests.services.safety.e2b.terminology.dictionaries import CURRENT, UNKNOWN, write_meddra

EXAMPLE = ROOT / "docs/examples/safety-case.json"
Body = dict[str, Any]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["safety", *words])


def changed(tmp_path: Path, **changes: Any) -> str:
    file = tmp_path / "case.json"
    file.write_text(json.dumps(json.loads(EXAMPLE.read_text("utf-8")) | changes), "utf-8")
    return str(file)


def judged(file: Path, *words: str, code: int = 0) -> Body:
    done = run("check-icsr", str(file), *words)
    assert done.exit_code == code, (done.stdout, done.exception)
    return json.loads(done.stdout)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is configured but what a test configures."""
    for name in (FOLDER_VARIABLE, MEDDRA):
        monkeypatch.delenv(name, raising=False)


@needs_samples
def test_the_example_makes_a_message_that_schemas_dictionary_and_the_fdas_rules_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(FOLDER / "schema"))
    (tmp_path / "meddra").mkdir()
    monkeypatch.setenv(MEDDRA, str(write_meddra(tmp_path / "meddra")))
    out = tmp_path / "message.xml"
    assert run("icsr", str(EXAMPLE), "--out", str(out)).exit_code == 0
    found = judged(out, "--profile", "fda_ind", "--initial")
    assert (found["in_the_way"], found["schema_findings"], found["rule_findings"]) == (0, [], [])
    assert (found["terminology"], found["gate"]) == ("28.1", None)
    assert found["schema_set"]


def test_a_message_holds_what_the_case_says_and_is_the_same_to_the_byte(tmp_path: Path) -> None:
    said = run("icsr", str(EXAMPLE)).stdout_bytes
    assert said == run("icsr", changed(tmp_path)).stdout_bytes
    report = parse(said).messages[0].report
    assert report.c_1.c_1_1 == "CZ-SPONSOR-NCT05748171.0007".replace(".", "-")
    assert (report.c_1.c_1_4, report.c_1.c_1_2) == (Stamp("20260402"), Stamp("20260407101500+0000"))
    assert report.e_i[0].e_i_2_1b == CURRENT
    assert [dose.g_k_4_r_1a for dose in report.g_k[0].g_k_4_r] == ["0.8", "0.5"]
    said_by = [each.g_k_9_i_2_r_1 for each in report.g_k[0].g_k_9_i[0].g_k_9_i_2_r]
    assert len(said_by) == 2


def test_a_file_carries_the_documents_that_it_names_and_is_refused_without_them(
    tmp_path: Path,
) -> None:
    letter = b"%PDF-1.7 letter"
    name = hashlib.sha256(letter).hexdigest()
    content = json.loads(EXAMPLE.read_text("utf-8"))["content"]
    content |= {"documents": [{"title": "Letter", "attachment": name}]}
    carried = {
        "media_type": "application/pdf",
        "file_name": "letter.pdf",
        "content": base64.b64encode(letter).decode(),
    }
    said = run("icsr", changed(tmp_path, content=content, attachments=[carried])).stdout_bytes
    (held,) = parse(said).messages[0].report.c_1.c_1_6_1_r
    assert (held.c_1_6_1_r_1, held.file_name) == ("Letter", "letter.pdf")
    assert base64.b64decode(held.c_1_6_1_r_2 or "") == letter
    bad = run("icsr", changed(tmp_path, content=content, attachments=[]))
    assert "/content/documents/0/attachment: attachment-unknown" in str(bad.exception)
    carried["file_name"] = "letter.txt"
    bad = run("icsr", changed(tmp_path, content=content, attachments=[carried]))
    assert "/attachments/0/file_name: file-name-mismatch" in str(bad.exception)


def test_another_receiver_has_its_own_envelope_and_its_gate_names_what_is_missing(
    tmp_path: Path,
) -> None:
    out = tmp_path / "message.xml"
    assert run("icsr", str(EXAMPLE), "--receiver", "eudravigilance", "--out", str(out)).stdout
    assert parse(out.read_bytes()).n_1_4 == "EVCTMPROD"
    found = judged(out, "--profile", "eu_ctr", code=1)
    assert [each["id"] for each in found["gate"] if not each["held"]] == ["EU.G.k.2.3.r.GATE"]
    assert found["in_the_way"] == 1
    not_one = judged(out, "--profile", "eu_ctr", "--not-susar", code=1)
    assert "EU.E.i.GATE" in {each["id"] for each in not_one["gate"] if not each["held"]}


def test_a_broken_rule_is_told_by_name_and_ends_with_one_without_schemas_too(
    tmp_path: Path,
) -> None:
    file = tmp_path / "bad.xml"
    file.write_bytes(generate(with_value(reports.batch(), "h_1", None)))
    found = judged(file, "--profile", Profile.FDA_IND.value, code=1)
    assert [each["id"] for each in found["rule_findings"]] == ["ICH.H.1.REQUIRED"]
    assert (found["schema_set"], found["terminology"]) == (None, None)


@needs_samples
def test_what_the_schemas_say_stands_apart_from_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(FOLDER / "schema"))
    file = tmp_path / "bad.xml"
    good = generate(reports.batch())
    file.write_bytes(good.replace(b'ITSVersion="XML_1.0"', b'ITSVersion="XML_9"'))
    found = judged(file, code=1)
    assert found["schema_findings"][0]["place"].startswith("line ")
    assert found["rule_findings"] == []


def test_a_code_that_the_dictionary_does_not_have_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meddra").mkdir()
    monkeypatch.setenv(MEDDRA, str(write_meddra(tmp_path / "meddra")))
    file = tmp_path / "unknown.xml"
    file.write_bytes(generate(with_value(reports.batch(), "e_i_2_1b", UNKNOWN)))
    found = judged(file, code=1)
    assert [each["element"] for each in found["rule_findings"]] == ["E.i.2.1b"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not XML", ()),
        (b"<!DOCTYPE x><MCCI_IN200100UV01/>", ()),
        (b'<MCCI_IN200101UV01 xmlns="urn:hl7-org:v3"/>', ()),
        (b"<x/>", ("--profile", "nobody")),
    ],
    ids=["no XML", "a DOCTYPE", "an acknowledgement", "a profile of nobody"],
)
def test_what_cannot_be_judged_ends_with_two(
    tmp_path: Path, content: bytes, words: tuple[str, ...]
) -> None:
    file = tmp_path / "file.xml"
    file.write_bytes(content)
    done = run("check-icsr", str(file), *words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert run("check-icsr", str(tmp_path / "nowhere.xml")).exit_code == 2


def test_a_schema_folder_that_is_none_is_a_mistake_and_ends_with_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    file = tmp_path / "message.xml"
    file.write_bytes(generate(reports.batch()))
    assert run("check-icsr", str(file)).exit_code == 2


REFUSED: dict[str, tuple[Body, str]] = {
    "a product of no arm": (
        {"content": {"seriousness": ["death"], "aware_at": "2026-04-01T19:00:00Z",
                     "suspect_product": "ASPIRIN"}},
        "/content/suspect_product: product-unknown",
    ),
    "an impossible grade": (
        {"content": {"seriousness": ["death"], "aware_at": "2026-04-01T19:00:00Z",
                     "event_term": "Platelet count decreased", "grade": 5}},
        "/content/grade: grade-impossible",
    ),
    "a fact that no report tells": (
        {"facts": [{"kind": "waiver", "received_at": "2026-04-02T10:00:00Z",
                    "value": {"obligation": "00000000-0000-0000-0000-000000000001"}}]},
        "/facts/0/kind: fact-not-told",
    ),
    "a judgement of no event": (
        {"facts": [{"kind": "coding", "received_at": "2026-04-02T10:00:00Z",
                    "value": {"event": "9", "code": "90000001", "version": "28.1"}}]},
        "/facts/0/value/event: event-unknown",
    ),
    "an unknown name": ({"colour": "red"}, "/colour: extra-forbidden"),
    "a receiver of nobody": ({"receiver": "nobody"}, "--receiver eudravigilance or --receiver fda"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_case_that_is_written_badly_is_refused_in_words_by_its_place(
    tmp_path: Path, changes: Body, hint: str
) -> None:
    done = run("icsr", changed(tmp_path, **changes))
    assert isinstance(done.exception, Refused)
    assert hint in str(done.exception)


def test_a_character_that_xml_cannot_hold_never_gets_that_far(tmp_path: Path) -> None:
    done = run("icsr", changed(tmp_path, narrative="a\x01b"))
    assert "/narrative: value-error" in str(done.exception)
