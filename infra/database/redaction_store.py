"""Every query of redactions. Nothing answers the words themselves but ``entries`` and ``told``."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]
_REFUSED = "ID003"
# The search reads every table: a login's own limit is for requests.
_PATIENCE = text("SELECT set_config('statement_timeout', '15min', true)")
_ENTRIES = text("""
    SELECT stream, seq, study_id, site_id, subject_id, table_name, row_key, field, old_value,
           new_value, reason, encode(values_hash, 'hex') AS values_hash
    FROM platform.audit
    WHERE study_id = :study AND table_name = :table AND row_key = :key
      AND (field = :field OR field = '*') AND (seq = :seq OR CAST(:seq AS bigint) IS NULL)
    ORDER BY seq
""")
_PART = text("SELECT CAST(:told AS jsonb) ->> :part AS told")
_PLACES = text("""
    SELECT table_name AS "table", column_name AS "column", row_key AS key, subject_id, times
    FROM platform.redaction_places(:study, :stream, :seq, :side, :part, :starts, :length)
    ORDER BY 1, 2, 3
""")
_TOLD_OF = text("""
    SELECT DISTINCT a.table_name FROM platform.audit a
    JOIN jsonb_to_recordset(CAST(:entries AS jsonb)) AS e (stream text, seq bigint)
        ON e.stream = a.stream AND e.seq = a.seq
""")
_COLUMNS = """
    SELECT r.study_id, r.number, r.site_id, r.subject_id, r.stream, r.seq, r.side, r.part, r.starts,
           r.length, r.category, r.justification, r.places, r.sha256, r.requested_by,
           r.requested_role, r.requested_at, encode(a.values_hash, 'hex') AS values_hash,
           a.table_name, a.row_key, a.field, d.decision, d.reason AS decision_reason, d.decided_by,
           d.decided_role, d.decided_at,
           transaction_timestamp() - r.requested_at AS age
    FROM platform.redaction r
    JOIN platform.audit a ON a.stream = r.stream AND a.seq = r.seq
    LEFT JOIN platform.redaction_decision d ON d.study_id = r.study_id AND d.number = r.number
    WHERE r.study_id = :study
"""
_ONE = text(_COLUMNS + " AND r.number = :number")
_ALL = text(_COLUMNS + " ORDER BY r.number")
_NEXT = text("""
    SELECT coalesce(max(number), 0) + 1 AS number FROM platform.redaction WHERE study_id = :study
""")
_ADD = text("""
    INSERT INTO platform.redaction (study_id, number, site_id, subject_id, stream, seq, side, part,
        starts, length, category, justification, places, sha256, requested_by, requested_role,
        requested_at)
    VALUES (:study_id, :number, :site_id, :subject_id, :stream, :seq, :side, :part, :starts,
        :length, :category, :justification, CAST(:spelled AS jsonb), :sha256, :by, :role, :now)
""")
_DECIDE = text("""
    INSERT INTO platform.redaction_decision (study_id, number, site_id, subject_id, requested_by,
        decision, reason, decided_by, decided_role, decided_at)
    VALUES (:study_id, :number, :site_id, :subject_id, :requested_by, :decision, :reason, :by,
        :role, :now)
    ON CONFLICT DO NOTHING RETURNING number
""")
_REDACT = text("SELECT platform.redact(:study, :number) AS places")


class NotDone(RuntimeError):
    """The database refused a redaction; the message names places and no words."""


def entries(work: UnitOfWork, table: str, key: str, field: str, seq: int | None) -> Sequence[Row]:
    """Entries of a row of a table that tell of a field."""
    return work.all(_ENTRIES, study=work.study, table=table, key=key, field=field, seq=seq)


def told(work: UnitOfWork, entry: Row, side: str, part: str | None) -> str | None:
    """What an entry says: all of a side of it, or the part of a name in its JSON."""
    if part is None:
        return None if entry[side] is None else str(entry[side])
    row = work.one(_PART, told=entry[side], part=part)
    return None if row is None else row["told"]


def places(work: UnitOfWork, words: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row and column with the words that ``words`` points at (an entry, and where in it)."""
    work.execute(_PATIENCE)
    names = ("stream", "seq", "side", "part", "starts", "length")
    found = work.all(_PLACES, study=work.study, **{name: words[name] for name in names})
    return [dict(row) for row in found]


def tables_told_of(work: UnitOfWork, entries: Sequence[Mapping[str, Any]]) -> set[str]:
    """Tables that entries of the trail tell of, as the trail names them."""
    found = work.all(_TOLD_OF, entries=json.dumps(list(entries)))
    return {row["table_name"] for row in found}


def one(work: UnitOfWork, number: int) -> Row | None:
    return work.one(_ONE, study=work.study, number=number)


def all_of(work: UnitOfWork) -> Sequence[Row]:
    return work.all(_ALL, study=work.study)


def add(work: UnitOfWork, content: Mapping[str, Any], sha256: str, by: str, role: str) -> int:
    row = work.one(_NEXT, study=work.study)
    number = 1 if row is None else int(row["number"])
    work.execute(
        _ADD, **content, number=number, sha256=sha256, by=by, role=role, now=work.now,
        spelled=json.dumps(content["places"]),
    )  # fmt: skip
    return number


def decide(work: UnitOfWork, asked: Row, decision: str, reason: str, by: str, role: str) -> bool:
    """Whether this was the decision: False where another came before."""
    names = ("study_id", "number", "site_id", "subject_id", "requested_by")
    row = work.one(
        _DECIDE, **{name: asked[name] for name in names}, decision=decision, reason=reason, by=by,
        role=role, now=work.now,
    )  # fmt: skip
    return row is not None


def redact(work: UnitOfWork, number: int) -> int:
    """Do what was approved; how many rows were marked.

    Raises ``NotDone`` where the database refuses: what was not approved, an entry that is not as it
    was written, words that stand somewhere else too. The transaction is lost then.
    """
    try:
        row = work.one(_REDACT, study=work.study, number=number)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _REFUSED:
            raise
        raise NotDone(str(error.orig).splitlines()[0]) from None
    return 0 if row is None else int(row["places"])
