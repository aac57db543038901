"""Who was told of a suspect drug, which is the arm: written down in the reading's transaction."""

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix

_NOTE = text("""
    INSERT INTO safety.unblinded_read (study_id, operation, about, actor, actor_role, request_id)
    VALUES (:study, :operation, :about, :actor, :role, :request)
""")


def note_logged_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down a read of drugs where the role matrix says that the role's reads are logged."""
    role = matrix().roles.get(work.principal.role)
    if role is not None and role.reads_logged:
        note_read(work, operation, about)


def note_read(work: UnitOfWork, operation: str, about: str) -> None:
    """Write down a read that tells arms, whoever reads."""
    work.because("unblinded read")
    work.execute(
        _NOTE,
        study=work.study,
        operation=operation,
        about=about,
        actor=work.principal.subject,
        role=work.principal.role,
        request=work.origin.request_id,
    )
