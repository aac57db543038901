"""Rows of the database as answers, with what the caller may not know left out."""

from collections.abc import Mapping
from typing import Any

from services.randomization import errors
from services.randomization.domain.integrity import fits_opening
from services.randomization.schemas import Allocation, AllocationDetail, Opening, Site
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.identity.matrix import matrix

MASKED = "*"


def sees_arm(work: UnitOfWork) -> bool:
    """Whether the caller's role may know arms at all; which subjects' arms, the policies say."""
    role = matrix().roles.get(work.principal.role)
    return role is not None and role.sees_arm


def check_unaltered(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Raises ``AllocationAltered`` where an allocation's arm is not the one that it was given.

    ``row`` has the columns subject_id, arm, opening, fake_arm, and decided: the fake arm that the
    explanation tells. A forced allocation has no opening to be held against.
    """
    if not fits_opening(row["arm"], row["opening"], row["fake_arm"], row["decided"]):
        log("allocation was altered", level="critical", study=work.study)
        raise errors.AllocationAltered(f"Subject {row['subject_id']}.")


def site(row: Mapping[str, Any]) -> Site:
    return Site(
        study=row["study_id"],
        site=row["site_id"],
        name=row["name"],
        country=row["country"],
        time_zone=row["time_zone"],
        state=row["state"],
        opened_at=row["opened_at"],
        approved_until=row["approved_until"],
    )


def allocation(work: UnitOfWork, row: Mapping[str, Any]) -> Allocation:
    return Allocation(**_allocation(work, row))


def detail(work: UnitOfWork, row: Mapping[str, Any]) -> AllocationDetail:
    return AllocationDetail(
        **_allocation(work, row),
        corrected_stratum=row["corrected_stratum"],
        in_error=row["in_error_at"] is not None,
    )


def _allocation(work: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
    check_unaltered(work, row)
    open_to_caller = sees_arm(work)
    opened = row["opening"] if open_to_caller else None
    return {
        "allocation_id": str(row["allocation_id"]),
        "study": row["study_id"],
        "subject": row["subject_id"],
        "site": row["site_id"],
        "randomization_number": row["randomization_number"],
        "arm": row["arm"] if open_to_caller else MASKED,
        "stratum": row["stratum"],
        "source": row["source"],
        "replaces": row["replaces"],
        "list_id": row["list_id"],
        "manifest_sha256": row["manifest_sha256"],
        "definition_version": row["definition_version"],
        "randomized_at": row["randomized_at"],
        "opening": None if opened is None else Opening(**opened),
    }
