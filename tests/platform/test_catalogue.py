"""What the database itself must hold: nobody owns, sees or may do more than was decided."""

import psycopg
import pytest

from infra.database.cast import LOGINS, OWNER, SERVICES
from tests.support.database import TestDatabase

SCHEMAS = "('platform', 'randomization', 'assessments', 'safety', 'analytics')"
# Tables without an audit trigger, each with its reason.
NOT_AUDITED = {
    "platform.access_denied": "append-only, its own history",
    "platform.access_revoked": "append-only, its own history",
    "platform.access_seen": "append-only, its own history",
    "platform.alembic_version": "the migrations' own bookkeeping",
    "platform.audit": "is the trail",
    "platform.audit_head": "is the trail",
    "platform.delivery": "transport state, no trial data",
    "platform.idempotency": "append-only, repeats what was audited",
    "platform.inbox": "append-only transport state",
    "platform.outbox": "transport of what was audited",
    "platform.stream_head": "a counter of the outbox",
    "randomization.stratum": "a lock row without data of its own",
    "assessments.commit_position": "a counter",
    "assessments.submission": "append-only, the order of what is audited in itself",
    "assessments.job": "transport state: what a job wrote is audited as the sender's",
    "assessments.job_row": "append-only, as received",
    "assessments.job_error": "append-only, its own history",
    "assessments.rave_file": "append-only, what a sender told beside data that are audited",
    "assessments.rave_refusal": "append-only, its own history",
    "assessments.subject_trail": "append-only, gives audited changes of a subject their order",
    "safety.case_number": "a counter",
    "safety.case_computed": "derived: by which rules audited due dates were computed last",
    "safety.notice": "append-only, tells what was audited",
    "safety.notice_count": "a counter",
    "safety.fallback_notice": "transport of what was audited",
    "safety.webhook_message": "transport of what was audited",
    "safety.webhook_attempt": "append-only, its own history",
    "analytics.progress": "append-only, tells how far a run was that is audited itself",
    "analytics.result_open": "append-only, derived, hashed in the manifest",
    "analytics.result_closed": "append-only, derived, hashed in the manifest",
}


def test_every_table_has_row_level_security_enabled_and_forced(database: TestDatabase) -> None:
    found = database.rows(
        "SELECT c.oid::regclass::text, c.relrowsecurity, c.relforcerowsecurity,"
        " (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid)"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.relkind IN ('r', 'p') AND n.nspname IN {SCHEMAS}"
    )
    assert len(found) > 25
    assert [row for row in found if not (row[1] and row[2] and row[3])] == []


def test_nothing_is_owned_by_anybody_but_the_owner(database: TestDatabase) -> None:
    found = database.rows(
        "SELECT c.oid::regclass::text, pg_get_userbyid(c.relowner) FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {SCHEMAS}"
        " UNION ALL SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner) FROM pg_proc p"
        f" JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN {SCHEMAS}"
        f" UNION ALL SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace"
        f" WHERE nspname IN {SCHEMAS}"
    )
    assert {row[1] for row in found} == {OWNER}


def test_nothing_is_granted_to_public(database: TestDatabase) -> None:
    granted = database.rows(
        "SELECT c.oid::regclass::text FROM pg_class c, aclexplode(c.relacl) a,"
        " pg_namespace n WHERE n.oid = c.relnamespace AND a.grantee = 0"
        f" AND n.nspname IN {SCHEMAS}"
        " UNION ALL SELECT p.oid::regprocedure::text FROM pg_proc p,"
        " aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a, pg_namespace n"
        f" WHERE n.oid = p.pronamespace AND a.grantee = 0 AND n.nspname IN {SCHEMAS}"
        " UNION ALL SELECT nspname FROM pg_namespace, aclexplode(nspacl) a"
        f" WHERE a.grantee = 0 AND nspname IN ('public', {SCHEMAS[1:]}"
        " UNION ALL SELECT datname FROM pg_database, aclexplode(datacl) a"
        " WHERE a.grantee = 0 AND datname = current_database()"
    )
    assert granted == []


def test_every_view_asks_with_the_rights_of_the_asker(database: TestDatabase) -> None:
    views = database.rows(
        "SELECT c.oid::regclass::text, coalesce(c.reloptions::text, '') FROM pg_class c"
        f" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v'"
        f" AND n.nspname IN {SCHEMAS}"
    )
    assert len(views) >= 4
    assert [view for view in views if "security_invoker=true" not in str(view[1])] == []


def test_no_login_is_more_than_a_login(database: TestDatabase) -> None:
    roles = database.rows(
        "SELECT rolname, rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole"
        "  OR rolreplication, rolconnlimit"
        " FROM pg_roles WHERE rolname LIKE 'induct%%' AND rolcanlogin"
    )
    assert {str(row[0]) for row in roles} == {login.name for login in LOGINS}
    assert not any(row[1] for row in roles)
    assert all(isinstance(row[2], int) and row[2] > 0 for row in roles)
    assert database.rows("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", OWNER) == [(False,)]


def test_every_login_has_timeouts(database: TestDatabase) -> None:
    for name, settings in database.rows(
        "SELECT rolname, array_to_string(setconfig, ' ') FROM pg_db_role_setting s"
        " JOIN pg_roles r ON r.oid = s.setrole WHERE rolname LIKE 'induct%%'"
    ):
        for setting in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
            assert setting in str(settings), (name, setting)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reaches_its_own_tables_and_named_views_only(
    database: TestDatabase, service: str
) -> None:
    reached = database.rows(
        "SELECT n.nspname || '.' || c.relname, c.relkind::text FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname IN {SCHEMAS} AND n.nspname NOT IN ('platform', %s)"
        " AND c.relkind IN ('r', 'v') AND (has_table_privilege(%s, c.oid, 'SELECT')"
        "  OR has_table_privilege(%s, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))",
        service, f"induct_{service}", f"induct_{service}",
    )  # fmt: skip
    tables = {str(name) for name, kind in reached if kind == "r"}
    # Analytics must know up to which commit its snapshot reaches.
    assert tables <= {"assessments.commit_position"}
    assert all(str(name).endswith("_read") for name, kind in reached if kind == "v")


def test_no_login_may_delete_or_empty_anything(database: TestDatabase) -> None:
    found = database.rows(
        "SELECT r.rolname, c.oid::regclass::text FROM pg_class c, pg_roles r, pg_namespace n"
        f" WHERE n.oid = c.relnamespace AND n.nspname IN {SCHEMAS} AND c.relkind = 'r'"
        " AND r.rolname LIKE 'induct%%' AND r.rolcanlogin AND r.rolname <> 'induct_migrator'"
        " AND has_table_privilege(r.oid, c.oid, 'DELETE, TRUNCATE')"
    )
    assert found == []


def test_every_table_is_audited_or_excused(database: TestDatabase) -> None:
    found = database.rows(
        "SELECT n.nspname || '.' || c.relname, EXISTS (SELECT 1 FROM pg_trigger t"
        "  WHERE t.tgrelid = c.oid AND t.tgname = 'audit') FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE c.relkind = 'r' AND n.nspname IN {SCHEMAS}"
    )
    assert {str(name) for name, audited in found if not audited} == set(NOT_AUDITED)


def test_no_column_keeps_json_as_text_and_no_time_is_without_zone(database: TestDatabase) -> None:
    found = database.rows(
        "SELECT attrelid::regclass::text, attname FROM pg_attribute a JOIN pg_class c"
        " ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname IN {SCHEMAS} AND attnum > 0"
        " AND atttypid IN ('json'::regtype, 'timestamp'::regtype, 'money'::regtype)"
    )
    assert found == []


def test_the_login_of_randomization_cannot_read_an_arm_that_is_not_given(
    database: TestDatabase,
) -> None:
    with psycopg.connect(database.url("induct_randomization")) as connection:
        for query in (
            "SELECT ciphertext FROM randomization.slot",
            "SELECT subject_id FROM randomization.slot",
            "SELECT sealed_parameters FROM randomization.list",
            "SELECT * FROM randomization.weigh_caps('', '', '', '', '[]')",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(query.encode())
            connection.rollback()


@pytest.mark.parametrize("login", [f"induct_{service}" for service in SERVICES])
def test_without_a_study_a_login_sees_no_row(database: TestDatabase, login: str) -> None:
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("INSERT INTO platform.study VALUES ('A', 'training', 'active', '1', 'h')")
    with psycopg.connect(database.url(login)) as connection:
        count = "SELECT count(*) FROM platform.study"
        assert connection.execute(count.encode()).fetchone() == (0,)
        connection.execute("SELECT set_config('app.study', 'A', true)")
        assert connection.execute(count.encode()).fetchone() == (1,)
        connection.commit()
        # What a transaction set is gone after it, and what is left ('') means nobody.
        assert connection.execute(count.encode()).fetchone() == (0,)
