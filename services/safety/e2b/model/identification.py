"""Section C.1 to C.4: which report, from whom, sent by whom."""

from dataclasses import dataclass

from services.safety.e2b.values import Date, Flag, Text


@dataclass(frozen=True, slots=True)
class HeldDocument:
    """A document that the sender holds (C.1.6.1.r); ``c_1_6_1_r_2`` is its content."""

    c_1_6_1_r_1: str | None = None
    c_1_6_1_r_2: str | None = None
    media_type: str | None = None
    representation: str | None = None
    compression: str | None = None
    file_name: str | None = None


@dataclass(frozen=True, slots=True)
class OtherIdentifier:
    """An id under which the case was sent before (C.1.9.1.r)."""

    c_1_9_1_r_1: str | None = None
    c_1_9_1_r_2: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedReport:
    """A report to be read together with this one (C.1.10.r)."""

    c_1_10_r: str | None = None


@dataclass(frozen=True, slots=True)
class Identification:
    """Section C.1. ``c_1_1`` and ``c_1_8_1`` stay for the life of the case, ``c_1_4`` too."""

    c_1_1: str | None = None
    c_1_2: Date = None
    c_1_3: str | None = None
    c_1_4: Date = None
    c_1_5: Date = None
    c_1_6_1: Flag = None
    c_1_7: Flag = None
    fda_c_1_7_1: str | None = None
    c_1_8_1: str | None = None
    c_1_8_2: str | None = None
    c_1_9_1: Flag = None
    c_1_11_1: str | None = None
    c_1_11_2: str | None = None
    fda_c_1_12: Flag = None
    c_1_6_1_r: tuple[HeldDocument, ...] = ()
    c_1_9_1_r: tuple[OtherIdentifier, ...] = ()
    c_1_10_r: tuple[LinkedReport, ...] = ()


@dataclass(frozen=True, slots=True)
class Reporter:
    """A primary source (C.2.r)."""

    c_2_r_1_1: Text = None
    c_2_r_1_2: Text = None
    c_2_r_1_3: Text = None
    c_2_r_1_4: Text = None
    c_2_r_2_1: Text = None
    c_2_r_2_2: Text = None
    c_2_r_2_3: Text = None
    c_2_r_2_4: Text = None
    c_2_r_2_5: Text = None
    c_2_r_2_6: Text = None
    c_2_r_2_7: Text = None
    fda_c_2_r_2_8: Text = None
    c_2_r_3: Text = None
    c_2_r_4: Text = None
    c_2_r_5: str | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends the report (C.3)."""

    c_3_1: str | None = None
    c_3_2: str | None = None
    c_3_3_1: str | None = None
    c_3_3_2: str | None = None
    c_3_3_3: str | None = None
    c_3_3_4: str | None = None
    c_3_3_5: str | None = None
    c_3_4_1: str | None = None
    c_3_4_2: str | None = None
    c_3_4_3: str | None = None
    c_3_4_4: str | None = None
    c_3_4_5: str | None = None
    c_3_4_6: str | None = None
    c_3_4_7: str | None = None
    c_3_4_8: str | None = None


@dataclass(frozen=True, slots=True)
class Literature:
    """A publication (C.4.r); ``c_4_r_2`` is its content."""

    c_4_r_1: Text = None
    c_4_r_2: str | None = None
    media_type: str | None = None
    representation: str | None = None
    compression: str | None = None
    file_name: str | None = None
