"""Parameters that the routes about cases share."""

from typing import Annotated

from fastapi import Path, Query

from services.safety.schemas import CASE_PATTERN
from shared.http.models import Instant

UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
CasePath = Annotated[str, Path(pattern=CASE_PATTERN, examples=["NCT05748171-0001"])]
ObligationPath = Annotated[str, Path(pattern=UUID_PATTERN)]
SubmissionPath = Annotated[str, Path(pattern=UUID_PATTERN)]
AsOf = Annotated[
    Instant | None,
    Query(description="What was known by this instant; the same whenever it is asked"),
]
