"""What a change must know of its subjects before it is written: what was asked, how they departed
from the protocol, and what was derived. One trip to the database."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from sqlalchemy import text

from services.assessments.domain.queries import Asked
from services.assessments.domain.rederived import Stored
from shared.database.unit_of_work import UnitOfWork

_ASKED = text("""
    SELECT subject_id, origin, CAST(query_id AS text) AS query_id, CAST(record_id AS text)
           AS record_id, item, check_id, check_version, state, last_action, seen_values, rests_on,
           form, severity
    FROM assessments.query
    WHERE study_id = :study AND subject_id = ANY(:subjects) AND origin IN ('check', 'derivation')
    ORDER BY query_id
""")
# All rows of a subject at one position; a row of an unfinished write is the caller's own.
_STANDING = text("""
    SELECT DISTINCT ON (d.subject_id, d.record_id, d.kind, d.source_id) d.subject_id,
           coalesce(CAST(d.record_id AS text), '') AS record_id, d.kind, d.source_id, d.standing,
           d.days_out
    FROM assessments.deviation d LEFT JOIN assessments.submission s USING (submission_id)
    WHERE d.study_id = :study AND d.subject_id = ANY(:subjects)
    ORDER BY d.subject_id, d.record_id, d.kind, d.source_id, s.position DESC NULLS FIRST
""")
# First versions name a subject's derivations, and each leads to its last by the primary key.
_CURRENT = text("""
    SELECT f.subject_id, f.name, f.pack_id, f.arm_revealing, d.version, d.value, d.status, d.reason,
           d.content_hash
    FROM assessments.derivation f CROSS JOIN LATERAL (
        SELECT l.version, l.value, l.status, l.reason, l.content_hash
        FROM assessments.derivation l WHERE l.derivation_id = f.derivation_id
        ORDER BY l.version DESC LIMIT 1) d
    WHERE f.study_id = :study AND f.subject_id = ANY(:subjects) AND f.version = 1
""")
_ASKED_FIELDS = tuple(entry.name for entry in fields(Asked))


@dataclass
class Known:
    """What there is of a subject's queries, departures and derivations.

    ``asked``: what checks, and what derivations have asked, whatever became of it. ``standing``:
    how departures stand by their keys, and days out. ``derived``: the last version of each
    derivation by its name.
    """

    asked: dict[str, list[Asked]] = field(default_factory=lambda: {"check": [], "derivation": []})
    standing: dict[tuple[str, str, str], tuple[bool, int | None]] = field(default_factory=dict)
    derived: dict[str, Stored] = field(default_factory=dict)


def known(work: UnitOfWork, subjects: Iterable[str]) -> dict[str, Known]:
    """What there is of these subjects."""
    found = {subject: Known() for subject in subjects}
    of = {"study": work.study, "subjects": list(found)}
    asked, standing, derived = work.together((_ASKED, of), (_STANDING, of), (_CURRENT, of))
    for row in asked:
        values = {name: row[name] for name in _ASKED_FIELDS} | {"rests_on": tuple(row["rests_on"])}
        found[row["subject_id"]].asked[row["origin"]].append(Asked(**values))
    for row in standing:
        key = (row["record_id"], row["kind"], row["source_id"])
        found[row["subject_id"]].standing[key] = (row["standing"], row["days_out"])
    for row in derived:
        found[row["subject_id"]].derived[row["name"]] = _stored(row)
    return found


def _stored(row: Mapping[str, Any]) -> Stored:
    return Stored(
        row["version"],
        (row["value"], row["status"], row["reason"]),
        row["content_hash"],
        row["pack_id"],
        row["arm_revealing"],
    )
