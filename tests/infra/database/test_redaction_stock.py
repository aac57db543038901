"""The stock of columns is that of the database: none is forgotten, and none is made up."""

import psycopg
import pytest

from infra.database.cast import SERVICES
from infra.database.redaction_live import _LIVE
from infra.database.redaction_stock import stock
from tests.support.database import TestDatabase

SCHEMAS = "('platform', 'randomization', 'assessments', 'safety', 'analytics')"
HOLDS_WORDS = """
    SELECT c.oid::regclass::text, a.attname::text FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid = ANY ('{text,varchar,jsonb,bytea,text[]}'::regtype[])
      AND c.relnamespace::regnamespace::text IN
"""


def columns(database: TestDatabase) -> list[tuple[str, str]]:
    found = database.rows(f"{HOLDS_WORDS} {SCHEMAS} ORDER BY 1, 2")
    return [(str(table), str(column)) for table, column in found]


@pytest.mark.proves("C09", kind="oracle")
def test_every_column_that_can_hold_words_is_marked_or_out_for_a_reason(
    database: TestDatabase,
) -> None:
    found = [each for each in columns(database) if each[0] not in stock().unsearched]
    assert len(found) > 400
    left = [each for each in found if not (stock().marks(*each) or stock().why_out(*each))]
    assert left == []


def test_no_column_is_named_that_is_not_there(database: TestDatabase) -> None:
    there = set(columns(database))
    named = {(table, column) for table, found in stock().marked.items() for column in found}
    assert named - there == set()
    out = {tuple(place.rsplit(".", 1)) for place in stock()._out if not place.endswith(".*")}
    assert out - there == set()
    assert {place.removesuffix(".*") for place in stock()._out if place.endswith(".*")} <= {
        table for table, _ in there
    }
    assert set(stock()._names) <= {column for _, column in there}


def test_a_column_is_not_both_marked_and_out(database: TestDatabase) -> None:
    """Of a name that is a key elsewhere, a table may say that it is marked there: only there."""
    both = [
        (table, column)
        for table, found in stock().marked.items()
        for column in found
        if f"{table}.{column}" in stock()._out
    ]
    assert both == []


@pytest.mark.proves("C09", kind="oracle")
def test_every_table_is_searched_or_holds_no_words_for_a_reason(database: TestDatabase) -> None:
    tables = database.rows(
        "SELECT c.oid::regclass::text, count(p.polname) FROM pg_class c LEFT JOIN pg_policy p"
        " ON p.polrelid = c.oid AND p.polname IN ('redaction_search', 'redaction_mark')"
        f" WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text IN {SCHEMAS} GROUP BY 1"
    )
    assert {str(table) for table, count in tables if count != 2} == stock().unsearched.keys()


def test_every_searched_table_has_a_key_by_which_its_rows_are_found(database: TestDatabase) -> None:
    keyed = database.rows("SELECT indrelid::regclass::text FROM pg_index WHERE indisprimary")
    tables = {table for table, _ in columns(database)}
    assert tables - {str(table) for (table,) in keyed} == set()


def test_who_was_told_was_told_what_stands_in_marked_tables() -> None:
    assert stock().told.keys() <= stock().marked.keys()


def test_what_may_be_in_force_is_a_marked_column() -> None:
    for table, (found, _, _) in _LIVE.items():
        assert found <= stock().marked[table]


@pytest.mark.proves("C09", kind="negative")
@pytest.mark.parametrize("login", [f"induct_{service}" for service in SERVICES])
def test_no_service_may_search_or_redact(database: TestDatabase, login: str) -> None:
    with psycopg.connect(database.url(login), autocommit=True) as connection:
        for evil in (
            "SELECT platform.redact('s', 1)",
            "SELECT * FROM platform.redaction_places('s', 's', 1, 'new_value', NULL, 0, 1)",
            "SELECT * FROM platform.redaction_search('s', '{x}')",
            "INSERT INTO platform.redaction_run DEFAULT VALUES",
            "SELECT * FROM platform.redaction",
            "INSERT INTO platform.redacted_entry DEFAULT VALUES",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(evil.encode())


@pytest.mark.proves("C09", kind="negative")
def test_the_login_of_operations_marks_nothing_but_by_the_procedure(database: TestDatabase) -> None:
    with psycopg.connect(database.url("induct_platform"), autocommit=True) as connection:
        for evil in (
            "INSERT INTO platform.redaction_run DEFAULT VALUES",
            "SELECT * FROM platform.redaction_search('s', '{x}')",
            "INSERT INTO platform.redacted_entry DEFAULT VALUES",
            "UPDATE platform.audit SET new_value = 'x'",
            "UPDATE platform.redaction SET places = '[]'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(evil.encode())


def test_no_setting_opens_a_table_that_never_changes(database: TestDatabase) -> None:
    """The owner is held too, as long as no redaction runs."""
    with psycopg.connect(database.url("induct_migrator")) as connection:
        connection.execute("SET ROLE induct_owner")
        done = connection.execute("UPDATE platform.audit SET reason = 'x'")
        assert done.rowcount == 0
        connection.execute("SELECT set_config('app.redacting', 'on', true)")
        row = connection.execute("SELECT platform.redacting()").fetchone()
        assert row == (False,)
