"""Rules of our own over how drugs were given, and over lengths of time."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from services.safety.e2b.model import Dosage
from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.own import certainly_before, number_of
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.term_systems import Coded, of_oid
from services.safety.e2b.values import Date, Precision, Stamp

DRUGS = Registry()
_DAY: Final = 86_400
# The longest that a unit can be, so that nothing is found that may be right.
_SECONDS: Final = {
    "s": 1, "min": 60, "h": 3_600, "d": _DAY, "wk": 7 * _DAY, "mo": 31 * _DAY, "a": 366 * _DAY,
}  # fmt: skip


@DRUGS.holds("INDUCT.G.k.4.r.9.2b.FORMAT")
def form_has_shape(scene: Scene) -> Iterator[Finding]:
    yield from _of_doses(
        scene, lambda dose: _misshapen("form", dose.form_system, dose.g_k_4_r_9_2b)
    )


@DRUGS.holds("INDUCT.G.k.4.r.10.2b.FORMAT")
def route_has_shape(scene: Scene) -> Iterator[Finding]:
    yield from _of_doses(
        scene, lambda dose: _misshapen("route", dose.route_system, dose.g_k_4_r_10_2b)
    )


@DRUGS.holds("INDUCT.G.k.4.r.9.2a.CROSS")
def form_has_version(scene: Scene) -> Iterator[Finding]:
    yield from _of_doses(
        scene, lambda dose: (dose.g_k_4_r_9_2a is None) != (dose.g_k_4_r_9_2b is None)
    )


@DRUGS.holds("INDUCT.G.k.4.r.10.2a.CROSS")
def route_has_version(scene: Scene) -> Iterator[Finding]:
    yield from _of_doses(
        scene, lambda dose: (dose.g_k_4_r_10_2a is None) != (dose.g_k_4_r_10_2b is None)
    )


@DRUGS.holds("INDUCT.D.8.r.5.CROSS")
def past_in_order(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.d.d_8_r, start=1):
        if certainly_before(one.d_8_r_5, one.d_8_r_4):
            yield Finding(f"{scene.at}/D/D.8.r[{number}]")


@DRUGS.holds("INDUCT.E.i.6a.CROSS")
def lasted_within(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.e_i, start=1):
        days, lasted = _days(one.e_i_4, one.e_i_5), _least_seconds(one.e_i_6a, one.e_i_6b)
        if days is not None and lasted is not None and lasted > days * _DAY:
            yield Finding(f"{scene.at}/E.i[{number}]")


@DRUGS.holds("INDUCT.G.k.9.i.3.2a.CROSS")
def first_dose_before_last(scene: Scene) -> Iterator[Finding]:
    for k, drug in enumerate(scene.report.g_k, start=1):
        for i, pair in enumerate(drug.g_k_9_i, start=1):
            first = number_of(pair.g_k_9_i_3_1a)
            last = _least_seconds(pair.g_k_9_i_3_2a, pair.g_k_9_i_3_2b)
            unit = _SECONDS.get(pair.g_k_9_i_3_1b or "")
            if first is None or last is None or unit is None:
                continue
            # Told in whole units, the first may be up to one more.
            if last > (first + 1) * unit:
                yield Finding(f"{scene.at}/G.k[{k}]/G.k.9.i[{i}]")


def _of_doses(scene: Scene, is_wrong: Callable[[Dosage], bool]) -> Iterator[Finding]:
    for k, drug in enumerate(scene.report.g_k, start=1):
        for r, dose in enumerate(drug.g_k_4_r, start=1):
            if is_wrong(dose):
                yield Finding(f"{scene.at}/G.k[{k}]/G.k.4.r[{r}]")


def _misshapen(kind: Coded, oid: str | None, code: str | None) -> bool:
    if code is None:
        return False
    system = of_oid(kind, oid)
    return system is None or not system.has_shape_of(code)


def _days(first: Date, last: Date) -> int | None:
    """Days from the first to the last, both counted; None where one is not known to the day."""
    if not (isinstance(first, Stamp) and isinstance(last, Stamp)):
        return None
    if (first.precision or 0) < Precision.DAY or (last.precision or 0) < Precision.DAY:
        return None
    begun, ended = first.earliest(), last.earliest()
    if begun is None or ended is None or ended < begun:
        return None
    return (ended - begun).days + 1


def _least_seconds(number: str | None, unit: str | None) -> Decimal | None:
    """The shortest that a told length can be: it may have been rounded up to a whole unit."""
    found, size = number_of(number), _SECONDS.get(unit or "")
    if found is None or size is None:
        return None
    shortest = {"mo": 28 * _DAY, "a": 365 * _DAY}.get(unit or "", size)
    return max(found - 1, Decimal(0)) * shortest
