"""Who was given what compares arms, in the reading's own transaction."""

from sqlalchemy import text

from shared.database.unblinded_reads import note_by_caller
from shared.database.unit_of_work import UnitOfWork

_NOTE = text("""
    INSERT INTO analytics.unblinded_read
        (study_id, operation, about, actor, actor_role, request_id)
    VALUES (:study, :operation, :about, :actor, :role, :request)
""")


def note_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down that the caller is given something closed; ``about`` names it."""
    note_by_caller(work, _NOTE, "unblinded read", operation=operation, about=about)
