"""Section D: the patient, and the parent of a parent-child report."""

from dataclasses import dataclass

from services.safety.e2b.values import Date, Flag, Text


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """A coded item of medical history (D.7.1.r)."""

    d_7_1_r_1a: str | None = None
    d_7_1_r_1b: str | None = None
    d_7_1_r_2: Date = None
    d_7_1_r_3: Flag = None
    d_7_1_r_4: Date = None
    d_7_1_r_5: str | None = None
    d_7_1_r_6: Flag = None


@dataclass(frozen=True, slots=True)
class PastDrug:
    """A drug taken before (D.8.r)."""

    d_8_r_1: Text = None
    d_8_r_2a: str | None = None
    d_8_r_2b: str | None = None
    d_8_r_3a: str | None = None
    d_8_r_3b: str | None = None
    d_8_r_4: Date = None
    d_8_r_5: Date = None
    d_8_r_6a: str | None = None
    d_8_r_6b: str | None = None
    d_8_r_7a: str | None = None
    d_8_r_7b: str | None = None


@dataclass(frozen=True, slots=True)
class DeathCause:
    """A reported cause of death (D.9.2.r)."""

    d_9_2_r_1a: str | None = None
    d_9_2_r_1b: str | None = None
    d_9_2_r_2: str | None = None


@dataclass(frozen=True, slots=True)
class AutopsyCause:
    """A cause of death found by autopsy (D.9.4.r)."""

    d_9_4_r_1a: str | None = None
    d_9_4_r_1b: str | None = None
    d_9_4_r_2: str | None = None


@dataclass(frozen=True, slots=True)
class ParentHistoryItem:
    """A coded item of the parent's history (D.10.7.1.r)."""

    d_10_7_1_r_1a: str | None = None
    d_10_7_1_r_1b: str | None = None
    d_10_7_1_r_2: Date = None
    d_10_7_1_r_3: Flag = None
    d_10_7_1_r_4: Date = None
    d_10_7_1_r_5: str | None = None


@dataclass(frozen=True, slots=True)
class ParentDrug:
    """A drug that the parent took before (D.10.8.r)."""

    d_10_8_r_1: str | None = None
    d_10_8_r_2a: str | None = None
    d_10_8_r_2b: str | None = None
    d_10_8_r_3a: str | None = None
    d_10_8_r_3b: str | None = None
    d_10_8_r_4: Date = None
    d_10_8_r_5: Date = None
    d_10_8_r_6a: str | None = None
    d_10_8_r_6b: str | None = None
    d_10_8_r_7a: str | None = None
    d_10_8_r_7b: str | None = None


@dataclass(frozen=True, slots=True)
class Parent:
    """Section D.10."""

    d_10_1: Text = None
    d_10_2_1: Date = None
    d_10_2_2a: str | None = None
    d_10_2_2b: str | None = None
    d_10_3: Date = None
    d_10_4: str | None = None
    d_10_5: str | None = None
    d_10_6: Text = None
    d_10_7_2: str | None = None
    d_10_7_1_r: tuple[ParentHistoryItem, ...] = ()
    d_10_8_r: tuple[ParentDrug, ...] = ()


@dataclass(frozen=True, slots=True)
class Race:
    """A race by NCIt code (FDA.D.11.r.1)."""

    fda_d_11_r_1: Text = None


@dataclass(frozen=True, slots=True)
class Patient:
    """Section D."""

    d_1: Text = None
    d_1_1_1: Text = None
    d_1_1_2: Text = None
    d_1_1_3: Text = None
    d_1_1_4: Text = None
    d_2_1: Date = None
    d_2_2a: str | None = None
    d_2_2b: str | None = None
    d_2_2_1a: str | None = None
    d_2_2_1b: str | None = None
    d_2_3: str | None = None
    d_3: str | None = None
    d_4: str | None = None
    d_5: Text = None
    d_6: Date = None
    d_7_2: Text = None
    d_7_3: Flag = None
    d_9_1: Date = None
    d_9_3: Flag = None
    fda_d_12: Text = None
    d_7_1_r: tuple[HistoryItem, ...] = ()
    d_8_r: tuple[PastDrug, ...] = ()
    d_9_2_r: tuple[DeathCause, ...] = ()
    d_9_4_r: tuple[AutopsyCause, ...] = ()
    fda_d_11_r: tuple[Race, ...] = ()
    d_10: Parent | None = None
