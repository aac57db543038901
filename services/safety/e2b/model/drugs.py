"""Section G: drugs, and the matrix of drugs and reactions."""

from dataclasses import dataclass

from services.safety.e2b.values import Date, Flag, Text


@dataclass(frozen=True, slots=True)
class Substance:
    """An active substance (G.k.2.3.r)."""

    g_k_2_3_r_1: str | None = None
    g_k_2_3_r_2a: str | None = None
    g_k_2_3_r_2b: str | None = None
    g_k_2_3_r_3a: str | None = None
    g_k_2_3_r_3b: str | None = None


@dataclass(frozen=True, slots=True)
class Dosage:
    """How it was given (G.k.4.r). A ``*_system`` is the root (OID) of the code beside it; None:
    that of the EDQM."""

    g_k_4_r_1a: str | None = None
    g_k_4_r_1b: str | None = None
    g_k_4_r_2: str | None = None
    g_k_4_r_3: str | None = None
    g_k_4_r_4: Date = None
    g_k_4_r_5: Date = None
    g_k_4_r_6a: str | None = None
    g_k_4_r_6b: str | None = None
    g_k_4_r_7: str | None = None
    g_k_4_r_8: str | None = None
    g_k_4_r_9_1: Text = None
    g_k_4_r_9_2a: str | None = None
    g_k_4_r_9_2b: str | None = None
    form_system: str | None = None
    g_k_4_r_10_1: Text = None
    g_k_4_r_10_2a: str | None = None
    g_k_4_r_10_2b: str | None = None
    route_system: str | None = None
    g_k_4_r_11_1: Text = None
    g_k_4_r_11_2a: str | None = None
    g_k_4_r_11_2b: str | None = None
    parent_route_system: str | None = None


@dataclass(frozen=True, slots=True)
class Indication:
    """What it was given for (G.k.7.r)."""

    g_k_7_r_1: Text = None
    g_k_7_r_2a: str | None = None
    g_k_7_r_2b: str | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """One opinion on a drug and a reaction (G.k.9.i.2.r). EU codes stand instead of texts."""

    g_k_9_i_2_r_1: str | None = None
    g_k_9_i_2_r_2: str | None = None
    g_k_9_i_2_r_3: str | None = None
    g_k_9_i_2_r_2_eu_1: str | None = None
    g_k_9_i_2_r_3_eu_1: str | None = None


@dataclass(frozen=True, slots=True)
class DrugReaction:
    """What is known of this drug and one reaction; ``g_k_9_i_1`` is the reaction's entity."""

    g_k_9_i_1: str | None = None
    g_k_9_i_3_1a: str | None = None
    g_k_9_i_3_1b: str | None = None
    g_k_9_i_3_2a: str | None = None
    g_k_9_i_3_2b: str | None = None
    g_k_9_i_4: str | None = None
    g_k_9_i_2_r: tuple[Assessment, ...] = ()


@dataclass(frozen=True, slots=True)
class DrugNote:
    """A coded circumstance (G.k.10.r)."""

    g_k_10_r: str | None = None


@dataclass(frozen=True, slots=True)
class Drug:
    """Section G.k. ``g_k_2_5`` is never sent in an open-label trial."""

    entity: str | None = None
    g_k_1: str | None = None
    g_k_2_1_1a: str | None = None
    g_k_2_1_1b: str | None = None
    g_k_2_1_2a: str | None = None
    g_k_2_1_2b: str | None = None
    g_k_2_2: str | None = None
    g_k_2_4: str | None = None
    g_k_2_5: Flag = None
    g_k_3_1: str | None = None
    g_k_3_2: str | None = None
    g_k_3_3: str | None = None
    g_k_5a: str | None = None
    g_k_5b: str | None = None
    g_k_6a: str | None = None
    g_k_6b: str | None = None
    g_k_8: str | None = None
    g_k_11: str | None = None
    g_k_2_3_r: tuple[Substance, ...] = ()
    g_k_4_r: tuple[Dosage, ...] = ()
    g_k_7_r: tuple[Indication, ...] = ()
    g_k_9_i: tuple[DrugReaction, ...] = ()
    g_k_10_r: tuple[DrugNote, ...] = ()
