"""What a study is called, and by whom."""

from typing import Annotated

from pydantic import Field, StringConstraints

from shared.study.base import Sourced, Text

StudyId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
SemanticVersion = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$")
]


class Identifiers(Sourced):
    """Numbers under which authorities and the sponsor know the trial (E2B C.5.1.r, C.5.3)."""

    registry: Text | None = None
    sponsor_protocol: Text | None = None
    eudract: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{6}-\d{2}$")] | None = None
    eu_ct: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{6}-\d{2}-\d{2}$")] | None = None


class Identity(Sourced):
    """Study id, version of this definition (semantic versioning), title and planned size.

    `planned_subjects` is what the record announces; it limits nothing (see caps).
    """

    id: StudyId
    version: SemanticVersion
    title: Text
    phase: Text
    planned_subjects: int = Field(ge=1, le=100_000)
    identifiers: Identifiers
