"""Rules of the FDA over patient, drugs and opinions, and what it requires beyond ICH."""

from collections.abc import Iterator

from services.safety.e2b.layout import field_name
from services.safety.e2b.model import Assessment
from services.safety.e2b.rules.dictionary import elements
from services.safety.e2b.rules.fda import FDA, is_aggregate, settings
from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.walk import places
from services.safety.e2b.values import NullFlavor

_STUDY = "2"
_SUSPECT = frozenset({"1", "3"})
_ROLES = frozenset({"1", "2", "3"})
_SPONSOR, _METHOD = "Sponsor", "FDA"


@FDA.holds("R0070")
def ind_roles(scene: Scene) -> Iterator[Finding]:
    roles = [drug.g_k_1 for drug in scene.report.g_k]
    if None in roles:  # a fault of its own
        return
    known = {role for role in roles if role is not None}
    if not known & _SUSPECT or not known <= _ROLES:
        yield Finding(f"{scene.at}/G.k")


@FDA.holds("R0085")
def sponsor_speaks(scene: Scene) -> Iterator[Finding]:
    named = settings()["sources"]
    for path, opinion in _opinions(scene):
        if opinion.g_k_9_i_2_r_1 not in named:
            yield Finding(path)
    if not _opinions_are_due(scene):
        return
    suspects = [drug for drug in scene.report.g_k if drug.g_k_1 in _SUSPECT]
    spoken = {
        opinion.g_k_9_i_2_r_1
        for drug in suspects
        for pair in drug.g_k_9_i
        for opinion in pair.g_k_9_i_2_r
    }
    # Where nothing at all is said in a name that is known, each row has been found above.
    if suspects and _SPONSOR not in spoken and spoken <= set(named):
        yield Finding(f"{scene.at}/G.k")


@FDA.holds("R0086")
def method_named(scene: Scene) -> Iterator[Finding]:
    for path, opinion in _opinions(scene):
        if opinion.g_k_9_i_2_r_1 == _SPONSOR and opinion.g_k_9_i_2_r_2 != _METHOD:
            yield Finding(path)


@FDA.holds("R0087")
def result_in_words(scene: Scene) -> Iterator[Finding]:
    for path, opinion in _opinions(scene):
        ours = opinion.g_k_9_i_2_r_2 == _METHOD
        if ours and opinion.g_k_9_i_2_r_3 not in settings()["results"]:
            yield Finding(path)


@FDA.holds("W0003")
def race_of_nobody(scene: Scene) -> Iterator[Finding]:
    races = {one.fda_d_11_r_1 for one in scene.report.d.fda_d_11_r}
    if _nobody(scene) and races and races != {NullFlavor.NA}:
        yield Finding(f"{scene.at}/D")


@FDA.holds("W0004")
def ethnicity_of_nobody(scene: Scene) -> Iterator[Finding]:
    if _nobody(scene) and scene.report.d.fda_d_12 not in {None, NullFlavor.NA}:
        yield Finding(f"{scene.at}/D")


@FDA.holds("FDA.D.11.r.1.REQUIRED")
def race_told(scene: Scene) -> Iterator[Finding]:
    if all(one.fda_d_11_r_1 is None for one in scene.report.d.fda_d_11_r):
        yield Finding(f"{scene.at}/D")


@FDA.holds("FDA.E.i.4.CROSS")
def event_in_time(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.e_i, start=1):
        if one.e_i_4 is None and one.e_i_5 is None and one.e_i_6a is None:
            yield Finding(f"{scene.at}/E.i[{number}]")


@FDA.holds("FDA.E.i.3.2h.CODE")
def no_intervention(scene: Scene) -> Iterator[Finding]:
    for number, one in enumerate(scene.report.e_i, start=1):
        if one.fda_e_i_3_2h is True:
            yield Finding(f"{scene.at}/E.i[{number}]")


def missing(scene: Scene) -> Iterator[tuple[str, str]]:
    """Elements that the FDA requires and ICH does not: path and element."""
    required = [elements()[name] for name in settings()["required"]]
    for place in places(scene.message, scene.at):
        for element in required:
            owed = element.section == place.section
            if owed and place.value(field_name(element.id)) is None:
                yield place.path, element.id


def _opinions(scene: Scene) -> Iterator[tuple[str, Assessment]]:
    for place in places(scene.message, scene.at):
        if isinstance(place.item, Assessment):
            yield place.path, place.item


def _opinions_are_due(scene: Scene) -> bool:
    c_5 = scene.report.c_5
    return scene.report.c_1.c_1_3 == _STUDY and c_5 is not None and c_5.fda_c_5_5a is not None


def _nobody(scene: Scene) -> bool:
    name = scene.report.d.d_1
    return name is NullFlavor.NA or name in settings()["no_patient"] or is_aggregate(scene)
