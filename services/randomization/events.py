"""What the randomization service tells the others. No event carries an arm."""

from collections.abc import Mapping
from typing import Any, Literal

from shared.contracts.randomization import (
    CapThreshold,
    EnrolmentChanged,
    ListLow,
    SiteOpened,
    StratumCorrected,
    SubjectInError,
    SubjectRandomized,
    SubjectUnblinded,
)


def site_opened(site: str, country: str) -> SiteOpened:
    return SiteOpened(site=site, country=country)


def enrolment_changed(
    site: str | None, state: Literal["open", "paused", "closed"]
) -> EnrolmentChanged:
    return EnrolmentChanged(site=site, state=state)


def subject_randomized(row: Mapping[str, Any]) -> SubjectRandomized:
    return SubjectRandomized(
        subject_id=row["subject_id"],
        site=row["site_id"],
        allocation_id=str(row["allocation_id"]),
        randomization_number=row["randomization_number"],
        randomized_at=row["randomized_at"],
        definition_version=row["definition_version"],
    )


def cap_threshold(alert: Mapping[str, Any]) -> CapThreshold:
    return CapThreshold(
        cap=alert["cap"], scope=alert["scope"], target=alert["target"], percent=alert["percent"]
    )


def list_low(list_id: str, stratum: str) -> ListLow:
    return ListLow(list_id=list_id, stratum=stratum)


def subject_in_error(subject: str, site: str, category: str) -> SubjectInError:
    return SubjectInError(subject_id=subject, site=site, category=category)


def subject_unblinded(row: Mapping[str, Any]) -> SubjectUnblinded:
    return SubjectUnblinded(
        subject_id=row["subject_id"],
        site=row["site_id"],
        break_id=row["break_id"],
        category=row["category"],
        role=row["broken_as"],
        broken_at=row["broken_at"],
        expires_at=row["expires_at"],
    )


def stratum_corrected(row: Mapping[str, Any], version: int, corrected: str) -> StratumCorrected:
    return StratumCorrected(
        subject_id=row["subject_id"],
        site=row["site_id"],
        version=version,
        stratum=row["stratum"],
        corrected_stratum=corrected,
    )
