"""Sections E and F: reactions, tests."""

from dataclasses import dataclass

from services.safety.e2b.values import Date, Flag


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction or event (E.i)."""

    entity: str | None = None
    e_i_1_1a: str | None = None
    e_i_1_1b: str | None = None
    e_i_1_2: str | None = None
    e_i_2_1a: str | None = None
    e_i_2_1b: str | None = None
    e_i_3_1: str | None = None
    e_i_3_2a: Flag = None
    e_i_3_2b: Flag = None
    e_i_3_2c: Flag = None
    e_i_3_2d: Flag = None
    e_i_3_2e: Flag = None
    e_i_3_2f: Flag = None
    fda_e_i_3_2h: Flag = None
    e_i_4: Date = None
    e_i_5: Date = None
    e_i_6a: str | None = None
    e_i_6b: str | None = None
    e_i_7: str | None = None
    e_i_8: Flag = None
    e_i_9: str | None = None


@dataclass(frozen=True, slots=True)
class LabResult:
    """A test or procedure (F.r); ``f_r_3_2_qualifier`` says where the value is a bound."""

    f_r_1: Date = None
    f_r_2_1: str | None = None
    f_r_2_2a: str | None = None
    f_r_2_2b: str | None = None
    f_r_3_1: str | None = None
    f_r_3_2: str | None = None
    f_r_3_2_qualifier: str | None = None
    f_r_3_3: str | None = None
    f_r_3_4: str | None = None
    f_r_4: str | None = None
    f_r_5: str | None = None
    f_r_6: str | None = None
    f_r_7: Flag = None
