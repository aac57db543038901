"""How the parts of an ICSR nest, in the order in which they are written: one tree for both ways."""

from dataclasses import dataclass

from services.safety.e2b import model


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its tables of paths, its class, and the field of its parent that holds it.

    ``late`` tables fill the same object after the children have been written.
    """

    section: str
    kind: type
    field: str
    many: bool = False
    optional: bool = False
    children: tuple["Part", ...] = ()
    late: tuple[str, ...] = ()


def _many(section: str, kind: type, *children: Part) -> Part:
    return Part(section, kind, field_name(section), many=True, children=children)


def field_name(element: str) -> str:
    """The field of an element or section: ``E.i.3.2a`` is ``e_i_3_2a``."""
    return element.lower().replace(".", "_")


_IDENTIFICATION = Part(
    "C.1",
    model.Identification,
    "c_1",
    children=(
        _many("C.1.6.1.r", model.HeldDocument),
        _many("C.1.9.1.r", model.OtherIdentifier),
        _many("C.1.10.r", model.LinkedReport),
    ),
    late=("C.1.observations",),
)
_STUDY = Part(
    "C.5",
    model.Study,
    "c_5",
    optional=True,
    children=(
        _many("C.5.1.r", model.Registration),
        _many("FDA.C.5.6.r", model.CrossReportedInd),
    ),
    late=("C.5.fda",),
)
_PARENT = Part(
    "D.10",
    model.Parent,
    "d_10",
    optional=True,
    children=(
        _many("D.10.7.1.r", model.ParentHistoryItem),
        _many("D.10.8.r", model.ParentDrug),
    ),
)
_PATIENT = Part(
    "D",
    model.Patient,
    "d",
    children=(
        _many("FDA.D.11.r", model.Race),
        _many("D.7.1.r", model.HistoryItem),
        _many("D.8.r", model.PastDrug),
        _many("D.9.2.r", model.DeathCause),
        _many("D.9.4.r", model.AutopsyCause),
        _PARENT,
    ),
    late=("D.text",),
)
_DRUG = _many(
    "G.k",
    model.Drug,
    _many("G.k.2.3.r", model.Substance),
    _many("G.k.4.r", model.Dosage),
    _many("G.k.7.r", model.Indication),
    _many("G.k.10.r", model.DrugNote),
)
_NARRATIVE = Part(
    "H",
    model.Narrative,
    "h",
    children=(
        _many("H.3.r", model.SenderDiagnosis),
        _many("H.5.r", model.NativeSummary),
    ),
)
# Below investigationEvent. Reactions, tests and drugs come after the patient: one primaryRole.
REPORT = (
    _many("C.4.r", model.Literature),
    _STUDY,
    _PATIENT,
    _many("E.i", model.Reaction),
    _many("F.r", model.LabResult),
    _DRUG,
    _IDENTIFICATION,
    _many("C.2.r", model.Reporter),
    Part("C.3", model.Sender, "c_3"),
    _NARRATIVE,
)
