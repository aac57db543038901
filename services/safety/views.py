"""Stored rows as the answers show them; for each role, what it may see."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.safety.domain.case import Report, minimum_criteria
from services.safety.domain.clocks import weekend_warning
from services.safety.schemas import Case, CaseSummary, Criteria, ObligationShown, Withheld
from shared.identity.matrix import matrix

Row = Mapping[str, Any]

# The suspect drug is the arm, and free text may name it.
ARM_REVEALING: tuple[Withheld, ...] = ("suspect_product", "narrative")


def report(row: Row) -> Report:
    """The content of a stored version."""
    return Report(
        serious=row["serious"],
        seriousness=tuple(row["seriousness"]),
        aware_at=row["aware_at"],
        received_at=row["received_at"],
        received_zone=row["received_zone"],
        event_term=row["event_term"],
        grade=row["grade"],
        onset_on=row["onset_on"],
        reporter=row["reporter"],
        suspect_product=row["suspect_product"],
        narrative=row["narrative"],
    )


def first_due(obligations: Sequence[Row]) -> datetime | None:
    """The governing due date: the earliest that is still open."""
    return min((row["due_at"] for row in obligations if row["state"] == "open"), default=None)


def case(row: Row, versions: Sequence[Row], obligations: Sequence[Row], *, role: str) -> Case:
    """The case at its newest version, as ``role`` may see it."""
    newest = versions[-1]
    withheld = () if matrix().roles[role].sees_arm else ARM_REVEALING
    shown = {name: None if name in withheld else newest[name] for name in ARM_REVEALING}
    # Judged on what is stored: whether a product is held tells nothing of which.
    criteria = minimum_criteria(report(newest))
    return Case(
        case_id=str(row["case_id"]),
        case_number=row["case_number"],
        study=row["study_id"],
        site=row["site_id"],
        subject=row["subject_id"],
        origin=row["origin"],
        record_id=None if row["record_id"] is None else str(row["record_id"]),
        opened_at=row["opened_at"],
        version=newest["version"],
        significant=newest["significant"],
        event_term=newest["event_term"],
        grade=newest["grade"],
        serious=newest["serious"],
        seriousness=list(newest["seriousness"]),
        onset_on=newest["onset_on"],
        aware_at=newest["aware_at"],
        received_at=newest["received_at"],
        received_zone=newest["received_zone"],
        reporter=newest["reporter"],
        suspect_product=shown["suspect_product"],
        narrative=shown["narrative"],
        withheld=list(withheld),
        criteria=Criteria(held=list(criteria.held), missing=list(criteria.missing)),
        obligations=[_obligation(each) for each in obligations],
        first_due_at=first_due(obligations),
    )


def summary(row: Row) -> CaseSummary:
    return CaseSummary(
        case_id=str(row["case_id"]),
        case_number=row["case_number"],
        study=row["study_id"],
        site=row["site_id"],
        subject=row["subject_id"],
        origin=row["origin"],
        opened_at=row["opened_at"],
        version=row["version"],
        event_term=row["event_term"],
        grade=row["grade"],
        serious=row["serious"],
        seriousness=list(row["seriousness"]),
        received_at=row["received_at"],
        first_due_at=row["first_due_at"],
    )


def _obligation(row: Row) -> ObligationShown:
    return ObligationShown(
        obligation_id=str(row["obligation_id"]),
        clock=row["clock_id"],
        rule_version=row["rule_version"],
        label=row["label"],
        authority=row["authority"],
        regulation=row["regulation"],
        verified_by=row["verified_by"],
        day_zero=row["day_zero"],
        due_on=row["due_on"],
        due_at=row["due_at"],
        zone=row["due_zone"],
        provisional=row["provisional"],
        reason=row["reason"],
        warning=weekend_warning(row["due_on"]) if row["state"] == "open" else None,
        state=row["state"],
    )
