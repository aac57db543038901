"""SQL of records, their versions and their order; that of subjects is in subject_repository."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import text

from services.assessments.domain.entry import Entry
from services.assessments.domain.history import History, Version
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_VERSION = tuple(field.name for field in fields(Version))
_RECORD = tuple(field.name for field in fields(History) if field.name != "versions")

_HISTORIES = """
    SELECT CAST(r.record_id AS text) AS record_id, r.subject_id AS subject,
           r.site_id AS site, r.form, r.visit, r.repeat, v.version AS number, v.observed_on,
           v.position, v.recorded_at, v.actor, v.actor_role AS role, v.reason, v.definition_version,
           coalesce((SELECT jsonb_object_agg(i.item, i.value) FROM assessments.item_version i
                     WHERE i.record_id = v.record_id AND i.version = v.version), '{}') AS changes
    FROM assessments.record r JOIN assessments.record_version v USING (record_id)
    WHERE r.study_id = :study AND r.subject_id = :subject
"""
_ORDER = ' ORDER BY CAST(r.record_id AS text) COLLATE "C", v.version'
_ONE = text(
    _HISTORIES + " AND r.record_id = CAST(:record AS uuid) AND v.position <= :position" + _ORDER
)
_FOR_ENTRY = text(
    _HISTORIES
    + " AND (r.form = ANY(:forms) OR r.form = :form AND r.visit = :visit AND r.repeat = :repeat)"
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
_ADD_RECORD = text("""
    INSERT INTO assessments.record (study_id, site_id, subject_id, form, visit, repeat)
    VALUES (:study, :site, :subject, :form, :visit, :repeat)
    RETURNING CAST(record_id AS text) AS record_id, subject_id AS subject, site_id AS site,
        form, visit, repeat
""")
_ADD_ITEMS = text("""
    INSERT INTO assessments.item_version
        (record_id, item, version, study_id, site_id, subject_id, value)
    SELECT CAST(:record AS uuid), item, :version, :study, :site, :subject, value
    FROM unnest(CAST(:items AS text[]), CAST(:values AS text[])) AS sent (item, value)
""")
# The clock is read under the row's lock, and never runs back even where the machine's does:
# position and recorded_at both rise in the order of commits.
_ADD_VERSION = text("""
    WITH taken AS (
        INSERT INTO assessments.commit_position AS head VALUES (:study, 1, clock_timestamp())
        ON CONFLICT (study_id) DO UPDATE SET position = head.position + 1,
            recorded_at = greatest(clock_timestamp(), head.recorded_at + interval '1 microsecond')
        RETURNING position, recorded_at)
    INSERT INTO assessments.record_version
        (record_id, version, study_id, site_id, subject_id, observed_on, position, recorded_at,
         actor, actor_role, reason, definition_version)
    SELECT CAST(:record AS uuid), :version, :study, :site, :subject, :observed_on, taken.position,
           taken.recorded_at, :actor, :role, :reason, :definition
    FROM taken RETURNING position, recorded_at
""")
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


def histories_for_entry(
    work: UnitOfWork, subject: str, entry: Entry, forms: Iterable[str]
) -> list[History]:
    """The record that the entry would make, if there, and all of ``forms``."""
    rows = work.all(
        _FOR_ENTRY,
        study=work.study,
        subject=subject,
        form=entry.form.id,
        visit=entry.visit,
        repeat=entry.repeat,
        forms=list(forms),
    )
    return _histories(rows)


def find_history(work: UnitOfWork, subject: str, record: str, position: int) -> History | None:
    """A record of a subject as of a position."""
    rows = work.all(_ONE, study=work.study, subject=subject, record=record, position=position)
    return next(iter(_histories(rows)), None)


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
        forms=forms,
        position=position,
        after=after,
        limit=limit,
    )
    return _histories(rows)


def add_record(work: UnitOfWork, subject: str, site: str, entry: Entry) -> History:
    """A record without a version: ``append`` gives it the first."""
    added = work.one(
        _ADD_RECORD,
        study=work.study,
        subject=subject,
        site=site,
        form=entry.form.id,
        visit=entry.visit,
        repeat=entry.repeat,
    )
    return _history(added or {})


def append(
    work: UnitOfWork,
    history: History,
    changes: Mapping[str, str | None],
    observed_on: date | None,
    reason: str,
) -> History:
    """Add a version with its items, and take the study's next commit position for it."""
    number = len(history.versions) + 1
    place = {"record": history.record_id, "version": number, "study": work.study,
             "subject": history.subject, "site": history.site}  # fmt: skip
    work.execute(_ADD_ITEMS, **place, items=list(changes), values=list(changes.values()))
    definition = work.definition().version
    taken = work.execute(
        _ADD_VERSION,
        **place,
        observed_on=observed_on,
        actor=work.principal.subject,
        role=work.principal.role,
        reason=reason,
        definition=definition,
    ).one()
    version = Version(
        number=number,
        changes=dict(changes),
        observed_on=observed_on,
        position=taken.position,
        recorded_at=taken.recorded_at,
        actor=work.principal.subject,
        role=work.principal.role,
        reason=reason,
        definition_version=definition,
    )
    return replace(history, versions=(*history.versions, version))


def last_position(work: UnitOfWork) -> int:
    """The last position within the caller's reach; all before it are committed too."""
    return int(work.execute(_LAST_POSITION, study=work.study).scalar_one())


def position_at(work: UnitOfWork, at: datetime) -> int | None:
    """The last position within reach recorded by then, for good; None for the future."""
    work.execute(_AWAIT_WRITER, study=work.study)
    row = work.execute(_POSITION_AT, study=work.study, at=at).one()
    return None if row.future else int(row.position)


def _histories(rows: Iterable[Row]) -> list[History]:
    return [
        _history(own[0], tuple(Version(**{name: row[name] for name in _VERSION}) for row in own))
        for own in (list(group) for _, group in groupby(rows, key=itemgetter("record_id")))
    ]


def _history(row: Row, versions: tuple[Version, ...] = ()) -> History:
    return History(**{name: row[name] for name in _RECORD}, versions=versions)
