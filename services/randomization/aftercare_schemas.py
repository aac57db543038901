"""What is sent to the randomization service about allocations that were not as they should be."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.http.models import Code, Instant, Model, Reason, SiteId, StudyId, SubjectId

ErrorCategory = Literal[
    "ineligible",
    "no_consent",
    "randomized_twice",
    "wrong_baseline",
    "wrong_subject",
    "technical",
    "other",
]
Levels = Annotated[
    dict[Code, Code], Field(max_length=20, description="Each factor's level: a full stratum")
]


class InErrorMark(Model):
    """A subject was randomized in error. It keeps its arm and its number; this cannot be undone."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"category": "ineligible", "reason": "CD22 was negative after all"}]
        }
    )

    category: ErrorCategory
    reason: Reason


class StratumCorrection(Model):
    """A subject's true stratum. The one used stays beside it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "levels": {"age_group": "lt10", "first_remission": "ge24m"},
                    "reason": "The date of the first diagnosis was mistyped",
                }
            ]
        }
    )

    levels: Levels
    reason: Reason


class ForcedProposal(Model):
    """A named arm for a child, past list and gate: one person proposes, another decides."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "S01-001",
                    "site": "S01",
                    "levels": {"age_group": "lt10", "first_remission": "lt24m"},
                    "arm": "INO",
                    "reason": "The other arm's drug cannot be had at the site",
                }
            ]
        }
    )

    subject: SubjectId
    site: SiteId
    levels: Levels
    arm: Code
    reason: Reason


class ForcedDecision(Model):
    decision: Literal["approve", "reject"]
    reason: Reason


class ForcedAllocation(Model):
    """A proposal and what became of it. ``arm`` is ``*`` for a role that must not know arms."""

    proposal: str
    study: StudyId
    subject: SubjectId
    site: SiteId
    stratum: str
    arm: str
    reason: str
    state: Literal["proposed", "approved", "rejected"]
    proposed_by: str
    proposed_at: Instant
    decided_by: str | None
    decided_at: Instant | None
    decision_reason: str | None


class ForcedAllocations(Model):
    items: list[ForcedAllocation]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
