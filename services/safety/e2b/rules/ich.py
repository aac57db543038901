"""Rules of ICH over several elements. Each function holds the rule named above it."""

import re
from collections.abc import Iterator

from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.rules.walk import places

ICH = Registry()
_CASE_ID = re.compile(r"[A-Z]{2}-[^-]+-.+\Z", re.DOTALL)
_PATIENT_SENDER = "7"
_STUDY = "2"
# Suspect, interacting, not administered.
_ACCUSED = frozenset({"1", "3", "4"})
_PROCESSING = frozenset({"P", "T", "D"})


@ICH.holds("ICH.N.2.r.1.CROSS")
def message_number(scene: Scene) -> Iterator[Finding]:
    number, case = scene.message.n_2_r_1, scene.report.c_1.c_1_1
    if number is not None and case is not None and number != case:
        yield Finding(scene.at)


@ICH.holds("ICH.N.2.r.4.CROSS")
def message_instant(scene: Scene) -> Iterator[Finding]:
    sent, created = scene.message.n_2_r_4, scene.report.c_1.c_1_2
    if sent is not None and created is not None and sent != created:
        yield Finding(scene.at)


@ICH.holds("ICH.C.1.1.FORMAT")
def case_number(scene: Scene) -> Iterator[Finding]:
    case = scene.report.c_1.c_1_1
    if case is not None and not _CASE_ID.match(case):
        yield Finding(f"{scene.at}/C.1")


@ICH.holds("ICH.C.1.6.1.r.1.CROSS")
def documents_named(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    if c_1.c_1_6_1 is True and not any(one.c_1_6_1_r_1 for one in c_1.c_1_6_1_r):
        yield Finding(f"{scene.at}/C.1")


@ICH.holds("ICH.C.1.9.1.r.1.UNIQUE")
def other_numbers_named(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    if c_1.c_1_9_1 is True and not c_1.c_1_9_1_r:
        yield Finding(f"{scene.at}/C.1")


@ICH.holds("ICH.C.2.r.5.UNIQUE")
def one_primary_source(scene: Scene) -> Iterator[Finding]:
    if sum(one.c_2_r_5 is not None for one in scene.report.c_2_r) != 1:
        yield Finding(f"{scene.at}/C.2.r")


@ICH.holds("ICH.C.3.2.CROSS")
def sender_named(scene: Scene) -> Iterator[Finding]:
    c_3 = scene.report.c_3
    if c_3.c_3_1 not in {None, _PATIENT_SENDER} and c_3.c_3_2 is None:
        yield Finding(f"{scene.at}/C.3")


@ICH.holds("ICH.C.5.4.CROSS")
def study_type(scene: Scene) -> Iterator[Finding]:
    c_5 = scene.report.c_5
    if scene.report.c_1.c_1_3 == _STUDY and (c_5 is None or c_5.c_5_4 is None):
        yield Finding(f"{scene.at}/C.5")


@ICH.holds("ICH.D.7.2.CROSS")
def history_told(scene: Scene) -> Iterator[Finding]:
    if not scene.report.d.d_7_1_r and scene.report.d.d_7_2 is None:
        yield Finding(f"{scene.at}/D")


@ICH.holds("ICH.D.10.2.UNIQUE")
def parent_age_once(scene: Scene) -> Iterator[Finding]:
    parent = scene.report.d.d_10
    if parent is not None and parent.d_10_2_1 is not None and parent.d_10_2_2a is not None:
        yield Finding(f"{scene.at}/D/D.10")


@ICH.holds("ICH.E.i.REQUIRED")
def some_reaction(scene: Scene) -> Iterator[Finding]:
    if not scene.report.e_i:
        yield Finding(f"{scene.at}/E.i")


@ICH.holds("ICH.G.k.1.CROSS")
def some_drug_accused(scene: Scene) -> Iterator[Finding]:
    roles = [drug.g_k_1 for drug in scene.report.g_k]
    # A drug without a role is a fault of its own and may be the accused one.
    if None not in roles and not _ACCUSED.intersection(filter(None, roles)):
        yield Finding(f"{scene.at}/G.k")


@ICH.holds("ICH.G.k.2.1.UNIQUE")
def one_product_id(scene: Scene) -> Iterator[Finding]:
    both = (
        ("g_k_2_1_1b", "g_k_2_1_2b"), ("d_8_r_2b", "d_8_r_3b"), ("d_10_8_r_2b", "d_10_8_r_3b"),
    )  # fmt: skip
    for place in places(scene.message, scene.at):
        for one, other in both:
            if place.value(one) is not None and place.value(other) is not None:
                yield Finding(place.path)


@ICH.holds("ICH.G.k.9.i.1.CROSS")
def pairs_point_at_reactions(scene: Scene) -> Iterator[Finding]:
    known = {reaction.entity for reaction in scene.report.e_i}
    for k, drug in enumerate(scene.report.g_k, start=1):
        for i, pair in enumerate(drug.g_k_9_i, start=1):
            if pair.g_k_9_i_1 is None or pair.g_k_9_i_1 not in known:
                yield Finding(f"{scene.at}/G.k[{k}]/G.k.9.i[{i}]")


@ICH.holds("ICH.MEDDRA.UNIQUE")
def one_meddra_version(scene: Scene) -> Iterator[Finding]:
    if len(_versions(scene)) > 1:
        yield Finding(scene.at)


@ICH.holds("MEDDRA.VERSION")
def loaded_meddra_version(scene: Scene) -> Iterator[Finding]:
    loaded = scene.context.terminology
    versions = _versions(scene)
    # Several versions are a fault of their own.
    if loaded is not None and len(versions) == 1 and versions != {loaded.version}:
        yield Finding(scene.at)


@ICH.holds("HL7.ENTITY.UNIQUE")
def entities_apart(scene: Scene) -> Iterator[Finding]:
    entities = [
        *(one.entity for one in scene.report.e_i),
        *(one.entity for one in scene.report.g_k),
    ]
    named = [entity for entity in entities if entity is not None]
    if len(named) != len(entities) or len(set(named)) != len(named):
        yield Finding(scene.at)


@ICH.holds("HL7.PROCESSING.CODE")
def processing_known(scene: Scene) -> Iterator[Finding]:
    if scene.message.processing_code not in _PROCESSING:
        yield Finding(scene.at)


def _versions(scene: Scene) -> set[str]:
    return {
        value
        for place in places(scene.message, scene.at)
        for field in place.fields()
        if field in _VERSION_FIELDS and (value := place.value(field)) is not None
    }


_VERSION_FIELDS = frozenset(
    {
        "d_7_1_r_1a", "d_8_r_6a", "d_8_r_7a", "d_9_2_r_1a", "d_9_4_r_1a", "d_10_7_1_r_1a",
        "d_10_8_r_6a", "d_10_8_r_7a", "e_i_2_1a", "f_r_2_2a", "g_k_7_r_2a", "h_3_r_1a",
    }
)  # fmt: skip
