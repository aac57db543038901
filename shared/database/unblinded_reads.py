"""How a wing writes down that it tells a caller what only the unblinded may know: in the reading's
own transaction. The tables are the wings' own, and so are the statements."""

from typing import Any

from sqlalchemy import TextClause

from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix


def note_by_caller(work: UnitOfWork, statement: TextClause, because: str, **told: Any) -> None:
    """Write down who reads, or was refused: ``statement`` takes study, actor, role and request
    beside what is ``told``."""
    work.because(because)
    work.send(
        statement,
        study=work.study,
        actor=work.principal.subject,
        role=work.principal.role,
        request=work.origin.request_id,
        **told,
    )


def reads_are_logged(work: UnitOfWork) -> bool:
    """Whether the role matrix says that what the caller's role reads of arms is written down."""
    role = matrix().roles.get(work.principal.role)
    return role is not None and role.reads_logged
