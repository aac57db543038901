"""Who was told what only the unblinded may know: written down in the reading's own transaction."""

from sqlalchemy import text

from shared.database.unblinded_reads import note_by_caller, reads_are_logged
from shared.database.unit_of_work import UnitOfWork

_NOTE = text("""
    INSERT INTO randomization.unblinded_read
        (study_id, operation, about, actor, actor_role, request_id)
    VALUES (:study, :operation, :about, :actor, :role, :request)
""")


def note_unblinded_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down that the caller reads what only the unblinded may see."""
    note_by_caller(work, _NOTE, "unblinded read", operation=operation, about=about)


def note_logged_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down a read of arms where the role matrix says that the role's reads are logged."""
    if reads_are_logged(work):
        note_unblinded_read(work, operation, about)
