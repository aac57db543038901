"""What a person reads: help that a stranger understands, errors without tracebacks."""

import io
import json
import os
import subprocess
import sys
from base64 import urlsafe_b64decode
from pathlib import Path

import pytest

from tests.support.commands import call
from tests.support.places import ROOT


def induct(*words: str, home: Path) -> tuple[int, str, str]:
    """The command's exit code, what it printed and what it complained of."""
    printed, complained = io.StringIO(), io.StringIO()
    environment = {"INDUCT_HOME": str(home), "COLUMNS": "100"}
    code = call(*words, environment=environment, out=printed, err=complained)
    return code, printed.getvalue(), complained.getvalue()


def from_a_shell(*words: str, home: Path) -> tuple[int, str, str]:
    """The same of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.cli", *words],
        cwd=ROOT,
        env=os.environ | {"INDUCT_HOME": str(home), "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_help_names_every_command(tmp_path: Path) -> None:
    code, said, _ = induct("--help", home=tmp_path)
    assert code == 0
    for command in (
        "run",
        "token",
        "sign",
        "demo",
        "export",
        "study",
        "analytics",
        "events",
        "audit",
        "contracts",
    ):
        assert f" {command} " in said


def test_a_token_says_who_may_do_what_where(tmp_path: Path) -> None:
    code, said, _ = from_a_shell(
        "token", "--role", "coordinator", "--site", "S01", "--study", "NCT05748171", home=tmp_path
    )
    assert code == 0
    payload = said.strip().split(".")[1]
    claims = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["role"], claims["sites"], claims["studies"]) == (
        "coordinator",
        ["S01"],
        ["NCT05748171"],
    )
    assert "randomization/allocate" in claims["scope"].split()


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("token", "--role", "boss", "--study", "X"), "There is no role 'boss'"),
        (("token", "--role", "coordinator", "--study", "X"), "--site S01"),
        (("token", "--role", "admin"), "--study NCT05748171"),
        (("study", "validate", "nowhere.yaml"), "There is no file"),
        (("demo", "--study", "other"), "The demo knows"),
        (("events", "redrive"), "Name an event"),
    ],
)
def test_a_wrong_word_is_answered_with_what_would_be_right(
    tmp_path: Path, words: tuple[str, ...], hint: str
) -> None:
    code, _, error = induct(*words, home=tmp_path)
    assert code == 1
    assert error.startswith("error: ")
    assert hint in error
    assert "Traceback" not in error


def test_every_fault_of_a_definition_is_told_by_line_and_path(tmp_path: Path) -> None:
    text = (ROOT / "shared/study/definitions/freireich-1963.yaml").read_text(encoding="utf-8")
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("ratio: 1", "ratio: 0", 1).replace("[relapse]", "[nothing]"))
    code, said, error = induct("study", "validate", str(broken), home=tmp_path)
    assert code == 1
    lines = said.splitlines()
    assert len(lines) == 2
    assert "arms[0].ratio" in lines[0]
    assert "endpoints[0].events[0]" in lines[1]
    assert all(line.split(":")[1].isdigit() for line in lines)
    assert "2 faults" in error


def test_a_shell_is_told_as_much_as_a_call(tmp_path: Path) -> None:
    words = ("study", "validate", "nowhere.yaml")
    assert from_a_shell(*words, home=tmp_path) == induct(*words, home=tmp_path)


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    code, _, wrong = induct(
        "export", "--out", str(tmp_path / "taken"), "--study", "S", home=tmp_path
    )
    assert (code, "Traceback" in wrong) == (1, False)
    assert "taken cannot be a folder for the files" in wrong


def test_the_role_matrix_is_told_with_what_differs_from_the_guidance(tmp_path: Path) -> None:
    code, said, _ = from_a_shell("audit", "matrix", home=tmp_path)
    assert code == 0
    assert "Request randomization: investigator G S W, coordinator S W, iwrs A W" in said
    assert "medical_monitor (A G in the guidance): The report names the suspect drug" in said
