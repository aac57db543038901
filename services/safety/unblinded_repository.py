"""Who was told of a suspect drug, which is the arm: written down in the reading's transaction."""

from sqlalchemy import text

from shared.database.unblinded_reads import note_by_caller, reads_are_logged
from shared.database.unit_of_work import UnitOfWork

_NOTE = text("""
    INSERT INTO safety.unblinded_read (study_id, operation, about, actor, actor_role, request_id)
    VALUES (:study, :operation, :about, :actor, :role, :request)
""")


def note_logged_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down a read of drugs where the role matrix says that the role's reads are logged."""
    if reads_are_logged(work):
        note_read(work, operation, about)


def note_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down a read that tells arms, whoever reads."""
    note_by_caller(work, _NOTE, "unblinded read", operation=operation, about=about)
