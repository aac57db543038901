"""The archive of a study: every row as it is stored, readable without this system.

It is written for whoever opens it after 2036: one file a table, a row a line, as JSON; what each
table and column means beside them; and ``read_archive.py``, which needs nothing but Python,
recomputes the audit trail from the files and loads them into SQLite.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from infra.database.guards import SCHEMAS

CLOSED = "closed"
_FETCH = 5_000
_CLOCK = "SELECT transaction_timestamp()"
_STUDY = "SELECT FROM platform.study WHERE study_id = %s"
_SCHEMA = "SELECT version_num FROM platform.alembic_version ORDER BY version_num"
_TABLES = """
    SELECT n.nspname || '.' || c.relname AS name, n.nspname AS schema, c.relname AS table,
           obj_description(c.oid, 'pg_class') AS meaning,
           array_agg(a.attname::text ORDER BY a.attnum) AS columns,
           array_agg(format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum) AS types,
           array_agg(col_description(c.oid, a.attnum) ORDER BY a.attnum) AS meanings,
           (SELECT array_agg(k.attname::text ORDER BY o.n)
            FROM pg_index i CROSS JOIN unnest(i.indkey) WITH ORDINALITY AS o (attnum, n)
            JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = o.attnum
            WHERE i.indrelid = c.oid AND i.indisprimary) AS key
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND n.nspname = ANY (%s) GROUP BY c.oid, n.nspname ORDER BY 1
"""


class NothingToArchive(ValueError):
    """There is no such study; the message says so."""


@dataclass(frozen=True)
class Rules:
    """archive.toml and meanings.toml, as they stand."""

    others: Mapping[str, str]
    not_kept: Mapping[str, str]
    left_out: Mapping[str, str]
    tables: Mapping[str, str]
    columns: Mapping[str, str]


@cache
def rules() -> Rules:
    """What is in an archive and what is not, and what it means."""
    told: dict[str, dict[str, str]] = {}
    for name in ("archive.toml", "meanings.toml"):
        told |= tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return Rules(**told)


def check_study(admin_url: str, study: str) -> None:
    """Raises ``NothingToArchive`` where there is no such study."""
    with psycopg.connect(admin_url) as connection:
        if connection.execute(_STUDY, (study,)).fetchone() is None:
            raise NothingToArchive(f"There is no study {study} here.")


def write_tables(admin_url: str, study: str, folder: Path) -> dict[str, Any]:
    """Write the study's rows of every table into ``folder``/closed, all of one snapshot; answers
    what the archive says of them.

    ``admin_url``: of the database's administrator, who alone reads every table.
    """
    (folder / CLOSED).mkdir(parents=True)
    with psycopg.connect(admin_url, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        connection.execute("SET LOCAL timezone = 'UTC'")
        at = _one(connection, _CLOCK)["transaction_timestamp"]
        schema = [row["version_num"] for row in connection.execute(_SCHEMA)]
        tables = [
            _table(connection, table, study, folder)
            for table in connection.execute(_TABLES, (list(SCHEMAS),)).fetchall()
            if table["name"] not in rules().not_kept
        ]
    return {
        "as_of": at.isoformat(),
        "schema": schema,
        "tables": tables,
        "not_kept": dict(rules().not_kept),
    }


def _table(
    connection: psycopg.Connection[dict[str, Any]],
    table: Mapping[str, Any],
    study: str,
    folder: Path,
) -> dict[str, Any]:
    """Write a table's rows; answers what is said of it."""
    left = [c for c in table["columns"] if f"{table['name']}.{c}" in rules().left_out]
    name = f"{CLOSED}/{table['name']}.ndjson"
    count = 0
    with (folder / name).open("wb") as file:
        for line in _lines(connection, table, study, left):
            file.write(line.encode() + b"\n")
            count += 1
    return {
        "name": table["name"],
        "meaning": table["meaning"] or rules().tables.get(table["name"], ""),
        "file": name,
        "rows": count,
        "key": table["key"] or [],
        "columns": [
            {"name": column, "type": kind, "meaning": said or rules().columns.get(column, "")}
            for column, kind, said in zip(
                table["columns"], table["types"], table["meanings"], strict=True
            )
            if column not in left
        ],
        "left_out": {c: rules().left_out[f"{table['name']}.{c}"] for c in left},
    }


def _lines(
    connection: psycopg.Connection[dict[str, Any]],
    table: Mapping[str, Any],
    study: str,
    left: Sequence[str],
) -> Iterator[str]:
    where: Any = "study_id = %(study)s"
    if "study_id" not in table["columns"]:
        where = rules().others[table["name"]]
    # In the order of the key, so that the same rows are the same bytes.
    order = sql.SQL(", ").join(
        sql.SQL('{}::text COLLATE "C"' if kind == "text" else "{}").format(sql.Identifier(column))
        for column, kind in zip(table["columns"], table["types"], strict=True)
        if column in (table["key"] or table["columns"])
    )
    query = sql.SQL("SELECT (to_jsonb(t) - {left}::text[])::text AS line FROM {table} t").format(
        left=sql.Literal(list(left)), table=sql.Identifier(table["schema"], table["table"])
    )
    query += sql.SQL(" WHERE ") + sql.SQL(where) + sql.SQL(" ORDER BY ") + order
    with connection.cursor(name="rows") as cursor:
        cursor.itersize = _FETCH
        for row in cursor.execute(query, {"study": study}):
            yield row["line"]


def _one(connection: psycopg.Connection[dict[str, Any]], query: str) -> dict[str, Any]:
    row = connection.execute(query.encode()).fetchone()
    if row is None:
        raise RuntimeError("the database answers nothing")
    return row
