"""Data of the first state of the schema come forward, and their trail with them."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from infra.database.audit import altered_rows, verify_trail
from infra.database.migrate import is_current, migrate
from infra.database.roles import grant_database
from tests.support.database import TestDatabase, TestServer

FIRST = ("randomization_0001", "assessments_0001", "safety_0001", "analytics_0001")
DATA = """
    INSERT INTO platform.study VALUES ('S', 'training', 'active', '1.0.0', 'h');
    INSERT INTO platform.study_definition VALUES ('S', '1.0.0', 'h', '{}');
    INSERT INTO randomization.site (study_id, site_id, name, country, time_zone, state, opened_at)
        VALUES ('S', 'S01', 'Hospital', 'CZ', 'Europe/Prague', 'open', '2026-01-04 10:00Z');
    INSERT INTO randomization.screening (study_id, subject_id, site_id, registered_at)
        VALUES ('S', 'S01-001', 'S01', '2026-01-05 10:00Z');
    INSERT INTO assessments.subject VALUES ('S', 'S01-001', 'S01', 'screening', '2017-03', 'female',
        '2026-01-04', '2026-01-05 10:00Z');
    INSERT INTO assessments.record VALUES
        ('11111111-1111-4111-8111-111111111111', 'S', 'S01', 'S01-001', 'blood_count', 'SCR', 1);
    INSERT INTO assessments.record_version SELECT '11111111-1111-4111-8111-111111111111', v, 'S',
        'S01', 'S01-001', '2026-01-05', v, '2026-01-05 11:00Z', 'nurse', 'coordinator', 'first',
        '1.0.0' FROM generate_series(1, 2) AS v;
    INSERT INTO assessments.item_version VALUES
        ('11111111-1111-4111-8111-111111111111', 'platelets', 1, 'S', 'S01', 'S01-001', '120'),
        ('11111111-1111-4111-8111-111111111111', 'platelets', 2, 'S', 'S01', 'S01-001', NULL);
    INSERT INTO safety.safety_case VALUES ('22222222-2222-4222-8222-222222222222', 'S', 'S01',
        'S01-001', 1, 'S-0001', 'report', NULL, '2026-01-06 10:00Z');
    INSERT INTO safety.case_version VALUES ('22222222-2222-4222-8222-222222222222', 1, 'S', 'S01',
        'S01-001', 'Sepsis', 4, true, '{life_threatening}', '2026-01-05', '2026-01-06 09:00Z',
        '2026-01-06 10:00Z', 'Europe/Prague', NULL, NULL, NULL, true, NULL);
    INSERT INTO safety.obligation VALUES ('33333333-3333-4333-8333-333333333333',
        '22222222-2222-4222-8222-222222222222', 'S', 'S01', 'S01-001', 'site_to_sponsor', '1', 'l',
        'a', 'r', NULL, '2026-01-06', '2026-01-07', '2026-01-07 10:00Z', 'UTC', false, 'r', 'open');
    INSERT INTO analytics.run (study_id, cutoff, nightly, state, requested_at)
        VALUES ('S', '2026-01-06', true, 'pending', '2026-01-07 01:00Z');
    UPDATE randomization.site SET state = 'paused';
"""


@pytest.fixture
def old(server: TestServer) -> Iterator[TestDatabase]:
    """A database as the first release would have left it, with one child in it."""
    made = TestDatabase(f"old_{uuid.uuid4().hex[:12]}", server.admin_url)
    with psycopg.connect(server.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {made.name}".encode())
        grant_database(admin, made.name)
    with made.admin() as inside:
        inside.execute(
            "ALTER DEFAULT PRIVILEGES FOR ROLE induct_owner REVOKE ALL ON FUNCTIONS FROM PUBLIC"
        )
    migrate(made.url("induct_migrator"), *FIRST)
    with made.writing() as connection:
        connection.execute(DATA.encode())
    yield made
    server.drop(made)


@pytest.mark.proves("C36", kind="positive")
def test_what_was_entered_under_the_first_schema_is_there_under_the_newest(
    old: TestDatabase,
) -> None:
    before = old.rows("SELECT stream, seq, encode(hash, 'hex') FROM platform.audit")
    assert len(before) > 80
    assert not is_current(old.url("induct_migrator"))
    migrate(old.url("induct_migrator"))
    assert is_current(old.url("induct_migrator"))
    platform = old.url("induct_platform")
    assert verify_trail(platform).faults == []
    after = old.rows("SELECT stream, seq, encode(hash, 'hex') FROM platform.audit")
    assert set(before) <= set(after), "no row of the trail was touched"
    told = [str(fault) for fault in altered_rows(platform)]
    assert not told, "\n".join(told)
    assert old.rows("SELECT version, value FROM assessments.item_version ORDER BY 1") == [
        (1, "120"), (2, None),
    ]  # fmt: skip
    assert old.rows("SELECT state FROM safety.obligation") == [("open",)]
    assert old.rows("SELECT number, definition_version FROM platform.definition_in_force") == [
        (1, "1.0.0")
    ]
    # A column that came later is held by what its rows had at first.
    with old.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE safety.obligation SET began_at = began_at - interval '1 day'")
    (fault,) = altered_rows(platform)
    assert "began_at: nobody entered it" in str(fault)
