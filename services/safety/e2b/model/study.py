"""Section C.5: the study, and its numbers at the FDA."""

from dataclasses import dataclass

from services.safety.e2b.values import Text


@dataclass(frozen=True, slots=True)
class Registration:
    """A registry number of the study (C.5.1.r)."""

    c_5_1_r_1: Text = None
    c_5_1_r_2: Text = None


@dataclass(frozen=True, slots=True)
class CrossReportedInd:
    """Another IND under which the same report is owed (FDA.C.5.6.r)."""

    fda_c_5_6_r: Text = None


@dataclass(frozen=True, slots=True)
class Study:
    """Section C.5. ``fda_c_5_5a`` is six digits as text: a leading zero counts."""

    c_5_2: Text = None
    c_5_3: Text = None
    c_5_4: str | None = None
    fda_c_5_5a: str | None = None
    fda_c_5_5b: str | None = None
    c_5_1_r: tuple[Registration, ...] = ()
    fda_c_5_6_r: tuple[CrossReportedInd, ...] = ()
