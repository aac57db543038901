"""Rules of our own over what a report tells beside its events: drugs, and what came with them."""

from collections.abc import Iterator

from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.own import certainly_before, number_of
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.values import NullFlavor, Stamp

CONTENT = Registry()
_SUSPECT, _CONCOMITANT = frozenset({"1", "3"}), "2"


@CONTENT.holds("INDUCT.G.k.2.2.UNIQUE")
def told_once(scene: Scene) -> Iterator[Finding]:
    suspects = {_name(one.g_k_2_2) for one in scene.report.g_k if one.g_k_1 in _SUSPECT}
    for number, drug in enumerate(scene.report.g_k, start=1):
        if drug.g_k_1 == _CONCOMITANT and drug.g_k_2_2 and _name(drug.g_k_2_2) in suspects:
            yield Finding(f"{scene.at}/G.k[{number}]")


@CONTENT.holds("INDUCT.G.k.4.r.5.CROSS")
def given_in_order(scene: Scene) -> Iterator[Finding]:
    for k, drug in enumerate(scene.report.g_k, start=1):
        for r, dose in enumerate(drug.g_k_4_r, start=1):
            if certainly_before(dose.g_k_4_r_5, dose.g_k_4_r_4):
                yield Finding(f"{scene.at}/G.k[{k}]/G.k.4.r[{r}]")


@CONTENT.holds("INDUCT.C.1.6.1.CROSS")
def documents_admitted(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    if c_1.c_1_6_1 is False and c_1.c_1_6_1_r:
        yield Finding(f"{scene.at}/C.1")


@CONTENT.holds("INDUCT.C.1.9.1.CROSS")
def other_ids_admitted(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    if c_1.c_1_9_1 is NullFlavor.NI and c_1.c_1_9_1_r:
        yield Finding(f"{scene.at}/C.1")


@CONTENT.holds("INDUCT.C.1.9.1.r.UNIQUE")
def other_ids_apart(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    others = [(one.c_1_9_1_r_1, one.c_1_9_1_r_2) for one in c_1.c_1_9_1_r]
    for number, (source, other) in enumerate(others, start=1):
        own = other is not None and other == c_1.c_1_1
        if own or (source, other) in others[: number - 1]:
            yield Finding(f"{scene.at}/C.1/C.1.9.1.r[{number}]")


@CONTENT.holds("INDUCT.C.1.10.r.UNIQUE")
def links_lead_elsewhere(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    linked = [one.c_1_10_r for one in c_1.c_1_10_r]
    for number, other in enumerate(linked, start=1):
        own = other is not None and other == c_1.c_1_1
        if own or other in linked[: number - 1]:
            yield Finding(f"{scene.at}/C.1/C.1.10.r[{number}]")


@CONTENT.holds("INDUCT.D.7.1.r.4.CROSS")
def history_in_order(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.d.d_7_1_r, start=1):
        if certainly_before(one.d_7_1_r_4, one.d_7_1_r_2):
            yield Finding(f"{scene.at}/D/D.7.1.r[{number}]")


@CONTENT.holds("INDUCT.D.7.1.r.3.CROSS")
def ended_or_continuing(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.d.d_7_1_r, start=1):
        if one.d_7_1_r_3 is True and isinstance(one.d_7_1_r_4, Stamp):
            yield Finding(f"{scene.at}/D/D.7.1.r[{number}]")


@CONTENT.holds("INDUCT.F.r.5.CROSS")
def limits_in_order(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.f_r, start=1):
        low, high = number_of(one.f_r_4), number_of(one.f_r_5)
        if low is not None and high is not None and high < low:
            yield Finding(f"{scene.at}/F.r[{number}]")


def _name(text: str | None) -> str:
    return " ".join((text or "").casefold().split())
