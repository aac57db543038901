"""What a run reads of a study: allocated subjects and the records of their forms, as kept.

A pure picture of the database at one instant, in canonical order. Nothing in it depends on when
something was recorded; ids of the database are carried along for tracing, and never hashed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.analytics.domain.looks_held import HeldLook


@dataclass(frozen=True, slots=True)
class Allocated:
    """A randomized subject: its arm as randomized, and the local date at its site.

    ``stratum`` is the one used at randomization, which the primary analysis takes;
    ``corrected_stratum`` the true one where another was used (None: none other is known), for an
    analysis of sensitivity. A subject randomized in error stays randomized.
    """

    subject: str
    site: str
    arm: str
    stratum: str
    randomized_on: date
    corrected_stratum: str | None = None
    in_error: bool = False


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """A form of a subject at a visit; ``items`` are texts as kept, None where removed.

    ``observed_on`` is the clinic's date of the record, None where the form has none. ``versions``
    tells which version of the record gave each item its value.
    """

    subject: str
    form: str
    visit: str
    repeat: int
    record_id: str
    observed_on: date | None
    items: Mapping[str, str | None]
    versions: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Names the record among its subject's, and orders records of one date."""
        return f"{self.form}/{self.visit}/{self.repeat:05}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A subject was found not eligible, on the local date at its site, by these rules."""

    subject: str
    refused_on: date
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Registered:
    """A subject that gave consent at a site, randomized or not."""

    consented_on: date
    site: str


@dataclass(frozen=True, slots=True)
class StudyData:
    """``registered`` are all subjects, randomized or not, by their id; ``refusals`` stand in the
    order in which they were answered, interim ``looks`` in that in which they were held."""

    study: str
    registered: Mapping[str, Registered]
    allocated: tuple[Allocated, ...]
    records: tuple[KeptRecord, ...]
    refusals: tuple[Refusal, ...] = ()
    looks: tuple[HeldLook, ...] = ()
