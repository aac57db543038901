"""What an operator does with a deployment on AWS, and what watches over it."""

import io
import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.aws import audit_night, operations, watch
from infra.database.guard_watch import watch_guards
from shared.study.loading import shipped_definitions
from tests.support.database import TestDatabase

LETS_PASS = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"


@pytest.fixture
def deployed(
    database: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> TestDatabase:
    for login in ("migrator", "platform"):
        monkeypatch.setenv(f"INDUCT_{login.upper()}_DATABASE_URL", database.url(f"induct_{login}"))
    monkeypatch.setenv("INDUCT_WITNESS", str(tmp_path / "witness"))
    monkeypatch.setattr(watch, "_engines", [])
    return database


def ask(**event: Any) -> dict[str, Any]:
    return operations.handler(event, None)


def test_a_study_is_put_in_force_from_its_text_once(deployed: TestDatabase) -> None:
    study, path = next(iter(shipped_definitions().items()))
    event = {
        "command": "activate",
        "definition": path.read_text(encoding="utf-8"),
        "reason": "go",
        "actor": "operator",
    }
    first = ask(**event)
    assert (first["study"], first["mode"], first["changed"]) == (study, "training", True)
    assert ask(**event) == first | {"changed": False}
    with pytest.raises(operations.Refused, match="training mode and stays so"):
        ask(**event, live=True)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            {},
            (
                "command is one of access, accounts, activate, bind, migrate, rave-user, redaction,"
                " restored, review, revoke, sign-off, status, verify"
            ),
        ),
        ({"command": "drop"}, "command is one of"),
        ({"command": "activate", "definition": "a: b", "reason": "x"}, "wants definition"),
        (
            {"command": "activate", "definition": "a: b", "reason": "x", "actor": "y"},
            "faults; the first in line 1",
        ),
    ],
)
def test_what_cannot_be_done_is_refused_in_words(
    deployed: TestDatabase, event: dict[str, Any], words: str
) -> None:
    with pytest.raises(operations.Refused, match=words):
        operations.handler(event, None)
    assert deployed.rows("SELECT count(*) FROM platform.study") == [(0,)]


def test_an_account_is_bound_to_networks(deployed: TestDatabase) -> None:
    words = {"command": "bind", "account": "a", "actor": "me", "reason": "why"}
    assert ask(**words, networks=["192.0.2.7"])["networks"] == ["192.0.2.7/32"]
    for networks, told in ((None, "a list"), ("192.0.2.7", "a list"), (["192.0.2.1/8"], "CIDR")):
        with pytest.raises(operations.Refused, match=told):
            ask(**words, networks=networks)
    kept = "SELECT account, networks::text[], bound_by FROM platform.access_network"
    assert deployed.rows(kept) == [("a", ["192.0.2.7/32"], "me")]


def test_status_tells_the_outbox_and_whether_every_migration_has_run(
    deployed: TestDatabase,
) -> None:
    assert ask(command="status") == {"outbox": {}, "current": True}


def test_the_trail_is_proven_whole_by_command_and_by_night_and_an_altered_row_is_named(
    deployed: TestDatabase, log_lines: io.StringIO, tmp_path: Path
) -> None:
    with deployed.writing() as connection:
        connection.execute(
            "INSERT INTO platform.study VALUES ('S', 'training', 'active', '1', 'x')"
        )
    found = ask(command="verify")
    assert (found["whole"], found["faults"]) == (True, 0)
    assert found["rows"] > 0
    assert audit_night.handler({}, None) == {
        "rows": found["rows"],
        "streams": found["streams"],
    }
    assert '"message": "audit trail whole"' in log_lines.getvalue()
    assert [file.name for file in (tmp_path / "witness").iterdir()] == ["000001.json"]
    assert deployed.rows("SELECT study_id, number FROM platform.audit_review") == [("S", 1)]
    assert '"message": "audit trail reviewed"' in log_lines.getvalue()
    with pytest.raises(KeyError):
        audit_night.handler({"restart": {"reason": "restored"}}, None)
    audit_night.handler({"restart": {"reason": "restored", "actor": "A. Operator"}}, None)
    restarted = (tmp_path / "witness" / "000002.json").read_text()
    assert json.loads(restarted)["restart"] == {"reason": "restored", "actor": "A. Operator"}
    with deployed.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.audit SET actor = 'nobody' WHERE seq = 1")
    with pytest.raises(audit_night.TrailBroken):
        audit_night.handler({}, None)
    assert len(list((tmp_path / "witness").iterdir())) == 2, "what is broken is not noted"
    line = log_lines.getvalue()
    assert '"level": "critical", "message": "audit trail broken"' in line
    assert '"where": "row 1"' in line
    assert ask(command="verify")["whole"] is False


@pytest.mark.proves("C13", kind="positive")
def test_the_watch_tells_age_skew_and_durability_in_one_line(
    deployed: TestDatabase, log_lines: io.StringIO
) -> None:
    found = watch.handler({}, None)
    assert found.keys() == {
        "outbox_seconds", "outbox_waiting", "dead_letters", "clock_skew_seconds", "not_durable",
        "guards_touched",
    }  # fmt: skip
    assert found["outbox_waiting"] == found["guards_touched"] == 0
    assert found["clock_skew_seconds"] < 1
    (line,) = log_lines.getvalue().splitlines()
    assert '"message": "gauges"' in line
    for engine in watch._engines:
        engine.dispose()


def test_a_database_that_may_lose_what_it_acknowledged_is_a_gauge(
    deployed: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(
        "INDUCT_PLATFORM_DATABASE_URL",
        f"{deployed.url('induct_platform')}?options=-csynchronous_commit%3Doff",
    )
    assert watch.handler({}, None)["not_durable"] == 1
    for engine in watch._engines:
        engine.dispose()


@pytest.mark.proves("C07", kind="positive")
@pytest.mark.parametrize(
    ("evil", "command", "off"),
    [
        ("ALTER TABLE randomization.site DISABLE TRIGGER audit", "ALTER TABLE", 1),
        ("DROP TRIGGER audit ON randomization.site", "DROP TRIGGER", 0),
        (
            f"CREATE OR REPLACE FUNCTION platform.forbid_change() {LETS_PASS}",
            "CREATE FUNCTION",
            0,
        ),
    ],
)
def test_whoever_touches_a_guard_is_written_down_and_rings(
    deployed: TestDatabase, evil: str, command: str, off: int
) -> None:
    assert watch_guards(deployed.admin_url, deployed.name)
    assert watch_guards(deployed.admin_url, deployed.name), "and once more changes nothing"
    with deployed.admin() as admin:
        admin.execute("CREATE TABLE public.harmless (n int)")
        admin.execute("SET session_replication_role = replica")
        admin.execute(evil.encode())
    (noted,) = deployed.rows("SELECT who, command FROM platform.guard_event")
    assert noted == ("postgres", command)
    assert watch.handler({}, None)["guards_touched"] == 1 + off
    for engine in watch._engines:
        engine.dispose()
    with (
        psycopg.connect(deployed.url("induct_platform")) as login,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        login.execute("DELETE FROM platform.guard_event")


def test_whoever_may_not_make_event_triggers_is_told_so(deployed: TestDatabase) -> None:
    assert not watch_guards(deployed.url("induct_migrator"), deployed.name)


def test_after_a_restore_allocation_is_held_once_and_what_others_hold_is_noted(
    deployed: TestDatabase,
) -> None:
    study, path = next(iter(shipped_definitions().items()))
    text = path.read_text(encoding="utf-8")
    ask(command="activate", definition=text, reason="go", actor="operator")
    event = {
        "specversion": "1.0", "id": "00000000-0000-4000-8000-000000000001", "study": study,
        "source": "urn:induct:randomization", "type": "site.opened", "version": 1,
        "subject": f"{study}/site/S01", "time": "2026-03-03T12:00:00Z", "data": {},
        "dataschema": "site.opened/1.0",
    }  # fmt: skip
    words = {"command": "restored", "actor": "operator", "reason": "restored to noon"}
    assert ask(**words, events=[event]) == {"noted": 1, "held": [study]}
    assert ask(**words, events=[event]) == {"noted": 0, "held": []}
    with pytest.raises(operations.Refused, match="no event"):
        ask(**words, events=[{}])
