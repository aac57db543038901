"""Section H: the narrative and comments."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SenderDiagnosis:
    """A diagnosis of the sender (H.3.r)."""

    h_3_r_1a: str | None = None
    h_3_r_1b: str | None = None


@dataclass(frozen=True, slots=True)
class NativeSummary:
    """A summary in another language (H.5.r)."""

    h_5_r_1a: str | None = None
    h_5_r_1b: str | None = None


@dataclass(frozen=True, slots=True)
class Narrative:
    """Section H."""

    h_1: str | None = None
    h_2: str | None = None
    h_4: str | None = None
    h_3_r: tuple[SenderDiagnosis, ...] = ()
    h_5_r: tuple[NativeSummary, ...] = ()
