"""SQL that reads records; submission_repository writes them."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import text

from services.assessments.domain.history import History, Version
from services.assessments.domain.kept import Kept
from shared.database.flight import Statement
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_VERSION = tuple(field.name for field in fields(Version))
_RECORD = tuple(field.name for field in fields(History) if field.name != "versions")

_HISTORIES = """
    SELECT CAST(r.record_id AS text) AS record_id, r.subject_id AS subject,
           r.site_id AS site, r.form, r.visit, r.repeat, v.version AS number, v.observed_on,
           v.position, v.recorded_at, v.actor, v.actor_role AS role, v.reason, v.definition_version,
           coalesce((SELECT jsonb_object_agg(i.item, jsonb_build_array(i.value, i.unit,
                         i.canonical, i.canonical_unit, i.null_flavour, i.null_reason))
                     FROM assessments.item_version i
                     WHERE i.record_id = v.record_id AND i.version = v.version), '{}') AS changes
    FROM assessments.record r JOIN assessments.record_version v USING (record_id)
    WHERE r.study_id = :study AND r.subject_id = ANY(:subjects)
"""
_ORDER = ' ORDER BY CAST(r.record_id AS text) COLLATE "C", v.version'
_ONE = text(
    _HISTORIES + " AND r.record_id = CAST(:record AS uuid) AND v.position <= :position" + _ORDER
)
_ALL = text(_HISTORIES + _ORDER)
_AS_OF = text(
    _HISTORIES
    + " AND v.position <= :position AND (CAST(:forms AS text[]) IS NULL OR r.form = ANY(:forms))"
    + _ORDER
)
_PAGE_OF_IDS = """(
    SELECT record_id FROM assessments.record JOIN assessments.record_version v1 USING (record_id)
    WHERE record.study_id = :study AND record.subject_id = :subject
      AND (CAST(:forms AS text[]) IS NULL OR form = ANY(:forms))
      AND v1.version = 1 AND v1.position <= :position
      AND CAST(record_id AS text) COLLATE "C" > :after
    ORDER BY CAST(record_id AS text) COLLATE "C" LIMIT :limit)
"""
_PAGE = text(
    _HISTORIES + " AND v.position <= :position AND r.record_id IN " + _PAGE_OF_IDS + _ORDER
)
_LAST_POSITION = text("""
    SELECT coalesce(max(position), 0) AS position
    FROM assessments.record_version WHERE study_id = :study
""")
# Waits for a writer that took its position and has not committed yet.
_AWAIT_WRITER = text("""
    SELECT position FROM assessments.commit_position WHERE study_id = :study FOR SHARE
""")
_POSITION_AT = text("""
    SELECT CAST(:at AS timestamptz) > greatest(clock_timestamp(), (
               SELECT recorded_at FROM assessments.commit_position WHERE study_id = :study
           )) AS future,
           coalesce((SELECT position FROM assessments.record_version
                     WHERE study_id = :study AND recorded_at <= :at
                     ORDER BY recorded_at DESC LIMIT 1), 0) AS position
""")


def histories_of(work: UnitOfWork, subjects: Iterable[str]) -> list[History]:
    """Every record of the subjects, with all versions, in the order of record ids."""
    (rows,) = work.together(reading(work, subjects))
    return as_histories(rows)


def reading(work: UnitOfWork, subjects: Iterable[str]) -> Statement:
    """The statement whose rows are every record of the subjects, for ``as_histories``."""
    return _ALL, {"study": work.study, "subjects": list(subjects)}


def histories_as_of(
    work: UnitOfWork, subjects: Iterable[str], position: int, forms: Iterable[str] | None = None
) -> list[History]:
    """The subjects' records with their versions up to a position; of ``forms`` if given."""
    rows = work.all(
        _AS_OF,
        study=work.study,
        subjects=list(subjects),
        position=position,
        forms=None if forms is None else sorted(forms),
    )
    return as_histories(rows)


def find_history(work: UnitOfWork, subject: str, record: str, position: int) -> History | None:
    """A record of a subject as of a position."""
    rows = work.all(_ONE, study=work.study, subjects=[subject], record=record, position=position)
    return next(iter(as_histories(rows)), None)


def list_histories(
    work: UnitOfWork,
    subject: str,
    forms: list[str] | None,
    position: int,
    *,
    after: str,
    limit: int,
) -> list[History]:
    """Records of a subject in the order of their ids, as of a position; of ``forms`` if given."""
    rows = work.all(
        _PAGE,
        study=work.study,
        subject=subject,
        subjects=[subject],
        forms=forms,
        position=position,
        after=after,
        limit=limit,
    )
    return as_histories(rows)


def last_position(work: UnitOfWork) -> int:
    """The last position within the caller's reach; all before it are committed too."""
    return int(work.execute(_LAST_POSITION, study=work.study).scalar_one())


def position_at(work: UnitOfWork, at: datetime) -> int | None:
    """The last position within reach recorded by then, for good; None for the future."""
    work.execute(_AWAIT_WRITER, study=work.study)
    row = work.execute(_POSITION_AT, study=work.study, at=at).one()
    return None if row.future else int(row.position)


def as_histories(rows: Iterable[Row]) -> list[History]:
    """The records that rows tell of: one row a version, those of a record in their order."""
    return [
        _history(own[0], tuple(_version(row) for row in own))
        for own in (list(group) for _, group in groupby(rows, key=itemgetter("record_id")))
    ]


def _version(row: Row) -> Version:
    changes = {
        item: None if parts[0] is None and parts[4] is None else Kept(*parts)
        for item, parts in row["changes"].items()
    }
    return Version(**{name: row[name] for name in _VERSION} | {"changes": changes})


def _history(row: Row, versions: tuple[Version, ...]) -> History:
    return History(**{name: row[name] for name in _RECORD}, versions=versions)
