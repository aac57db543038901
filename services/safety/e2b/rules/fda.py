"""Rules of the FDA for an IND report. Each function holds the rule named above it."""

import re
from collections.abc import Iterator
from typing import Any

from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.tables import load
from services.safety.e2b.values import NullFlavor

FDA = Registry()
_IND_NUMBER = re.compile(r"[0-9]{6}\Z")
_SPONTANEOUS, _STUDY = "1", "2"
_STUDY_TYPES = frozenset({"1", "2", "3"})
_EXPEDITED = frozenset({"1", "6"})


def settings() -> Any:
    """What the rules compare with, as data."""
    return load("rules_fda")["settings"]


@FDA.holds("R0005")
def batch_receiver(scene: Scene) -> Iterator[Finding]:
    if _is_first(scene) and scene.batch.n_1_4 not in {None, settings()["batch_receiver"]}:
        yield Finding("N.1")


@FDA.holds("R0007")
def message_receiver(scene: Scene) -> Iterator[Finding]:
    receiver = scene.message.n_2_r_3
    if receiver is not None and receiver not in settings()["message_receivers"]:
        yield Finding(scene.at)


@FDA.holds("R0100")
def one_sender(scene: Scene) -> Iterator[Finding]:
    sender = scene.message.n_2_r_2
    if sender is not None and scene.batch.n_1_3 is not None and sender != scene.batch.n_1_3:
        yield Finding(scene.at)


@FDA.holds("R0008")
def study_report(scene: Scene) -> Iterator[Finding]:
    kind = scene.report.c_1.c_1_3
    if _ind(scene) and _study_type(scene) in _STUDY_TYPES and kind not in {None, _STUDY}:
        yield Finding(f"{scene.at}/C.1")


@FDA.holds("R0110")
def spontaneous_report(scene: Scene) -> Iterator[Finding]:
    kind = scene.report.c_1.c_1_3
    untyped = _ind(scene) and _to_ind(scene) and _study_type(scene) is None
    if untyped and kind not in {None, _SPONTANEOUS}:
        yield Finding(f"{scene.at}/C.1")


@FDA.holds("R0112")
def known_kind(scene: Scene) -> Iterator[Finding]:
    if _to_ind(scene) and scene.report.c_1.c_1_3 in {"3", "4"}:
        yield Finding(f"{scene.at}/C.1")


@FDA.holds("R0113")
def spontaneous_without_type(scene: Scene) -> Iterator[Finding]:
    kind = scene.report.c_1.c_1_3
    if _to_ind(scene) and kind == _SPONTANEOUS and _study_type(scene) is not None:
        yield Finding(f"{scene.at}/C.5")


@FDA.holds("R0010")
def plain_attachments(scene: Scene) -> Iterator[Finding]:
    attached = (
        *(
            ("C.1/C.1.6.1.r", n, one, one.c_1_6_1_r_2)
            for n, one in _each(scene.report.c_1.c_1_6_1_r)
        ),
        *(("C.4.r", n, one, one.c_4_r_2) for n, one in _each(scene.report.c_4_r)),
    )
    for section, number, one, content in attached:
        if content is not None and (one.compression or one.representation != "B64"):
            yield Finding(f"{scene.at}/{section}[{number}]")


@FDA.holds("R0011")
def first_says_expedited(scene: Scene) -> Iterator[Finding]:
    if scene.context.initial is True and scene.report.c_1.c_1_7 is NullFlavor.NI:
        yield Finding(f"{scene.at}/C.1")


@FDA.holds("R0016")
def expedited_kind(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    expedited = c_1.c_1_7 is True and c_1.c_1_3 in {_SPONTANEOUS, _STUDY}
    if expedited and c_1.fda_c_1_7_1 not in {None, *_EXPEDITED}:
        yield Finding(f"{scene.at}/C.1")


@FDA.holds("R0024")
def ind_number(scene: Scene) -> Iterator[Finding]:
    if _to_ind(scene) and scene.report.c_1.c_1_3 in {_SPONTANEOUS, _STUDY}:
        number = _ind(scene)
        if number is None or not _IND_NUMBER.match(number):
            yield Finding(f"{scene.at}/C.5")


@FDA.holds("R0026")
def cross_reported(scene: Scene) -> Iterator[Finding]:
    c_5 = scene.report.c_5
    if c_5 is not None and c_5.fda_c_5_5a is not None and not c_5.fda_c_5_6_r:
        yield Finding(f"{scene.at}/C.5")


@FDA.holds("W0001")
def aggregate_lists(scene: Scene) -> Iterator[Finding]:
    if is_aggregate(scene) and not scene.report.c_1.c_1_10_r:
        yield Finding(f"{scene.at}/C.1")


@FDA.holds("W0002")
def aggregate_of_trials(scene: Scene) -> Iterator[Finding]:
    if is_aggregate(scene) and _study_type(scene) != "1":
        yield Finding(f"{scene.at}/C.5")


@FDA.holds("W0010")
def lists_so_aggregate(scene: Scene) -> Iterator[Finding]:
    c_1 = scene.report.c_1
    if c_1.c_1_3 == _STUDY and c_1.c_1_10_r and _ind(scene) and not is_aggregate(scene):
        yield Finding(f"{scene.at}/D")


def is_aggregate(scene: Scene) -> bool:
    """Whether the report is of many patients."""
    return scene.report.d.d_1 in settings()["aggregate"]


def _is_first(scene: Scene) -> bool:
    return bool(scene.batch.messages) and scene.message is scene.batch.messages[0]


def _to_ind(scene: Scene) -> bool:
    return scene.message.n_2_r_3 in settings()["ind_receivers"]


def _ind(scene: Scene) -> str | None:
    return None if scene.report.c_5 is None else scene.report.c_5.fda_c_5_5a


def _study_type(scene: Scene) -> str | None:
    return None if scene.report.c_5 is None else scene.report.c_5.c_5_4


def _each(items: tuple[Any, ...]) -> list[tuple[int, Any]]:
    return list(enumerate(items, start=1))
