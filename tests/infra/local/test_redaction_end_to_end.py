"""Words leave a stack that runs by two persons' commands, and by no other way."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra.local.stack import Stack
from tests.infra.scenario import STUDY, path

pytestmark = pytest.mark.long
# A child that no scenario knows.
CHILD = "S01-071"
NAME = "Johanka Nováková"
SAID = f"Fever, as told by {NAME}"


@pytest.fixture
def entered(stack: Stack) -> dict[str, Any]:
    """A record that held the name, and was corrected."""
    who: dict[str, Any] = {"role": "coordinator", "study": STUDY, "site": "S01"}
    child = {"subject": CHILD, "site": "S01", "birth_year_month": "2016-12", "sex": "female",
             "consented_on": "2026-01-05"}  # fmt: skip
    stack.call("POST", path("assessments", "/subjects"), json=child, key="redaction-child", **who)
    where = path("assessments", f"/subjects/{CHILD}/assessments")
    consent = {"consent_date": "2026-01-05", "assent_due": False}
    body: dict[str, Any] = {"form": "consent", "visit": "SCR", "repeat": 1, "items": consent}
    stack.call("POST", where, json=body, key="redaction-consent", **who)
    items = {"medication": "Paracetamol", "indication": SAID, "start_date": "2026-02-01"}
    body = {"form": "concomitant_medication", "repeat": 71, "items": items}
    made = stack.call("POST", where, json=body, key="redaction-entry", **who)
    assert made.status_code == 201, made.text
    change = {"items": {"indication": "Fever"}, "reason": "Not to be here"}
    record: dict[str, Any] = made.json()
    done = stack.call(
        "PUT", f"{where}/{record['record_id']}", json=change, key="redaction-change",
        headers={"If-Match": '"1"'}, **who,
    )  # fmt: skip
    assert done.status_code == 200, done.text
    return record


def sign(stack: Stack, meaning: str, role: str, body: Path) -> str:
    words = ("--study", STUDY, "--role", role, "--meaning", meaning, "--body", str(body))
    code, token = stack.run("sign", *words)
    assert code == 0, token
    return token.strip()


def test_two_persons_take_a_name_out_by_commands(
    stack: Stack, entered: dict[str, Any], tmp_path: Path
) -> None:
    words, first, second = (tmp_path / name for name in ("words", "first.json", "second.json"))
    words.write_text(NAME + "\n", encoding="utf-8")
    about = (
        "audit", "redaction", "request", "--study", STUDY, "--table", "assessments.item", "--key",
        f"{entered['record_id']}/1", "--field", "indication", "--category", "identifying-text",
        "--why", "The subject's name, in free text", "--words", str(words),
    )  # fmt: skip
    code, said = stack.run(*about, "--out", str(first))
    assert code == 0, said
    assert "assessments.item_version.value" in said
    assert "Johanka" not in said + first.read_text()

    code, said = stack.run(*about, "--signature", "no-token")
    assert (code, "signature" in said.lower()) == (1, True)
    asked = sign(stack, "redaction-requested", "data_manager", first)
    code, said = stack.run(*about, "--signature", asked)
    assert code == 0, said
    number = said.split()[1]

    one = ("--study", STUDY, "--number", number)
    code, said = stack.run("audit", "redaction", "show", *one, "--out", str(second))
    assert code == 0, said
    assert "The subject's name, in free text" in said
    why = ("--why", "Identifies a child")
    other = sign(stack, "redaction-approved", "sponsor", first)
    code, said = stack.run("audit", "redaction", "approve", *one, *why, "--signature", other)
    assert (code, "Another content was signed" in said) == (1, True), said
    approved = sign(stack, "redaction-approved", "sponsor", second)
    code, said = stack.run("audit", "redaction", "approve", *one, *why, "--signature", approved)
    assert code == 0, said
    assert f"Redaction {number} is done" in said

    code, said = stack.run("audit", "redaction", "list", "--study", STUDY)
    assert "data_manager-local" in said
    assert "approved" in said
    code, said = stack.run("audit", "verify")
    assert (code, said.startswith("Whole: ")) == (0, True), said
    where = f"/subjects/{CHILD}/assessments/{entered['record_id']}/versions"
    shown = stack.call("GET", path("assessments", where), role="auditor", study=STUDY)
    assert f"Fever, as told by [redacted {number}]" in json.dumps(shown.json())


def test_what_is_asked_wrongly_is_said_in_words(stack: Stack, tmp_path: Path) -> None:
    about = ("--table", "t", "--key", "k", "--field", "f", "--category", "x", "--why", "y")
    code, said = stack.run("audit", "redaction", "request", "--study", STUDY, *about)
    assert (code, "A category is one of" in said) == (1, True), said
    code, said = stack.run(
        "audit", "redaction", "request", "--study", STUDY, *about, "--where", "x"
    )
    assert (code, "new, old or reason" in said) == (1, True), said
    missing = ("--words", str(tmp_path / "none"))
    code, said = stack.run("audit", "redaction", "request", "--study", STUDY, *about, *missing)
    assert (code, "cannot be read" in said) == (1, True), said
    code, said = stack.run("audit", "redaction", "show", "--study", STUDY, "--number", "99")
    assert (code, "There is no request 99" in said) == (1, True), said
