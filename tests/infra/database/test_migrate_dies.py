"""A migration that dies half-way is rolled back, and run again from where it was."""

import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from infra.database import migrate
from infra.database.cast import LOGINS
from infra.database.roles import bootstrap
from tests.support.database import PASSWORD, TestDatabase, TestServer

MIGRATOR = "induct_migrator"
# The schema as the catalogue tells it, and which revisions it has.
SCHEMA = """
    SELECT string_agg(line, chr(10) ORDER BY line) FROM (
        SELECT 'column ' || attrelid::regclass || '.' || attname || ' ' || atttypid::regtype
               || ' ' || attnotnull AS line
        FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
        WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped AND c.relkind IN ('r', 'v')
          AND c.relpersistence = 'p'
        UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || pg_get_triggerdef(oid)
            FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT 'policy ' || polrelid::regclass || ' ' || polname FROM pg_policy
        UNION ALL SELECT 'function ' || oid::regprocedure || ' ' || md5(prosrc)
            FROM pg_proc WHERE oid >= 16384
        UNION ALL SELECT 'revision ' || version_num FROM platform.alembic_version) AS told
"""
# While another session holds what a revision is about to make, the revision waits there.
HELD = "CREATE SCHEMA safety"
WAITING = """
    SELECT pid FROM pg_stat_activity WHERE usename = %s AND datname = %s
      AND wait_event_type = 'Lock'
"""
REVISIONS = sorted((Path(migrate.VERSIONS)).glob("*/[0-9]*.py"))


@pytest.fixture
def empty(server: TestServer) -> Iterator[TestDatabase]:
    """A database that was never migrated."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    bootstrap(server.admin_url, name, {login.name: PASSWORD for login in LOGINS})
    made = TestDatabase(name, server.admin_url)
    yield made
    server.drop(made)


def test_a_migration_that_is_killed_leaves_whole_revisions_and_goes_on_from_there(
    empty: TestDatabase, database: TestDatabase
) -> None:
    url = empty.url(MIGRATOR)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            migrate.migrate(url)
        except OperationalError as error:
            raised.append(error)

    migrating = threading.Thread(target=run)
    with empty.admin() as holder, empty.admin() as killer:
        holder.execute("BEGIN")
        holder.execute(HELD.encode())
        migrating.start()
        while not (waits := killer.execute(WAITING.encode(), (MIGRATOR, empty.name)).fetchall()):
            assert migrating.is_alive() or raised
        killer.execute("SELECT pg_terminate_backend(%s)", waits[0])
        migrating.join()
        holder.execute("ROLLBACK")
        assert raised
        done = killer.execute("SELECT count(*) FROM platform.alembic_version").fetchone()
        assert done is not None
        assert done[0] > 0, "revisions before it stand"
        assert killer.execute("SELECT to_regnamespace('safety')").fetchone() == (None,)
    assert not migrate.is_current(url)
    migrate.migrate(url)
    assert migrate.is_current(url)
    assert empty.rows(SCHEMA) == database.rows(SCHEMA)


def test_no_revision_can_be_taken_back() -> None:
    """What a revision would take away may be in the trail of a trial."""
    assert REVISIONS
    for file in REVISIONS:
        content = file.read_text(encoding="utf-8")
        assert "def downgrade() -> None:\n    refuse_downgrade()" in content, file.name
