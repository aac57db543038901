"""An archive is opened without this system, says what it holds, and names what was altered."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.copies import archive
from infra.copies.archive import CLOSED, NothingToArchive, check_study, write_tables
from infra.copies.archive_artefacts import ARTEFACTS, write_artefacts
from infra.copies.archive_files import finish
from infra.copies.certificate import described, digest_of
from infra.copies.note import note_closed_archive
from infra.database.guards import SCHEMAS
from shared.artefacts import ArtefactDamaged, DirectoryStore
from tests.services.assessments.support import Trial
from tests.services.randomization.world import BLOCKS, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

STUDY = "NCT05748171"
ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
ITEM = "closed/assessments.item_version.ndjson"
TRAIL = "closed/platform.audit.ndjson"
Run = subprocess.CompletedProcess[str]


@pytest.fixture
def stored(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], object],
    begin: Begin,
    database: TestDatabase,
) -> TestDatabase:
    """Two studies: in one a child with values that a reader may stumble over, and its arm."""

    def live() -> None:
        for study in (STUDY, "freireich-1963"):
            activate(study)
        sites = client_for("randomization")
        body = {"site": "S01", "name": 'Hôpital "N" \\ 1', "country": "CZ",
                "time_zone": "Europe/Prague"}  # fmt: skip
        for study in (STUDY, "freireich-1963"):
            assert sites.post("/sites", json=body, role="admin", study=study).status_code == 201
        put_in_force(sites, BLOCKS)
        trial = Trial(client_for("assessments"), database)
        trial.enrol()
        made = trial.counts()
        changed = trial.correct(made, {"platelets": "121"}, reason="Größe\t«112»\u2028read")
        assert changed.status_code == 200
        screen(database, "S01-002", study=STUDY)
        allocated = sites.post("/allocations", json=request("S01-002"))
        assert allocated.status_code == 201, allocated.text

    begin("two studies, one child", live)
    return database


def admin_url(database: TestDatabase) -> str:
    with database.admin() as connection:
        info = connection.info
        return psycopg.conninfo.make_conninfo(
            host=info.host, port=info.port, user=info.user, password=info.password,
            dbname=info.dbname,
        )  # fmt: skip


@pytest.fixture
def kept(stored: TestDatabase, tmp_path: Path) -> Path:
    return made(stored, tmp_path / "archive")


def made(database: TestDatabase, folder: Path) -> Path:
    """An archive as the command makes it, without its open part."""
    closed = write_tables(admin_url(database), STUDY, folder)
    finish(folder, {
        "study": STUDY, "as_of": closed["as_of"], "made_at": closed["as_of"],
        "made_by": {"actor": "Eva", "role": "statistician", "reason": "kept"},
        "system_version": "0", "open": None, "closed": closed,
    })  # fmt: skip
    return folder


def read(folder: Path, *words: str | Path) -> Run:
    """The archive's own reader, which sees neither this project nor any installed package."""
    command = [sys.executable, "-I", "-S", str(folder / "read_archive.py"), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


def told(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "archive.json").read_text())
    return found


def lines(folder: Path, name: str) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in (folder / name).read_text().split("\n") if line)


def test_every_table_is_kept_or_it_is_said_why_not(database: TestDatabase) -> None:
    """A table that somebody adds is archived, or its author says what is not."""
    found = database.rows(
        "SELECT n.nspname || '.' || c.relname, EXISTS (SELECT FROM pg_attribute a"
        "  WHERE a.attrelid = c.oid AND a.attname = 'study_id' AND NOT a.attisdropped)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind = 'r' AND n.nspname = ANY (%s)",
        list(SCHEMAS),
    )
    named = archive.rules().others.keys() | archive.rules().not_kept.keys()
    assert {str(name) for name, of_study in found if not of_study} == named
    columns = {
        str(row[0])
        for row in database.rows(
            "SELECT table_schema || '.' || table_name || '.' || column_name"
            " FROM information_schema.columns"
        )
    }
    assert archive.rules().left_out.keys() <= columns


@pytest.mark.proves("C04", kind="positive")
@pytest.mark.proves("C04", kind="oracle")
def test_it_is_verified_without_the_system_that_made_it(kept: Path, stored: TestDatabase) -> None:
    done = read(kept, "verify")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    rows, streams = stored.rows(
        "SELECT count(*), count(DISTINCT stream) FROM platform.audit WHERE study_id = %s", STUDY
    )[0]
    assert f"Audit trail: {rows} rows in {streams} streams" in done.stdout
    assert f"Digest {told(kept)['digest']}" in done.stdout
    assert read(kept, "verify", "--digest", told(kept)["digest"]).returncode == 0
    assert read(kept, "verify", "--digest", "0" * 64).returncode == 1


@pytest.mark.proves("C04", kind="oracle")
def test_what_is_asked_of_its_sqlite_file_is_what_the_database_answers(
    kept: Path, stored: TestDatabase, tmp_path: Path
) -> None:
    done = read(kept, "load", tmp_path / "study.sqlite")
    assert done.returncode == 0, done.stdout
    with sqlite3.connect(tmp_path / "study.sqlite") as loaded:
        for table in told(kept)["closed"]["tables"]:
            name, columns = table["name"], [column["name"] for column in table["columns"]]
            count = loaded.execute(f'SELECT count(*) FROM "{name.replace(".", "_")}"').fetchone()
            assert count == (table["rows"],)
            if "study_id" in columns:
                there = f"SELECT count(*) FROM {name} WHERE study_id = %s"
                assert stored.rows(there, STUDY) == [count], name
        asked = (
            "SELECT v.version, v.reason, v.actor, i.value FROM {}record_version v"
            " JOIN {}item_version i ON i.record_id = v.record_id AND i.version = v.version"
            " WHERE i.item = 'platelets' ORDER BY v.version"
        )
        assert loaded.execute(asked.format("assessments_", "assessments_")).fetchall() == (
            stored.rows(asked.format("assessments.", "assessments."))
        )
        meanings = dict(
            loaded.execute(
                "SELECT name, meaning FROM about_column"
                " WHERE \"table\" = 'assessments_item_version'"
            ).fetchall()
        )
        # One from the catalogue of the database, and one from what we say of many tables.
        assert meanings["value"].startswith("As received, in its canonical text form")
        assert meanings["null_flavour"] == "Why there is no value: a code"
    assert read(kept, "load", tmp_path / "study.sqlite").returncode == 1


def test_nothing_of_another_study_is_in_it(kept: Path) -> None:
    for table in told(kept)["closed"]["tables"]:
        for row in lines(kept, table["file"]):
            assert row.get("study_id") in {STUDY, None}
    assert {each["stream"].split("/")[0] for each in lines(kept, TRAIL)} == {STUDY}
    routes = [row["route"] for row in lines(kept, "closed/platform.idempotency.ndjson")]
    assert routes
    assert all(f"/studies/{STUDY}/" in route for route in routes)


def test_the_same_rows_are_the_same_bytes(stored: TestDatabase, tmp_path: Path) -> None:
    one, other = made(stored, tmp_path / "one"), made(stored, tmp_path / "other")
    for table in told(one)["closed"]["tables"]:
        assert (one / table["file"]).read_bytes() == (other / table["file"]).read_bytes()


def test_every_table_and_column_is_explained(kept: Path) -> None:
    """By a comment in the catalogue, or by infra/copies/meanings.toml."""
    unexplained = [
        f"{table['name']}.{column['name']}"
        for table in told(kept)["closed"]["tables"]
        for column in ({"name": "", "meaning": table["meaning"]}, *table["columns"])
        if not column["meaning"]
    ]
    assert unexplained == []
    there = {
        column["name"] for table in told(kept)["closed"]["tables"] for column in table["columns"]
    }
    assert archive.rules().columns.keys() <= there
    assert archive.rules().tables.keys() <= {
        table["name"] for table in told(kept)["closed"]["tables"]
    }


def test_files_of_nights_are_kept_under_their_hash(tmp_path: Path) -> None:
    store, folder = DirectoryStore(tmp_path / "store"), tmp_path / "archive"
    (folder / CLOSED).mkdir(parents=True)
    keys = [store.put(content, "closed") for content in (b"figure", b"report", b"manifest")]
    rows = "".join(json.dumps({"object_key": key}) + "\n" for key in (*keys[:2], keys[0]))
    (folder / CLOSED / "analytics.artefact.ndjson").write_text(rows)
    runs = "".join(json.dumps({"manifest_key": key}) + "\n" for key in (keys[2], None))
    (folder / CLOSED / "analytics.run.ndjson").write_text(runs)
    assert write_artefacts(store, folder) == len(keys)
    assert (folder / ARTEFACTS / keys[1]).read_bytes() == b"report"
    (tmp_path / "store" / keys[0]).write_bytes(b"forged")
    with pytest.raises(ArtefactDamaged):
        write_artefacts(store, folder)


def test_secrets_are_left_out_and_it_is_said(kept: Path) -> None:
    tables = {table["name"]: table for table in told(kept)["closed"]["tables"]}
    left = tables["assessments.rave_credential"]["left_out"]
    assert left == {"salt": "secret", "secret_hash": "secret"}
    page = (kept / "description.html").read_text()
    assert "secret_hash" in page
    assert "<script" not in page


@pytest.mark.proves("C04", kind="negative")
@ANY_FOLDER
@given(data=st.data())
def test_one_altered_byte_is_named(kept: Path, tmp_path: Path, data: st.DataObject) -> None:
    names = [each["name"] for each in told(kept)["files"] if each["bytes"]]
    name = data.draw(st.sampled_from([ITEM, TRAIL, *names]), "file")
    altered = tmp_path / "altered"
    shutil.rmtree(altered, ignore_errors=True)
    shutil.copytree(kept, altered)
    content = bytearray((altered / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1), "at")] ^= data.draw(st.integers(1, 255))
    (altered / name).write_bytes(content)
    done = read(kept, "--archive", altered, "verify")
    assert done.returncode == 1
    assert f"{name}: altered" in done.stdout


def refitted(folder: Path, name: str, change: Callable[[list[dict[str, Any]]], None]) -> Run:
    """Alter the rows of a file, make every hash of files fit again, verify."""
    rows = list(lines(folder, name))
    change(rows)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / name).write_bytes(text.encode())
    content = told(folder)
    content["files"] = [described(folder, each["name"]) for each in content["files"]]
    content["digest"] = digest_of(content)
    (folder / "archive.json").write_text(json.dumps(content))
    return read(folder, "verify")


def forged(folder: Path, change: Callable[[dict[str, Any]], None]) -> Run:
    """The same of the platelets' correction in the trail."""

    def alter(rows: list[dict[str, Any]]) -> None:
        change(next(r for r in rows if (r["field"], r["new_value"]) == ("platelets", "121")))

    return refitted(folder, TRAIL, alter)


@pytest.mark.proves("C04", kind="negative")
def test_rows_that_were_taken_out_are_missed(kept: Path) -> None:
    """At the end of a stream too, where no row follows that would tell."""
    done = refitted(kept, ITEM, lambda rows: rows.pop())
    assert done.returncode == 1
    assert done.stdout.startswith(f"{ITEM}: ")
    assert "were archived" in done.stdout
    done = refitted(kept, TRAIL, lambda rows: rows.pop())
    assert "the trail ends elsewhere" in done.stdout
    done = refitted(kept, TRAIL, lambda rows: rows.pop(len(rows) // 2))
    assert "is missing, the next there is" in done.stdout


@pytest.mark.proves("C04", kind="negative")
@pytest.mark.parametrize(
    "change",
    [
        {"new_value": "12"}, {"old_value": None}, {"actor": "nobody"}, {"reason": "none"},
        {"recorded_at": "2024-01-01T00:00:00+00:00"}, {"new_value": None}, {"salt": None},
    ],
)  # fmt: skip
def test_whoever_makes_the_files_fit_is_found_by_the_trail(
    kept: Path, change: dict[str, str | None]
) -> None:
    done = forged(kept, lambda row: row.update(change))
    assert done.returncode == 1
    first = done.stdout.splitlines()[0]
    assert f"{STUDY}/S01-001, row " in first
    assert "platelets" in first


@pytest.mark.proves("C09", kind="negative")
def test_a_value_that_somebody_emptied_by_hand_is_named(kept: Path) -> None:
    done = forged(kept, lambda row: row.update(salt=None, old_value=None, new_value=None))
    assert done.returncode == 1
    assert "emptied, and no approved redaction tells of it" in done.stdout.splitlines()[0]


@pytest.mark.proves("C04", kind="negative")
def test_what_is_missing_or_extra_is_named(kept: Path) -> None:
    (kept / ITEM).unlink()
    (kept / CLOSED / "more.ndjson").write_text("{}\n")
    done = read(kept, "verify")
    assert done.returncode == 1
    assert f"{ITEM}: missing" in done.stdout
    assert "closed/more.ndjson: the archive does not name it" in done.stdout


def test_a_study_that_is_not_there_is_told(stored: TestDatabase) -> None:
    check_study(admin_url(stored), STUDY)
    with pytest.raises(NothingToArchive, match="no study X"):
        check_study(admin_url(stored), "X")


@pytest.mark.proves("C08", kind="positive")
def test_who_takes_the_closed_part_is_written_down_with_the_reason(stored: TestDatabase) -> None:
    url = stored.url("induct_randomization")
    note_closed_archive(url, STUDY, "Eva", "statistician", "end of trial")
    found = stored.rows(
        "SELECT r.operation, r.actor, r.actor_role, a.reason FROM randomization.unblinded_read r"
        " JOIN platform.audit a ON a.row_key = r.read_id::text AND a.field = 'operation'"
    )
    assert found == [("export archive", "Eva", "statistician", "end of trial")]
