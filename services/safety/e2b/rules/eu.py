"""Rules of the EU, and the hand-off gate of annex III 2.3: twelve checks by name."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.safety.e2b.model import Icsr, Message
from services.safety.e2b.rules.issues import Finding, Scene
from services.safety.e2b.rules.own import is_serious
from services.safety.e2b.rules.registry import Registry
from services.safety.e2b.tables import load
from services.safety.e2b.terminology.meddra import is_taken
from services.safety.e2b.values import NullFlavor

EU = Registry()
_STUDY = "2"
_SUSPECT = frozenset({"1", "3"})
# EudraCT 2022-000186-40, or EU CT 2023-509810-13-00.
_TRIAL_NUMBER = re.compile(r"\d{4}-\d{6}-\d{2}\Z|\d{4}-5\d{5}-\d{2}-\d{2}\Z")


@dataclass(frozen=True, slots=True)
class GateCheck:
    """One item that a SUSAR must have before it is handed off."""

    id: str
    element: str
    text: str
    held: bool


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the case is to the EU: a SUSAR, and one that it has."""

    susar: bool
    reported: bool


@EU.holds("EU.N.1.4.CODE")
def receiver(scene: Scene) -> Iterator[Finding]:
    known = load("rules_eu")["settings"]["receivers"]
    first = scene.batch.messages and scene.message is scene.batch.messages[0]
    if first and scene.batch.n_1_4 not in {None, *known}:
        yield Finding("N.1")


@EU.holds("EU.C.1.3.CODE")
def from_study(scene: Scene) -> Iterator[Finding]:
    if scene.report.c_1.c_1_3 in {"1", "3", "4"}:
        yield Finding(f"{scene.at}/C.1")


@EU.holds("EU.MEDDRA.VERSION")
def version_taken(scene: Scene) -> Iterator[Finding]:
    in_force = scene.context.meddra_in_force
    if in_force is None:
        return
    for number, one in enumerate(scene.report.e_i, start=1):
        if one.e_i_2_1a is not None and not is_taken(one.e_i_2_1a, in_force):
            yield Finding(f"{scene.at}/E.i[{number}]")


def gate(message: Message, *, susar: bool, reported: bool = False) -> tuple[GateCheck, ...]:
    """All twelve, held or not; ``susar`` is what the classification says of the event.

    ``reported``: the receiver has the case as one. What is no SUSAR any more, or never was a case,
    must reach whoever was told otherwise.
    """
    rows = load("rules_eu")["gate"]
    standing = _Standing(susar, reported)
    return tuple(
        GateCheck(name, row["element"], row["text"], _GATE[name](message, standing))
        for name, row in rows.items()
    )


def _said(value: object) -> bool:
    return value is not None and not isinstance(value, NullFlavor)


def _trial_number(message: Message, _: _Standing) -> bool:
    c_5 = message.report.c_5
    numbers = () if c_5 is None else tuple(one.c_5_1_r_1 for one in c_5.c_5_1_r)
    return any(isinstance(one, str) and bool(_TRIAL_NUMBER.match(one)) for one in numbers)


def _study_number(message: Message, _: _Standing) -> bool:
    return message.report.c_5 is not None and _said(message.report.c_5.c_5_3)


def _subject(message: Message, _: _Standing) -> bool:
    # A code, or that it is masked: somebody is identified either way.
    return _said(message.report.d.d_1) or message.report.d.d_1 is NullFlavor.MSK


def _reporter(message: Message, _: _Standing) -> bool:
    return any(one.c_2_r_4 is not None for one in message.report.c_2_r)


def _event(message: Message, standing: _Standing) -> bool:
    coded = [one for one in message.report.e_i if one.e_i_2_1b is not None]
    if standing.reported:
        return bool(coded)
    return standing.susar and any(is_serious(one) for one in coded)


def _substance(message: Message, _: _Standing) -> bool:
    return any(
        substance.g_k_2_3_r_2b is not None
        for drug in message.report.g_k
        if drug.g_k_1 in _SUSPECT
        for substance in drug.g_k_2_3_r
    )


def _causality(message: Message, _: _Standing) -> bool:
    return any(
        _said(opinion.g_k_9_i_2_r_3) or _said(opinion.g_k_9_i_2_r_3_eu_1)
        for drug in message.report.g_k
        if drug.g_k_1 in _SUSPECT
        for pair in drug.g_k_9_i
        for opinion in pair.g_k_9_i_2_r
    )


def _of_report(read: Callable[[Icsr], object]) -> Callable[[Message, _Standing], bool]:
    return lambda message, _: _said(read(message.report))


_GATE: dict[str, Callable[[Message, _Standing], bool]] = {
    "EU.C.5.1.r.1.GATE": _trial_number,
    "EU.C.5.3.GATE": _study_number,
    "EU.D.1.GATE": _subject,
    "EU.C.2.r.GATE": _reporter,
    "EU.E.i.GATE": _event,
    "EU.G.k.2.3.r.GATE": _substance,
    "EU.G.k.9.i.2.GATE": _causality,
    "EU.C.1.1.GATE": _of_report(lambda report: report.c_1.c_1_1),
    "EU.C.1.4.GATE": _of_report(lambda report: report.c_1.c_1_4),
    "EU.C.1.5.GATE": _of_report(lambda report: report.c_1.c_1_5),
    "EU.C.1.8.1.GATE": _of_report(lambda report: report.c_1.c_1_8_1),
    "EU.N.2.r.2.GATE": lambda message, _: _said(message.n_2_r_2),
}
