"""Rules of our own over what a report tells beside its events: drugs, and what came with them."""

from collections.abc import Iterator

from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.own import certainly_before
from services.safety.e2b.rules.registry import Registry

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


def _name(text: str | None) -> str:
    return " ".join((text or "").casefold().split())
