"""What an operator does with a deployment on AWS, and what watches over it."""

import io
from typing import Any

import pytest

from infra.aws import audit_night, operations, watch
from shared.study.loading import shipped_definitions
from tests.support.database import TestDatabase


@pytest.fixture
def deployed(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> TestDatabase:
    for login in ("migrator", "platform"):
        monkeypatch.setenv(f"INDUCT_{login.upper()}_DATABASE_URL", database.url(f"induct_{login}"))
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
        ({}, "command is one of access, activate, migrate, revoke, status, verify"),
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


def test_status_tells_the_outbox_and_whether_every_migration_has_run(
    deployed: TestDatabase,
) -> None:
    assert ask(command="status") == {"outbox": {}, "current": True}


def test_the_trail_is_proven_whole_by_command_and_by_night_and_an_altered_row_is_named(
    deployed: TestDatabase, log_lines: io.StringIO
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
    with deployed.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE platform.audit SET actor = 'nobody' WHERE seq = 1")
    with pytest.raises(audit_night.TrailBroken):
        audit_night.handler({}, None)
    line = log_lines.getvalue()
    assert '"level": "critical", "message": "audit trail broken"' in line
    assert '"where": "row 1"' in line
    assert ask(command="verify")["whole"] is False


def test_the_watch_tells_age_skew_and_durability_in_one_line(
    deployed: TestDatabase, log_lines: io.StringIO
) -> None:
    found = watch.handler({}, None)
    assert found.keys() == {
        "outbox_seconds", "outbox_waiting", "dead_letters", "clock_skew_seconds", "not_durable",
    }  # fmt: skip
    assert found["outbox_waiting"] == 0
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
