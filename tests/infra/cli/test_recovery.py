"""``induct recovery`` says what a restore has not got, and holds what it must not give again."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.console import Refused
from infra.cli.main import app
from infra.local import database as local
from shared.study import StudyDefinition
from tests.services.randomization.lost import seen
from tests.services.randomization.world import open_sites
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


@pytest.fixture
def file(
    database: TestDatabase, client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition], monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> Path:  # fmt: skip
    """What a partner holds: an event that the database sent, and one that it never did."""

    @contextmanager
    def opened(_home: object) -> Iterator[Any]:
        yield database

    monkeypatch.setattr(local, "opened", opened)
    monkeypatch.setenv("INDUCT_HOME", str(tmp_path / "home"))
    activate(STUDY)
    open_sites(client_for("randomization"), "S01")
    (known,) = seen(database)
    lost = known | {"id": "00000000-0000-4000-8000-000000000001", "version": 2}
    made = tmp_path / "seen.jsonl"
    made.write_text("\n".join(json.dumps(one) for one in (known, lost)))
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["recovery", *words])


def test_what_is_missing_is_listed_and_nothing_is_changed_by_looking(
    file: Path, database: TestDatabase
) -> None:
    shown = run("divergence", str(file))
    assert (shown.exit_code, shown.output.count("site.opened")) == (1, 1)
    assert database.rows("SELECT * FROM platform.lost_event") == []
    assert database.rows("SELECT * FROM randomization.hold") == []


def test_who_says_that_it_was_restored_holds_every_study_and_notes_what_is_missing(
    file: Path, database: TestDatabase
) -> None:
    words = ("restored", str(file), "--reason", "the disk was lost", "--actor", "A. Operator")
    assert run(*words).output == (
        f"1 events noted that this database never sent.\nHeld now: {STUDY}.\n"
    )
    assert run(*words).output == (
        "0 events noted that this database never sent.\n"
        "Held now: nothing that was not held before.\n"
    )
    assert database.rows("SELECT opened_by, reason FROM randomization.hold") == [
        ("A. Operator", "the disk was lost")
    ]


def test_a_hold_wants_no_file_but_a_reason_and_a_file_that_holds_events(
    file: Path, database: TestDatabase
) -> None:
    assert isinstance(run("restored", "--reason", " ").exception, Refused)
    file.write_text("{")
    assert isinstance(run("restored", str(file), "--reason", "x").exception, Refused)
    assert database.rows("SELECT * FROM randomization.hold") == []
    assert run("restored", "--reason", "the folder was copied back").exit_code == 0
    assert len(database.rows("SELECT * FROM randomization.hold")) == 1
