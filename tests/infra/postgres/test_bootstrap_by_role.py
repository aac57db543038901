"""The cast is made by an administrator that is no superuser, as on RDS, and let in by IAM alone."""

import psycopg
import pytest
from psycopg import sql

from infra.database.cast import LOGINS, OWNER
from infra.database.roles import bootstrap
from infra.postgres import Cluster
from tests.infra.postgres.support import connect, value

WORD = "for-tests-only"


@pytest.fixture(scope="module")
def administrator(running: Cluster) -> str:
    with connect(running) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE rds_like LOGIN CREATEROLE CREATEDB PASSWORD {}").format(
                sql.Literal(WORD)
            )
        )
        admin.execute("CREATE ROLE rds_iam NOLOGIN")
        admin.execute("GRANT rds_iam TO rds_like WITH ADMIN OPTION")
    address = running.superuser_url().rsplit("@", 1)[1].rsplit("/", 1)[0]
    url = f"postgresql://rds_like:{WORD}@{address}/postgres"
    bootstrap(url, "induct", None)
    return url


def test_every_login_is_of_iam_has_no_password_and_no_right_over_others(
    running: Cluster, administrator: str
) -> None:
    with connect(running) as admin:
        found = admin.execute(
            "SELECT a.rolname, a.rolconnlimit, a.rolpassword IS NULL,"
            " rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication,"
            " pg_has_role(a.rolname, 'rds_iam', 'MEMBER')"
            " FROM pg_authid a WHERE rolcanlogin AND rolname LIKE 'induct%' ORDER BY rolname"
        ).fetchall()
    expected = [(login.name, login.connections, True, False, True) for login in LOGINS]
    assert found == sorted(expected)


def test_the_administrator_speaks_for_the_owner_no_longer_than_it_takes(
    running: Cluster, administrator: str
) -> None:
    query = f"SELECT pg_has_role('rds_like', '{OWNER}', 'USAGE')"
    assert value(running, query) is False
    database = running.superuser_url().rsplit("/", 1)[0] + "/induct"
    with psycopg.connect(database) as inside:
        (count,) = inside.execute(  # type: ignore[misc]
            "SELECT count(*) FROM pg_default_acl WHERE defaclrole = %s::regrole", (OWNER,)
        ).fetchone()
    assert count == 1


def test_to_bootstrap_again_changes_nothing_and_takes_back_what_was_given(
    running: Cluster, administrator: str
) -> None:
    with connect(running) as admin:
        admin.execute("ALTER ROLE induct_safety CONNECTION LIMIT 99")
    bootstrap(administrator, "induct", None)
    limit = "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'induct_safety'"
    assert value(running, limit) == 30


def test_a_right_that_only_a_superuser_may_take_back_is_not_passed_over(
    running: Cluster, administrator: str
) -> None:
    with connect(running) as admin:
        admin.execute("ALTER ROLE induct_safety BYPASSRLS")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        bootstrap(administrator, "induct", None)
    bootstrap(running.superuser_url(), "induct", None)
    bypasses = "SELECT rolbypassrls FROM pg_roles WHERE rolname = 'induct_safety'"
    assert value(running, bypasses) is False
