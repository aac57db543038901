"""Rows of the views as answers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.randomization.view_schemas import Attempt, SignatureShown
from shared.database.signatures import signatures_of
from shared.database.unit_of_work import UnitOfWork


def attempt(row: Mapping[str, Any]) -> Attempt:
    return Attempt(
        attempt_id=row["attempt_id"],
        subject=row["subject_id"],
        site=row["site_id"],
        operation=row["operation"],
        outcome=row["outcome"],
        problem=row["problem"],
        rules=row["rules"],
        actor=row["actor"],
        role=row["actor_role"],
        request_id=row["request_id"],
        attempted_at=row["attempted_at"],
    )


def signatures_shown(work: UnitOfWork, allocation: UUID) -> list[SignatureShown]:
    """The signatures of an allocation, the request's first."""
    return [
        SignatureShown(
            name=one.name,
            signer=one.signer,
            role=one.role,
            meaning=one.meaning,
            signed_at=one.signed_at,
        )
        for one in signatures_of(work, "randomization.allocation", str(allocation))
    ]
