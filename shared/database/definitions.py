"""The study definition in force, read from the database and kept by its hash."""

from datetime import datetime

from sqlalchemy import Connection, text

from shared.http.problems import NotFound
from shared.study import StudyDefinition, from_json

_IN_FORCE = text("SELECT definition_hash FROM platform.study WHERE study_id = :study")
# Before the first activation there was none: then the first one says how it would have been.
_IN_FORCE_AT = text("""
    SELECT d.definition_hash
    FROM platform.definition_in_force f
    JOIN platform.study_definition d USING (study_id, definition_version)
    WHERE f.study_id = :study
    ORDER BY f.since <= :at DESC,
        CASE WHEN f.since <= :at THEN f.number END DESC, f.number LIMIT 1
""")
_CONTENT = text("""
    SELECT definition::text FROM platform.study_definition
    WHERE study_id = :study AND definition_hash = :hash
""")

# A definition never changes under its hash, and a deployment sees few: kept for good.
_parsed: dict[tuple[str, str], StudyDefinition] = {}


def hash_in_force(connection: Connection, study: str) -> str:
    """The hash of the definition in force; ``NotFound`` where the study is not activated here."""
    found: str | None = connection.execute(_IN_FORCE, {"study": study}).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such study here.")
    return found


def hash_at(connection: Connection, study: str, at: datetime) -> str:
    """The hash of the definition that was in force at an instant: the one activated last by then,
    for the first time or again.

    ``NotFound`` where the study is not activated here.
    """
    found: str | None = connection.execute(
        _IN_FORCE_AT, {"study": study, "at": at}
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such study here.")
    return found


def definition_of(connection: Connection, study: str, definition_hash: str) -> StudyDefinition:
    """The definition of that hash."""
    key = (study, definition_hash)
    if key not in _parsed:
        content = connection.execute(_CONTENT, {"study": study, "hash": definition_hash})
        _parsed[key] = from_json(content.scalar_one())
    return _parsed[key]
