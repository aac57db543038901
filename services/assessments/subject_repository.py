"""SQL of sites and subjects."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_SITE = text("""
    SELECT state, time_zone FROM randomization.site_read
    WHERE study_id = :study AND site_id = :site
""")
_SUBJECT = """
    SELECT study_id, subject_id, site_id, state, birth_year_month, sex, consented_on,
           registered_at, randomized_at, rescreening_of FROM assessments.subject
"""
_FIND_SUBJECT = text(_SUBJECT + " WHERE study_id = :study AND subject_id = :subject")
_LIST_SUBJECTS = text(
    _SUBJECT + " WHERE study_id = :study AND subject_id > :after ORDER BY subject_id LIMIT :limit"
)
# All writers of a subject take its row first: each sees what the one before has written.
_LOCK_SUBJECT = text("""
    SELECT s.site_id, s.birth_year_month, s.randomized_at, site.time_zone
    FROM assessments.subject s LEFT JOIN randomization.site_read site USING (study_id, site_id)
    WHERE s.study_id = :study AND s.subject_id = :subject FOR NO KEY UPDATE OF s
""")
_ADD_SUBJECT = text("""
    INSERT INTO assessments.subject
    VALUES (:study, :subject, :site, 'screening', :born, :sex, :consented, :at, NULL, :before)
    ON CONFLICT DO NOTHING RETURNING subject_id
""")
# So that a reader as of an instant finds a row to wait at before the study's first record.
_OPEN_POSITIONS = text("""
    INSERT INTO assessments.commit_position VALUES (:study, 0, clock_timestamp())
    ON CONFLICT DO NOTHING
""")
_NOTE_RANDOMIZATION = text("""
    UPDATE assessments.subject SET randomized_at = :at,
        state = CASE state WHEN 'screening' THEN 'randomized' ELSE state END
    WHERE study_id = :study AND subject_id = :subject
""")


def find_site(work: UnitOfWork, site: str) -> Row | None:
    return work.one(_SITE, study=work.study, site=site)


def find_subject(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_FIND_SUBJECT, study=work.study, subject=subject)


def list_subjects(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_SUBJECTS, study=work.study, after=after, limit=limit)


def lock_subject(work: UnitOfWork, subject: str) -> Row | None:
    """The subject with its site's time zone, held until the transaction ends."""
    return work.one(_LOCK_SUBJECT, study=work.study, subject=subject)


def add_subject(work: UnitOfWork, registration: Mapping[str, Any]) -> bool:
    """True where the subject is new in the study."""
    added = work.execute(
        _ADD_SUBJECT,
        study=work.study,
        subject=registration["subject"],
        site=registration["site"],
        born=registration["birth_year_month"],
        sex=registration["sex"],
        consented=registration["consented_on"],
        at=work.now,
        before=registration["rescreening_of"],
    )
    if added.one_or_none() is None:
        return False
    work.execute(_OPEN_POSITIONS, study=work.study)
    return True


def note_randomization(work: UnitOfWork, subject: str, at: datetime) -> None:
    work.execute(_NOTE_RANDOMIZATION, study=work.study, subject=subject, at=at)
