"""SQL of envelopes: which were voided, and when the one before was opened."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

_ADD_VOID = text("""
    INSERT INTO randomization.void_slot (study_id, list_id, label, position, site_id, void_number,
        arm, reason, voided_by, voided_at)
    VALUES (:study, :list, :label, :position, :site, :number, :arm, :reason, :actor, :at)
""")
_LAST_OPENED = text("""
    SELECT max(randomized_at) AS at FROM randomization.allocation
    WHERE study_id = :study AND list_id = :list AND label = :label
""")


def add_void(
    work: UnitOfWork, row: Mapping[str, Any], told: tuple[str, int, str], number: str, arm: str
) -> None:
    """Note that a slot of the list (``row``) was used up without a child; ``told`` are stratum,
    position and reason. A slot of the central list is no site's."""
    label, position, reason = told
    work.execute(
        _ADD_VOID,
        study=work.study,
        list=row["list_id"],
        label=label,
        position=position,
        site=row["site_id"],
        number=number,
        arm=arm,
        reason=reason,
        actor=work.principal.subject,
        at=work.now,
    )


def last_opened(work: UnitOfWork, list_id: str, label: str) -> datetime | None:
    """When the last used slot of a stratum was used."""
    row: Mapping[str, Any] = work.one(
        _LAST_OPENED, study=work.study, list=list_id, label=label
    ) or {"at": None}
    at: datetime | None = row["at"]
    return at
