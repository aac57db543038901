"""``induct export archive`` on the stack that a stranger starts."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.local.stack import Stack

STUDY = "NCT05748171"
CLOSED = ("--closed", "--actor", "Eva", "--role", "statistician", "--reason", "End of trial")

pytestmark = pytest.mark.long


def read(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", str(folder / "read_archive.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


@pytest.mark.proves("C04", kind="positive")
def test_a_study_is_archived_and_opened_without_the_application(
    stack: Stack, tmp_path: Path
) -> None:
    out = tmp_path / "archive"
    code, said = stack.run("export", "archive", "--study", STUDY, "--out", str(out), *CLOSED)
    assert code == 0, said
    done = read(out, "verify")
    assert done.returncode == 0, done.stdout
    digest = json.loads((out / "archive.json").read_text())["digest"]
    assert digest in said
    assert digest in (out / "README.txt").read_text()
    assert read(out, "load", str(tmp_path / "study.sqlite")).returncode == 0
    with sqlite3.connect(tmp_path / "study.sqlite") as loaded:
        sites = loaded.execute("SELECT site_id FROM randomization_site ORDER BY 1").fetchall()
        assert ("S01",) in sites
        assert loaded.execute("SELECT count(*) FROM open_ts").fetchone() != (0,)
        # It was written down before a row was read, so it is in the archive itself.
        noted = loaded.execute(
            "SELECT actor, actor_role FROM randomization_unblinded_read"
            " WHERE operation = 'export archive'"
        ).fetchall()
        assert noted == [("Eva", "statistician")]
    assert "platform_audit" in read(out, "tables").stdout
    code, said = stack.run("export", "verify", str(out / "open"))
    assert code == 0, said


@pytest.mark.proves("C15", kind="negative")
def test_what_is_not_for_everybody_is_not_in_the_open_archive(stack: Stack, tmp_path: Path) -> None:
    out = tmp_path / "open-only"
    code, said = stack.run("export", "archive", "--study", STUDY, "--out", str(out), "--actor", "E")
    assert code == 0, said
    assert not (out / "closed").exists()
    assert json.loads((out / "archive.json").read_text())["closed"] is None
    assert read(out, "verify").returncode == 0
    for words, told in (
        (("--closed", "--actor", "E", "--role", "data_manager", "--reason", "x"), "statistician"),
        (("--closed", "--actor", "E", "--role", "statistician"), "needs a reason"),
        (("--actor", " "), "A name is asked for"),
        (("--actor", "E", "--role", "admin"), "This is for"),
    ):
        code, said = stack.run(
            "export", "archive", "--study", STUDY, "--out", str(tmp_path / "no"), *words
        )
        assert (code, told in said) == (1, True), said
    assert not (tmp_path / "no").exists()
    code, said = stack.run("export", "archive", "--study", STUDY, "--out", str(out), "--actor", "E")
    assert code == 1
    assert "is not empty" in said
    code, said = stack.run(
        "export", "archive", "--study", "X", "--out", str(tmp_path / "x"), *CLOSED
    )
    assert code == 1
    assert "There is no study X here" in said
