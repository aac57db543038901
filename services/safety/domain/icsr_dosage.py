"""How a drug was given and what for, in a report: in words and by codes."""

from services.safety.domain.as_told import Words, as_e2b
from services.safety.domain.clinical import (
    Administration,
    Concomitant,
    Quantity,
    SystemCode,
    Term,
)
from services.safety.e2b.model import Dosage, Indication
from services.safety.e2b.term_systems import Coded, plain_system, term_systems


def told_how(drug: Administration | Concomitant) -> Dosage:
    """The route and the dose form of each of its doses (G.k.4.r.9, G.k.4.r.10)."""
    route, form = drug.route_code, drug.form_code
    return Dosage(
        g_k_4_r_9_1=as_e2b(drug.form),
        g_k_4_r_9_2a=None if form is None else form.version,
        g_k_4_r_9_2b=None if form is None else form.code,
        form_system=_root("form", form),
        g_k_4_r_10_1=as_e2b(drug.route),
        g_k_4_r_10_2a=None if route is None else route.version,
        g_k_4_r_10_2b=None if route is None else route.code,
        route_system=_root("route", route),
    )


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
