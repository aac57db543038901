"""What is told of queries: no text, and nothing that reveals the arm."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.assessments.domain.sight import Sight
from services.assessments.domain.visibility import visible
from shared.contracts.assessments import QueryChanged
from shared.database.outbox import publish_all
from shared.database.unit_of_work import UnitOfWork


def tell(work: UnitOfWork, subject: str, site: str, moved: Sequence[Mapping[str, Any]]) -> None:
    """Publish how queries of a subject stand, those that every role may know of."""
    if not moved:
        return
    open_sight = Sight(work.definition(), sees_arm=False)
    told = [
        QueryChanged(
            subject_id=subject,
            site=site,
            query_id=row["query_id"],
            record_id=row["record_id"],
            form=row["form"],
            item=row["item"],
            origin=row["origin"],
            check_id=row["check_id"],
            check_version=row["check_version"],
            severity=row["severity"],
            state=row["state"],
        )
        for row in moved
        if visible(open_sight, row["rests_on"])
    ]
    publish_all(work, told)
