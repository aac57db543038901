"""The roles of the cast, made or refreshed, and the database they meet in.

One owner that cannot log in, one migrator that may become the owner, one login for each service
that owns nothing, one login for the platform's own work (relay, deliveries, audit verification),
one role that reads open results.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from infra.database.cast import LOGINS, MIGRATOR, OPEN_READER, OWNER, Login

# On RDS, whoever is of this role logs in by a token of IAM, and no longer by a password.
BY_ROLE = "rds_iam"
_NEVER = ("SUPERUSER", "CREATEDB", "CREATEROLE", "BYPASSRLS", "REPLICATION")
_HAS = (
    "SELECT 1 FROM pg_roles WHERE rolname = %s"
    " AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolbypassrls OR rolreplication)"
)


def bootstrap(admin_url: str, database: str, passwords: Mapping[str, str] | None) -> None:
    """Create or refresh roles and database; safe to repeat.

    ``admin_url`` is a connection of a role that may create roles and databases; it need not be a
    superuser, which nobody is on RDS. ``passwords`` maps each login of ``LOGINS`` to its password;
    None lets them in by IAM and by nothing else. Raises ``psycopg.Error`` where the admin may not.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _role(admin, OWNER, "NOLOGIN")
        _role(admin, OPEN_READER, "NOLOGIN")
        for login in LOGINS:
            _login(admin, login, None if passwords is None else passwords[login.name])
        admin.execute(sql.SQL("GRANT {} TO {}").format(_id(OWNER), _id(MIGRATOR)))
        reader = sql.SQL("GRANT {} TO {}").format(_id(OPEN_READER), _id("induct_analytics"))
        admin.execute(reader)
        if not _exists(admin, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            admin.execute(sql.SQL("CREATE DATABASE {}").format(_id(database)))
        grant_database(admin, database)
    with psycopg.connect(admin_url, dbname=database, autocommit=True) as inside:
        inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        with inside.transaction():
            # To speak for the owner, an admin that is no superuser must be of it: for this long.
            _speak_for_owner(inside, "GRANT {} TO CURRENT_USER")
            inside.execute(
                sql.SQL(
                    "ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE ALL ON FUNCTIONS FROM PUBLIC"
                ).format(_id(OWNER))
            )
            _speak_for_owner(inside, "REVOKE {} FROM CURRENT_USER")


def grant_database(admin: psycopg.Connection, database: str) -> None:
    """Let the cast, and nobody else, into the database (privileges no template copies)."""
    name = _id(database)
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
    admin.execute(sql.SQL("GRANT CREATE, CONNECT ON DATABASE {} TO {}").format(name, _id(OWNER)))
    for login in LOGINS:
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, _id(login.name)))


def _role(admin: psycopg.Connection, name: str, attributes: str) -> None:
    if not _exists(admin, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
        admin.execute(sql.SQL("CREATE ROLE {} " + attributes).format(_id(name)))


def _speak_for_owner(admin: psycopg.Connection, statement: str) -> None:
    if not _exists(
        admin, "SELECT 1 FROM pg_roles WHERE rolname = %s AND rolsuper", admin.info.user
    ):
        admin.execute(sql.SQL(statement).format(_id(OWNER)))


def _login(admin: psycopg.Connection, login: Login, password: str | None) -> None:
    _role(admin, login.name, "LOGIN")
    role = _id(login.name)
    if _exists(admin, _HAS, login.name):
        # Said only where there is something to take away: even to say so is a superuser's right.
        admin.execute(
            sql.SQL("ALTER ROLE {} " + " ".join(f"NO{right}" for right in _NEVER)).format(role)
        )
    admin.execute(
        sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}").format(
            role, sql.Literal(login.connections), sql.Literal(password)
        )
    )
    if password is None:
        admin.execute(sql.SQL("GRANT {} TO {}").format(_id(BY_ROLE), role))
    settings = {
        "search_path": "pg_catalog",
        "statement_timeout": login.statement_timeout,
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "30s",
        "timezone": "UTC",
    }
    for key, value in settings.items():
        admin.execute(
            sql.SQL("ALTER ROLE {} SET {} = {}").format(role, _id(key), sql.Literal(value))
        )


def _exists(admin: psycopg.Connection, query: str, name: str) -> bool:
    return admin.execute(query.encode(), (name,)).fetchone() is not None


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)
