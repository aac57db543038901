"""SQL of the trail of a subject; what of it is told, the database decides."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

_TRAIL = text("""
    SELECT * FROM platform.trail_of(:subject, CAST(:after AS bigint), CAST(:limit AS integer))
""")


def trail(work: UnitOfWork, subject: str, after: int, limit: int) -> list[Mapping[str, Any]]:
    """The next rows of a subject's trail behind row ``after``, in their order."""
    return work.all(_TRAIL, subject=subject, after=after, limit=limit)
