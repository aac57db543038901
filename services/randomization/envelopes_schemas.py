"""What is sent to the randomization service about a child randomized from an envelope."""

from typing import Annotated

from pydantic import ConfigDict, Field

from services.randomization.schemas import Allocation, AllocationRequest
from shared.http.models import Code, Instant, Model, Reason, SiteId, StudyId


class NamedEnvelope(Model):
    """Which envelope of a list it was, and its code."""

    stratum: Annotated[str, Field(pattern=r"^[a-z0-9_.=;*-]{1,500}$")]
    position: Annotated[int, Field(ge=1, le=1_000_000)]
    code: Annotated[str, Field(min_length=20, max_length=40, pattern=r"^[A-Za-z0-9 -]+$")]


class OpenedEnvelope(NamedEnvelope):
    """Which envelope it was, and the code that opened it.

    The code is asked for so that nobody learns an arm by trying: without it the stated arm is not
    looked at.
    """

    list_id: Code


class VoidRequest(NamedEnvelope):
    """An envelope that is used up without a child: spoiled, lost, or opened for nobody."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "stratum": "age_group=lt10;first_remission=lt24m",
                    "position": 1,
                    "code": "ABCDE-FGHIJ-KLMNO-PQRST",
                    "reason": "Opened for a child who turned out to be in another stratum",
                }
            ]
        }
    )

    reason: Reason


class VoidedEnvelope(Model):
    """An envelope that no child will have. Its arm is told to nobody before the list is open."""

    study: StudyId
    list_id: str
    site: SiteId
    stratum: str
    position: int
    void_number: str = Field(description="Stands where a child's randomization number would")
    reason: str
    voided_by: str
    voided_at: Instant


class BackupRequest(AllocationRequest):
    """A child who was randomized from an envelope while the system was away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject": "S01-001",
                    "site": "S01",
                    "values": {"marrow_blasts": "62.5"},
                    "strata": {},
                    "envelope": {
                        "list_id": "D1",
                        "stratum": "age_group=lt10;first_remission=lt24m",
                        "position": 1,
                        "code": "ABCDE-FGHIJ-KLMNO-PQRST",
                    },
                    "arm": "INO",
                    "opened_at": "2024-01-29T09:30:00+01:00",
                    "reason": "No network at the site",
                }
            ]
        }
    )

    envelope: OpenedEnvelope
    arm: Code
    opened_at: Annotated[Instant, Field(description="When the envelope was opened")]
    reason: Reason


class BackupAllocation(Allocation):
    """The allocation, and every rule that would have refused it had the system been there."""

    deviations: list[str]
