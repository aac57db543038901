"""The trail: complete, append-only, and whole only if nobody touched it."""

import contextlib
from collections.abc import Callable

import psycopg
import pytest

from infra.database.audit import verify_trail
from shared.study import StudyDefinition
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "freireich-1963"
SITE = {"name": "Hospital", "country": "US", "time_zone": "America/New_York"}


@pytest.fixture
def trail(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> TestDatabase:
    """A database with a trail of three streams' worth of changes."""
    activate(STUDY)
    api = client_for("randomization")
    for number in range(1, 4):
        site = SITE | {"site": f"S0{number}"}
        assert api.post("/sites", role="admin", study=STUDY, json=site).status_code == 201
    return database


def verify(database: TestDatabase) -> list[str]:
    report = verify_trail(database.url("induct_platform"))
    return [str(fault) for fault in report.faults]


@pytest.mark.proves("C02", kind="oracle")
def test_an_untouched_trail_is_whole(trail: TestDatabase) -> None:
    report = verify_trail(trail.url("induct_platform"))
    assert report.faults == []
    assert report.rows == trail.rows("SELECT count(*) FROM platform.audit")[0][0]
    assert report.rows > 20


@pytest.mark.proves("C02", kind="negative")
@pytest.mark.parametrize(
    ("evil", "named"),
    [
        ("UPDATE platform.audit SET new_value = 'XX' WHERE seq = 12", "row 12: the values"),
        ("UPDATE platform.audit SET actor = 'nobody' WHERE seq = 12", "row 12: altered"),
        ("UPDATE platform.audit SET recorded_at = now() WHERE seq = 12", "row 12: altered"),
        ("DELETE FROM platform.audit WHERE seq = 12", "row 12: missing"),
        ("DELETE FROM platform.audit WHERE seq > 12", "row 12: the stream ends elsewhere"),
        ("TRUNCATE platform.audit", "row 0: the stream ends elsewhere"),
        (
            "UPDATE platform.audit SET seq = -seq WHERE seq IN (12, 13);"  # noqa: ISC004
            "UPDATE platform.audit SET seq = 25 + seq WHERE seq < 0",
            "row 12",
        ),
    ],
    ids=["value", "actor", "time", "row removed", "end cut off", "emptied", "two rows swapped"],
)
def test_what_a_superuser_does_to_it_is_found_and_the_row_is_named(
    trail: TestDatabase, evil: str, named: str
) -> None:
    with trail.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(evil.encode())
    faults = verify(trail)
    assert len(faults) == 1
    assert named in faults[0]


@pytest.mark.proves("C09", kind="negative")
def test_a_value_that_nobody_approved_to_take_out_is_named(trail: TestDatabase) -> None:
    with trail.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE platform.audit SET new_value = NULL, old_value = NULL, salt = NULL"
            " WHERE seq = 12"
        )
    (fault,) = verify(trail)
    assert "row 12: " in fault
    assert "is redacted, and no approved redaction tells of it" in fault


@pytest.mark.proves("C06", kind="negative")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE platform.audit SET actor = 'x'",
        "DELETE FROM platform.audit",
        "TRUNCATE platform.audit",
    ],
)
@pytest.mark.parametrize("login", ["induct_randomization", "induct_platform", "induct_migrator"])
def test_no_role_can_change_the_trail_not_even_the_owner(
    trail: TestDatabase, statement: str, login: str
) -> None:
    before = trail.rows("SELECT * FROM platform.audit ORDER BY stream, seq")
    with psycopg.connect(trail.url(login)) as connection:
        if login == "induct_migrator":
            connection.execute("SET ROLE induct_owner")
        # The owner is stopped by policies (nothing matches) or by the trigger, others by grants.
        with contextlib.suppress(psycopg.DatabaseError):
            connection.execute(statement.encode())
            connection.commit()
    assert trail.rows("SELECT * FROM platform.audit ORDER BY stream, seq") == before


@pytest.mark.proves("C06", kind="negative")
def test_a_change_that_nobody_made_is_refused(trail: TestDatabase) -> None:
    with trail.admin() as admin, pytest.raises(psycopg.DatabaseError) as refused:
        admin.execute("UPDATE randomization.site SET state = 'closed'")
    assert refused.value.sqlstate == "ID001"


@pytest.mark.proves("C27", kind="negative")
def test_a_correction_needs_a_reason(trail: TestDatabase) -> None:
    with trail.admin() as admin:
        admin.execute(
            "SELECT set_config('app.actor', 'a', false), set_config('app.role', 'b', false),"
            " set_config('app.request', 'c', false)"
        )
        with pytest.raises(psycopg.DatabaseError) as refused:
            admin.execute("UPDATE randomization.site SET state = 'closed'")
        assert refused.value.sqlstate == "ID001"
        admin.execute("SELECT set_config('app.reason', 'site visit', false)")
        admin.execute("UPDATE randomization.site SET state = 'closed' WHERE site_id = 'S01'")
    assert trail.rows(
        "SELECT field, old_value, new_value, reason FROM platform.audit WHERE operation = 'UPDATE'"
    ) == [("state", "open", "closed", "site visit")]
    assert verify(trail) == []
