"""How a study randomizes, as it is answered. Nothing in it helps to guess an allocation."""

from typing import Literal

from pydantic import Field

from shared.http.models import Instant, Model, StudyId


class SpecifiedArm(Model):
    code: str
    name: str
    ratio: int


class SpecifiedLevel(Model):
    code: str
    label: str
    derivation: str = Field(description="What it follows from; empty: stated in the request")


class SpecifiedFactor(Model):
    code: str
    label: str
    levels: list[SpecifiedLevel]


class SpecifiedCap(Model):
    id: str
    scope: Literal["study", "site", "country", "stratum"]
    target: str | None = Field(description="Null: each is counted for itself")
    limit: int
    counts_in_error: bool
    alert_percents: list[int]


class SpecifiedRole(Model):
    role: str
    may: list[str]


class SpecifiedList(Model):
    list_id: str
    state: str
    root: str
    manifest_sha256: str | None = Field(description="Null: not published")


class SpecifiedAssumption(Model):
    path: str
    value: str | None = Field(description="Null: withheld until the database is locked")
    note: str | None


class Specification(Model):
    """The randomization of a study as configured. What lists are drawn with is withheld."""

    study: StudyId
    title: str
    mode: Literal["live", "training"]
    state: str
    as_of: Instant
    definition_version: str
    definition_sha256: str = Field(
        description="SHA-256 of the definition's canonical JSON in which the scheme is its method "
        "alone: over the whole, the hash would let its few secret numbers be guessed"
    )
    method: list[str]
    arms: list[SpecifiedArm]
    factors: list[SpecifiedFactor]
    caps: list[SpecifiedCap]
    replacement: str
    forced: str
    downtime: str
    roles: list[SpecifiedRole]
    lists: list[SpecifiedList]
    schema_version: str
    algorithm_version: str
    assumed: list[SpecifiedAssumption]
