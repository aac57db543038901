"""The facts that the pages are made of. None holds what would tell a next allocation."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Mode = Literal["live", "training"]
Source = Literal["system", "backup", "forced", "restored"]
CONCEALED = "*"
# Where an assumed value lies that would tell how a list was drawn: sizes of blocks and the like.
WITHHELD = ("randomization.scheme",)


@dataclass(frozen=True, slots=True)
class Signature:
    """An electronic signature as it is shown (21 CFR 11.50: name, time, meaning)."""

    name: str
    role: str
    meaning: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmationFacts:
    """One allocation.

    - ``arm`` is the arm's code, or ``*`` for a reader who may not know it: then ``arm_name`` is
      not shown either, whatever it holds.
    - ``stratum``: (factor label, level label) as used at allocation, in configured order.
    - ``time_zone``: IANA zone of the site, for the local time.
    - ``list_id``, ``manifest_sha256``, ``commitment``: None where no slot of a list was taken.
    - ``in_error_at``: when the allocation was marked as made in error; None where it was not.
    """

    study: str
    title: str
    mode: Mode
    subject: str
    site: str
    site_name: str
    country: str
    time_zone: str
    randomization_number: str
    arm: str
    arm_name: str
    stratum: tuple[tuple[str, str], ...]
    randomized_at: datetime
    requested_by: str
    source: Source
    signature: Signature | None
    list_id: str | None
    manifest_sha256: str | None
    definition_version: str
    commitment: str | None
    in_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccrualTarget:
    """``subjects`` randomized evenly over ``months`` calendar months from ``starts`` (YYYY-MM)."""

    starts: str
    months: int
    subjects: int


@dataclass(frozen=True, slots=True)
class MonthCount:
    """What happened in one calendar month; ``cumulative`` is randomized until its end."""

    month: str
    screened: int
    randomized: int
    cumulative: int


@dataclass(frozen=True, slots=True)
class SiteCount:
    site: str
    name: str
    country: str
    state: str
    screened: int
    randomized: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class CountryCount:
    country: str
    sites: int
    screened: int
    randomized: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class StratumCount:
    label: str
    randomized: int
    cap: int | None


@dataclass(frozen=True, slots=True)
class EnrolmentFacts:
    """Progress of enrolment at ``as_of``. A month in which nothing happened may be left out.

    ``planned`` is None where the counts are not of the whole study but of the reader's own sites.
    """

    study: str
    title: str
    mode: Mode
    as_of: datetime
    planned: int | None
    target: AccrualTarget | None
    months: tuple[MonthCount, ...]
    sites: tuple[SiteCount, ...]
    countries: tuple[CountryCount, ...]
    strata: tuple[StratumCount, ...]


@dataclass(frozen=True, slots=True)
class Arm:
    code: str
    name: str
    ratio: int


@dataclass(frozen=True, slots=True)
class Level:
    """``derivation``: in words, how the level follows from values; empty where it is stated."""

    code: str
    label: str
    derivation: str


@dataclass(frozen=True, slots=True)
class Factor:
    code: str
    label: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Cap:
    """``target``: which site, country or stratum; empty where each is counted for itself."""

    scope: str
    target: str
    limit: int
    counts_in_error: bool
    alert_percents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RoleRights:
    role: str
    may: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListState:
    list_id: str
    state: str
    root: str
    manifest_sha256: str


@dataclass(frozen=True, slots=True)
class AssumedValue:
    path: str
    value: str
    note: str

    @property
    def withheld(self) -> bool:
        """Whether it says how lists are drawn, so that neither value nor note may be shown."""
        return any(self.path == place or self.path.startswith(place + ".") for place in WITHHELD)


@dataclass(frozen=True, slots=True)
class SpecificationFacts:
    """How the study randomizes, as configured. ``method`` holds paragraphs of plain words, none
    of which names a size that a list is drawn with."""

    study: str
    title: str
    mode: Mode
    state: str
    as_of: datetime
    definition_version: str
    definition_sha256: str
    method: tuple[str, ...]
    arms: tuple[Arm, ...]
    factors: tuple[Factor, ...]
    caps: tuple[Cap, ...]
    replacement: str
    forced: str
    downtime: str
    roles: tuple[RoleRights, ...]
    lists: tuple[ListState, ...]
    schema_version: str
    algorithm_version: str
    assumed: tuple[AssumedValue, ...]
