"""How a drug was given and what for, in a report: in words and by codes."""

from dataclasses import replace

from services.safety.domain.as_told import Words, as_e2b
from services.safety.domain.clinical import (
    Administration,
    Concomitant,
    DrugDetails,
    Quantity,
    SystemCode,
    Term,
)
from services.safety.e2b.model import Dosage, Drug, Indication
from services.safety.e2b.term_systems import Coded, plain_system, term_systems


def told_how(drug: Administration | Concomitant) -> Dosage:
    """The dose form of each of its doses, their route, and a parent's (G.k.4.r.9 to .11)."""
    route, form, parents = drug.route_code, drug.form_code, drug.parent_route_code
    return Dosage(
        g_k_4_r_9_1=as_e2b(drug.form),
        g_k_4_r_9_2a=None if form is None else form.version,
        g_k_4_r_9_2b=None if form is None else form.code,
        form_system=_root("form", form),
        g_k_4_r_10_1=as_e2b(drug.route),
        g_k_4_r_10_2a=None if route is None else route.version,
        g_k_4_r_10_2b=None if route is None else route.code,
        route_system=_root("route", route),
        g_k_4_r_11_1=as_e2b(drug.parent_route),
        g_k_4_r_11_2a=None if parents is None else parents.version,
        g_k_4_r_11_2b=None if parents is None else parents.code,
        parent_route_system=_root("route", parents),
    )


def with_details(found: Drug, drug: DrugDetails) -> Drug:
    """The drug of a report with what is told of it as a whole: where it was obtained (G.k.2.4), its
    authorisation (G.k.3), the dose until the first reaction (G.k.5), the gestation (G.k.6), and
    words (G.k.11)."""
    told = drug.authorisation
    made = replace(
        found,
        g_k_2_4=drug.obtained_in,
        g_k_3_1=None if told is None else told.number,
        g_k_3_2=None if told is None else told.country,
        g_k_3_3=None if told is None else told.holder,
        g_k_11=drug.more,
    )
    if drug.cumulative is not None:
        made = replace(made, g_k_5a=drug.cumulative.number, g_k_5b=drug.cumulative.unit)
    if drug.gestation is not None:
        made = replace(made, g_k_6a=drug.gestation.number, g_k_6b=drug.gestation.unit)
    return made


def coded_indication(words: Words, coding: Term | None) -> tuple[Indication, ...]:
    """What it was given for (G.k.7.r); nothing where nothing was told."""
    if words is None and coding is None:
        return ()
    return (
        Indication(
            g_k_7_r_1=as_e2b(words),
            g_k_7_r_2a=None if coding is None else coding.version,
            g_k_7_r_2b=None if coding is None else coding.code,
        ),
    )


def measured(number: str, unit: str, told: Quantity | None) -> dict[str, str]:
    """A quantity by the fields of its number and its unit."""
    return {} if told is None else {number: told.number, unit: told.unit}


def _root(kind: Coded, code: SystemCode | None) -> str | None:
    """The root of a code's system, where it is not the one that goes without saying."""
    if code is None or code.system == plain_system(kind).id:
        return None
    return term_systems(kind)[code.system].oid
