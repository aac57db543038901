"""A backup that is restored is the database that was backed up, and what it lost is told."""

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import Engine

from infra.bus.divergence import (
    NoEvent,
    Restored,
    read_events,
    tell_restored,
    unknown_events,
)
from infra.database import proof
from infra.database.cast import LOGINS
from infra.database.fingerprint import Fingerprint, differences
from infra.database.guard_watch import watch_guards
from infra.database.heads_store import HeadsFolder
from infra.local.recovery import RecoveryError, back_up, drill, note
from infra.postgres import Cluster
from shared.study import StudyDefinition
from tests.support.api import ApiClient
from tests.support.database import PASSWORD, TestDatabase, TestServer
from tests.support.places import memory

STUDY = "freireich-1963"


@pytest.fixture
def sites(
    client_for: Callable[[str], ApiClient], activate: Callable[[str], StudyDefinition]
) -> Callable[[str], None]:
    activate(STUDY)
    api = client_for("randomization")

    def open_site(site: str) -> None:
        body = {"site": site, "name": "Hospital", "country": "US", "time_zone": "America/New_York"}
        assert api.post("/sites", role="admin", study=STUDY, json=body).status_code == 201

    return open_site


def admin_of(database: TestDatabase) -> str:
    return urlsplit(database.admin_url)._replace(path=f"/{database.name}").geturl()


def programs(server: TestServer) -> Path:
    return Cluster(server._home / "postgres").binaries().directory


@pytest.mark.proves("C04", kind="positive")
def test_a_drill_restores_everything_measures_itself_and_is_kept(
    sites: Callable[[str], None],
    database: TestDatabase,
    server: TestServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", memory())
    watch_guards(database.admin_url, database.name)
    sites("S01")
    heads = HeadsFolder(tmp_path / "witness")
    heads.add(1, proof.prove(database.url("induct_platform"), heads).heads(datetime.now(UTC)))
    file = tmp_path / "backup.dump"
    held = back_up(admin_of(database), programs(server), file)
    assert held.tables["randomization.site"][0] == 1
    assert held.tables["platform.idempotency"][0] == 1
    assert held.outbox == {"pending": 1}
    assert file.stat().st_mode & 0o777 == 0o600
    sites("S02")
    passwords = {login.name: PASSWORD for login in LOGINS}
    done = drill(file, heads, passwords, admin_of(database))
    assert list(done.faults) == []
    assert done.good
    ((rows,),) = database.rows("SELECT count(*) FROM platform.audit")
    assert done.lost is not None
    assert done.lost > 5
    assert done.rows + done.lost == rows
    assert 0 < done.steps["cluster"] < done.steps["restored"] < done.steps["verified"]
    assert done.rpo_seconds > 0
    log = tmp_path / "recovery-log.jsonl"
    note(log, done, "A. Operator")
    note(log, replace(done, faults=("x",)), "A. Operator")
    first, second = (json.loads(line) for line in log.read_text().splitlines())
    assert (first["good"], first["actor"], first["lost_rows"]) == (True, "A. Operator", done.lost)
    assert second["good"] is False
    # A file that is not the one that was written is not restored at all.
    with file.open("ab") as spoiled:
        spoiled.write(b"\0")
    with pytest.raises(RecoveryError, match="not the file"):
        drill(file, heads, passwords, None)


@pytest.mark.proves("C04", kind="negative")
def test_a_copy_that_lacks_a_row_or_has_another_is_told_by_its_table() -> None:
    held = Fingerprint(datetime.now(UTC), None, {"a": (2, "x"), "b": (1, "y"), "c": (0, "")}, {})
    assert differences(held, held) == []
    copy = replace(held, tables={"a": (1, "z"), "b": (1, "z"), "d": (0, "")})
    assert differences(held, copy) == [
        "a: 2 rows were there, 1 are", "b: 1 rows, and not the same ones",
        "c: only in the original", "d: only in the copy",
    ]  # fmt: skip


def test_a_program_that_refuses_is_told_without_the_password(
    server: TestServer, tmp_path: Path, database: TestDatabase
) -> None:
    with pytest.raises(RecoveryError) as refused:
        back_up(admin_of(database), programs(server), tmp_path / "no" / "folder")
    assert "pg_dump" in str(refused.value)
    assert urlsplit(database.admin_url).password not in str(refused.value)


@pytest.fixture
def platform(database: TestDatabase) -> Iterator[Engine]:
    engine = database.engine("induct_platform")
    yield engine
    database.done_with(engine)


def test_what_the_world_saw_and_the_database_does_not_know_is_told_with_what_to_do(
    sites: Callable[[str], None], database: TestDatabase, platform: Engine
) -> None:
    sites("S01")
    ((envelope,),) = database.rows("SELECT envelope::text FROM platform.outbox")
    known = json.loads(str(envelope))
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    lost = known | {"id": "00000000-0000-4000-8000-000000000001", "type": "subject.randomized",
                    "subject": f"{STUDY}/subject/S01-001", "time": later}  # fmt: skip
    other = known | {"id": "00000000-0000-4000-8000-000000000002", "time": later}
    lines = [json.dumps(known), "", json.dumps({"detail": lost}), json.dumps(lost),
             json.dumps(other)]  # fmt: skip
    first, second = unknown_events(platform, read_events(lines))
    assert (first.id, first.subject) == (lost["id"], lost["subject"])
    assert "from the site's confirmation" in first.to_do
    assert second.id == other["id"]
    assert "no more" in second.to_do
    assert unknown_events(platform, read_events([json.dumps(known)])) == []


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"id": 1}', '"x"', "7"])
def test_a_line_that_is_no_event_stops_the_report_with_its_number(line: str) -> None:
    with pytest.raises(NoEvent, match="line 2"):
        list(read_events(["", line]))


def lost_events(database: TestDatabase) -> tuple[dict[str, object], dict[str, object]]:
    """Two events as a partner could hold them: a later one of a stream, a case of safety."""
    ((envelope,),) = database.rows("SELECT envelope::text FROM platform.outbox")
    known = json.loads(str(envelope))
    later = known | {"id": "00000000-0000-4000-8000-000000000001", "version": 7}
    case = known | {
        "id": "00000000-0000-4000-8000-000000000002", "source": "urn:induct:safety",
        "type": "case.opened", "subject": f"{STUDY}/case/x", "version": 1,
        "data": {"case_number": f"{STUDY}-0041"},
    }  # fmt: skip
    return later, case


def tell(platform: Engine, *events: dict[str, object], **words: str) -> Restored:
    told = {"actor": "A. Operator", "reason": "restored"} | words
    return tell_restored(platform, read_events(map(json.dumps, events)), **told)


@pytest.mark.proves("RND-8", kind="negative")
def test_streams_and_case_numbers_go_on_behind_what_others_saw_and_nothing_goes_back(
    sites: Callable[[str], None], database: TestDatabase, platform: Engine
) -> None:
    sites("S01")
    later, case = lost_events(database)
    assert tell(platform, later, case) == Restored(2, [STUDY])
    assert tell(platform, later, case | {"data": {}}) == Restored(0, [])
    earlier = later | {"id": "00000000-0000-4000-8000-000000000003", "version": 3}
    low = case | {"id": "00000000-0000-4000-8000-000000000004",
                  "data": {"case_number": f"{STUDY}-0007"}}  # fmt: skip
    assert tell(platform, earlier, low).noted == 2
    heads = database.rows("SELECT stream, version, service FROM platform.stream_head ORDER BY 1")
    assert heads == [
        (f"randomization/{STUDY}/site/S01", 7, "induct_randomization"),
        (f"safety/{STUDY}/case/x", 1, "induct_safety"),
    ]
    assert database.rows("SELECT last FROM safety.case_number") == [(41,)]
    noted = database.rows("SELECT event_id::text, noted_by, reason FROM platform.lost_event")
    assert len(noted) == 4
    assert {row[1:] for row in noted} == {("A. Operator", "restored")}


@pytest.mark.parametrize(
    ("changes", "words", "said"),
    [
        ({"study": "another", "subject": "another/site/S01"}, {}, "no study of this deployment"),
        ({"source": "urn:induct:nobody"}, {}, "not an event of this system"),
        ({"version": 0}, {}, "not an event of this system"),
        ({"data": 1}, {}, "not an event of this system"),
        ({}, {"actor": " "}, "wants an actor"),
        ({}, {"reason": ""}, "wants an actor"),
    ],
)
def test_what_is_no_event_of_ours_or_is_said_by_nobody_holds_and_notes_nothing(
    sites: Callable[[str], None], database: TestDatabase, platform: Engine,
    changes: dict[str, object], words: dict[str, str], said: str,
) -> None:  # fmt: skip
    sites("S01")
    later, case = lost_events(database)
    with pytest.raises(ValueError, match=said):
        tell(platform, case, later | changes, **words)
    assert database.rows("SELECT * FROM platform.lost_event") == []
    assert database.rows("SELECT * FROM randomization.hold") == []
