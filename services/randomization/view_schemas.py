"""What may be read about enrolment and allocations beside the allocations themselves."""

from typing import Any, Literal

from pydantic import Field

from shared.http.models import Instant, Model, SiteId, StudyId, SubjectId


class SiteEnrolment(Model):
    site: SiteId
    name: str
    country: str
    state: str
    screened: int
    randomized: int
    cap: int | None = Field(description="The site's own limit; null: none")


class CountryEnrolment(Model):
    country: str
    sites: int
    screened: int
    randomized: int
    cap: int | None


class StratumEnrolment(Model):
    stratum: str = Field(description="As used at allocation")
    randomized: int
    cap: int | None


class MonthEnrolment(Model):
    month: str = Field(description="YYYY-MM by the site's local date")
    screened: int
    randomized: int
    cumulative: int = Field(description="Randomized until the end of the month")
    target: int | None = Field(description="Cumulative target; null where there is none to show")


class CapUse(Model):
    cap: str
    scope: Literal["study", "site", "country", "stratum"]
    group: str = Field(description="Site, country or stratum; * for the study")
    limit: int
    used: int


class Target(Model):
    """So many are to be randomized evenly over these months."""

    subjects: int
    starts_on: str
    months: int


class Enrolment(Model):
    """Progress of enrolment at the sites that the caller may see. Never by arm.

    ``covers`` says whose sites: ``your-sites`` for a caller who does not see all. ``planned``,
    ``target``, ``caps``, and the limits of countries and strata are of the whole study, and null or
    empty for such a caller. ``in_error`` of the randomized were marked as randomized in error.
    """

    study: StudyId
    as_of: Instant
    covers: Literal["study", "your-sites"]
    planned: int | None
    screened: int
    randomized: int
    in_error: int
    sites: list[SiteEnrolment]
    countries: list[CountryEnrolment]
    strata: list[StratumEnrolment]
    months: list[MonthEnrolment]
    target: Target | None
    caps: list[CapUse]


class ArmBalance(Model):
    arm: str
    randomized: int
    in_error: int = Field(description="Of the randomized")
    imbalance: str = Field(
        description="Randomized less the arm's share of all, as an exact fraction",
        examples=["-2/3"],
    )


class BalanceGroup(Model):
    """A stratum as used, a site, or (``*``) the study."""

    group: str
    randomized: int
    arms: list[ArmBalance]


class ChainHead(Model):
    """The last link of the used slots of a stratum; with it nobody can rewrite them unseen."""

    list_id: str
    stratum: str
    used: int
    head: str | None = Field(description="Null: the used slots are not the first ones, without gap")


class Balance(Model):
    """Counts by arm, for those who may compare arms."""

    study: StudyId
    as_of: Instant
    ratio: dict[str, int]
    total: BalanceGroup
    strata: list[BalanceGroup]
    sites: list[BalanceGroup]
    chain_heads: list[ChainHead]


class Attempt(Model):
    """A request for an allocation and what it was answered."""

    attempt_id: str
    subject: SubjectId
    site: SiteId
    operation: str
    outcome: int = Field(description="HTTP status")
    problem: str | None
    rules: list[str] = Field(description="Codes of everything that was refused")
    actor: str
    role: str
    request_id: str
    attempted_at: Instant


class Attempts(Model):
    items: list[Attempt]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class SignatureShown(Model):
    """An electronic signature (21 CFR 11.50: name, time, meaning)."""

    name: str
    signer: str
    role: str
    meaning: str
    signed_at: Instant


class Explanation(Model):
    """Why a child got its arm: enough for somebody else to decide it again."""

    study: StudyId
    subject: SubjectId
    site: SiteId
    allocation_id: str
    randomization_number: str
    arm: str
    source: Literal["system", "backup", "forced", "restored"]
    randomized_at: Instant
    requested_by: str
    submitted: dict[str, Any] = Field(description="Gate values and levels, as submitted")
    explanation: dict[str, Any]
    opening: dict[str, Any] | None
    attempts: list[Attempt]
    signatures: list[SignatureShown]


class StratumLevel(Model):
    factor: str
    level: str


class Confirmation(Model):
    """An allocation as it is confirmed to the site. ``arm`` is ``*`` for a reader who may not know
    arms; ``arm_name`` and ``commitment`` are null then."""

    study: StudyId
    title: str
    mode: Literal["live", "training"]
    subject: SubjectId
    site: SiteId
    site_name: str
    country: str
    time_zone: str
    randomization_number: str
    arm: str
    arm_name: str | None
    stratum: list[StratumLevel]
    randomized_at: Instant
    requested_by: str
    source: Literal["system", "backup", "forced", "restored"]
    signatures: list[SignatureShown]
    list_id: str | None
    manifest_sha256: str | None
    commitment: str | None
    definition_version: str
    in_error_at: Instant | None
