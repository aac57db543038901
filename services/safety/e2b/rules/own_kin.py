"""Rules of our own over pregnancies, parents, and the dose until the first reaction."""

from collections.abc import Iterator

from services.safety.e2b.gestation import is_plausible
from services.safety.e2b.model import Drug
from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.own import certainly_before, number_of
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.values import Date, Stamp

KIN = Registry()
_MALE = "1"


@KIN.holds("INDUCT.D.2.2.1a.CROSS")
def foetus_has_parent(scene: Scene) -> Iterator[Finding]:
    patient = scene.report.d
    if patient.d_2_2_1a is not None and patient.d_10 is None:
        yield Finding(f"{scene.at}/D")


@KIN.holds("INDUCT.D.2.2.1a.RANGE")
def foetus_born_by_then(scene: Scene) -> Iterator[Finding]:
    if _is_too_far(scene.report.d.d_2_2_1a, scene.report.d.d_2_2_1b):
        yield Finding(f"{scene.at}/D")


@KIN.holds("INDUCT.D.6.CROSS")
def period_of_a_woman(scene: Scene) -> Iterator[Finding]:
    if scene.report.d.d_5 == _MALE and isinstance(scene.report.d.d_6, Stamp):
        yield Finding(f"{scene.at}/D")


@KIN.holds("INDUCT.D.10.3.CROSS")
def period_of_a_mother(scene: Scene) -> Iterator[Finding]:
    parent = scene.report.d.d_10
    if parent is not None and parent.d_10_6 == _MALE and isinstance(parent.d_10_3, Stamp):
        yield Finding(f"{scene.at}/D/D.10")


@KIN.holds("INDUCT.D.10.7.1.r.4.CROSS")
def parents_history_in_order(scene: Scene) -> Iterator[Finding]:
    parent = scene.report.d.d_10
    for number, one in enumerate(() if parent is None else parent.d_10_7_1_r, start=1):
        if certainly_before(one.d_10_7_1_r_4, one.d_10_7_1_r_2):
            yield Finding(f"{scene.at}/D/D.10/D.10.7.1.r[{number}]")


@KIN.holds("INDUCT.D.10.7.1.r.3.CROSS")
def parents_ended_or_continuing(scene: Scene) -> Iterator[Finding]:
    parent = scene.report.d.d_10
    for number, one in enumerate(() if parent is None else parent.d_10_7_1_r, start=1):
        if one.d_10_7_1_r_3 is True and isinstance(one.d_10_7_1_r_4, Stamp):
            yield Finding(f"{scene.at}/D/D.10/D.10.7.1.r[{number}]")


@KIN.holds("INDUCT.D.10.8.r.5.CROSS")
def parents_drugs_in_order(scene: Scene) -> Iterator[Finding]:
    parent = scene.report.d.d_10
    for number, one in enumerate(() if parent is None else parent.d_10_8_r, start=1):
        if certainly_before(one.d_10_8_r_5, one.d_10_8_r_4):
            yield Finding(f"{scene.at}/D/D.10/D.10.8.r[{number}]")


@KIN.holds("INDUCT.G.k.4.r.11.CROSS")
def parents_route_has_parent(scene: Scene) -> Iterator[Finding]:
    if scene.report.d.d_10 is not None:
        return
    for k, drug in enumerate(scene.report.g_k, start=1):
        for r, dose in enumerate(drug.g_k_4_r, start=1):
            if dose.g_k_4_r_11_1 is not None or dose.g_k_4_r_11_2b is not None:
                yield Finding(f"{scene.at}/G.k[{k}]/G.k.4.r[{r}]")


@KIN.holds("INDUCT.G.k.5a.CROSS")
def all_is_no_less_than_one(scene: Scene) -> Iterator[Finding]:
    onsets = [one.e_i_4 for one in scene.report.e_i]
    for k, drug in enumerate(scene.report.g_k, start=1):
        total = number_of(drug.g_k_5a)
        before = [number_of(each) for each in _before(drug, onsets)]
        if total is not None and any(each is not None and each > total for each in before):
            yield Finding(f"{scene.at}/G.k[{k}]")


@KIN.holds("INDUCT.G.k.6a.RANGE")
def exposed_before_birth(scene: Scene) -> Iterator[Finding]:
    for k, drug in enumerate(scene.report.g_k, start=1):
        if _is_too_far(drug.g_k_6a, drug.g_k_6b):
            yield Finding(f"{scene.at}/G.k[{k}]")


def _before(drug: Drug, onsets: list[Date]) -> Iterator[str]:
    """The single doses, in the unit of the sum, that were given before every reaction."""
    for dose in drug.g_k_4_r:
        given = all(certainly_before(dose.g_k_4_r_4, onset) for onset in onsets)
        if onsets and given and dose.g_k_4_r_1a is not None and dose.g_k_4_r_1b == drug.g_k_5b:
            yield dose.g_k_4_r_1a


def _is_too_far(number: str | None, unit: str | None) -> bool:
    told = number_of(number)
    return told is not None and unit is not None and not is_plausible(told, unit)
