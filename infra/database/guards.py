"""What keeps a table from being changed unseen: its triggers, and the functions behind them."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from infra.database.audit_chain import Fault

_EXCUSED = Path(__file__).with_name("not_audited.toml")
SCHEMAS = ("platform", "randomization", "assessments", "safety", "analytics")
# Of a trigger its definition and whether it is on ('O' and 'A' are), of a function its text.
_GUARDS = """
    SELECT 'trigger ' || t.tgrelid::regclass || '.' || t.tgname AS name,
           encode(sha256(convert_to(pg_get_triggerdef(t.oid), 'UTF8')), 'hex') AS digest,
           t.tgenabled IN ('O', 'A') AS is_on
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace::regnamespace::text = ANY (%(schemas)s)
    UNION ALL
    SELECT 'function ' || p.oid::regprocedure,
           encode(sha256(convert_to(pg_get_functiondef(p.oid), 'UTF8')), 'hex'), true
    FROM pg_proc p WHERE p.pronamespace::regnamespace::text = ANY (%(schemas)s)
      AND (p.prorettype = 'trigger'::regtype OR p.proname LIKE 'write_audit%%'
           OR p.proname LIKE 'redact%%' OR p.proname = 'marked')
    ORDER BY 1
"""
_UNGUARDED = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace::regnamespace::text = ANY (%(schemas)s)
      AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'audit')
    ORDER BY 1
"""
_SCHEMA = "SELECT version_num FROM platform.alembic_version"


@dataclass(frozen=True)
class Guards:
    """``digests`` by name; ``schema``: the migrations that have run; ``faults``: guards that are
    off or missing now."""

    digests: Mapping[str, str]
    schema: list[str]
    faults: list[Fault]


def excused() -> dict[str, str]:
    """Tables without an audit trigger, each with its reason."""
    told: dict[str, str] = tomllib.loads(_EXCUSED.read_text(encoding="utf-8"))["tables"]
    return told


def read_guards(url: str) -> Guards:
    """The guards as they are now; ``url`` is a login that may read which migrations ran."""
    with psycopg.connect(url) as connection:
        connection.execute("SET search_path = pg_catalog")
        parameters = {"schemas": list(SCHEMAS)}
        found = connection.execute(_GUARDS, parameters).fetchall()
        bare = connection.execute(_UNGUARDED, parameters).fetchall()
        schema = [row[0] for row in connection.execute(_SCHEMA)]
    faults = [Fault(name, 0, "is off") for name, _, is_on in found if not is_on]
    faults += [
        Fault(f"trigger {name}.audit", 0, "is gone") for (name,) in bare if name not in excused()
    ]
    return Guards({name: digest for name, digest, _ in found}, schema, faults)
