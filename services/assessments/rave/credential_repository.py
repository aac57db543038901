"""SQL of the credentials of the face."""

from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

_LOGIN = text("SELECT study_id, role, sites, salt, secret_hash FROM assessments.rave_login(:user)")


def find(work: UnitOfWork, user: str) -> dict[str, Any] | None:
    """The active credential of that name, of whichever study."""
    row = work.one(_LOGIN, user=user)
    return None if row is None else dict(row)
