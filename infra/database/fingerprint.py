"""What a database holds, as numbers that can be held against those of a copy."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

from infra.database.guards import SCHEMAS

_TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text = ANY (%s) ORDER BY 1
"""
# Rows are spelled by the server, in one zone; their order in a table means nothing.
_CONTENT = """
    SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(h, '' ORDER BY h), ''), 'UTF8')),
                            'hex')
    FROM (SELECT md5(t::text) AS h FROM {} t) AS rows
"""
_OUTBOX = "SELECT state, count(*) FROM platform.outbox GROUP BY state ORDER BY state"
_NEWEST = "SELECT transaction_timestamp(), max(recorded_at) FROM platform.audit"


@dataclass(frozen=True)
class Fingerprint:
    """``taken_at``: when its transaction began; ``tables``: rows and the hash of all content, by
    table; ``outbox``: events by state; ``newest``: the instant of the last row of the trail."""

    taken_at: datetime
    newest: datetime | None
    tables: Mapping[str, tuple[int, str]]
    outbox: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        return {
            "taken_at": self.taken_at.isoformat(),
            "newest": None if self.newest is None else self.newest.isoformat(),
            "tables": {name: list(told) for name, told in self.tables.items()},
            "outbox": dict(self.outbox),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Fingerprint":
        newest = told["newest"]
        return cls(
            datetime.fromisoformat(told["taken_at"]),
            None if newest is None else datetime.fromisoformat(newest),
            {name: (int(rows), str(digest)) for name, (rows, digest) in told["tables"].items()},
            dict(told["outbox"]),
        )


def fingerprint(connection: psycopg.Connection[Any]) -> Fingerprint:
    """Of everything in our schemas, as a superuser sees it in this transaction."""
    connection.execute("SET LOCAL timezone = 'UTC'")
    names = [row[0] for row in connection.execute(_TABLES, (list(SCHEMAS),))]
    tables = {}
    for name in names:
        found = connection.execute(sql.SQL(_CONTENT).format(sql.SQL(name))).fetchone()
        if found is None:
            raise AssertionError("an aggregate answers one row")
        tables[name] = (int(found[0]), str(found[1]))
    newest = connection.execute(_NEWEST).fetchone()
    outbox = dict(connection.execute(_OUTBOX).fetchall())
    if newest is None:
        raise AssertionError("an aggregate answers one row")
    return Fingerprint(newest[0], newest[1], tables, outbox)


def differences(backup: Fingerprint, restored: Fingerprint) -> list[str]:
    """What is not in a copy as it was in the original, in words."""
    found = []
    for name in sorted(backup.tables.keys() | restored.tables.keys()):
        had, has = backup.tables.get(name), restored.tables.get(name)
        if had is None or has is None:
            found.append(f"{name}: only in {'the copy' if had is None else 'the original'}")
        elif had[0] != has[0]:
            found.append(f"{name}: {had[0]} rows were there, {has[0]} are")
        elif had[1] != has[1]:
            found.append(f"{name}: {had[0]} rows, and not the same ones")
    return found
