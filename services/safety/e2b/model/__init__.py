"""An ICSR as data: frozen, every field named by its E2B(R3) element, everything optional.

A field is the element's id in lower case with underscores: ``E.i.3.2a`` is ``e_i_3_2a``. What an
element is called and may hold stands in ``data/dictionary_*.toml``. Numbers and codes are texts,
exactly as they go on the wire. ``entity`` is the UUID by which other parts point at a reaction or
a drug.
"""

from services.safety.e2b.model.clinical import LabResult, Reaction
from services.safety.e2b.model.drugs import (
    Assessment,
    Dosage,
    Drug,
    DrugNote,
    DrugReaction,
    Indication,
    Substance,
)
from services.safety.e2b.model.identification import (
    HeldDocument,
    Identification,
    LinkedReport,
    Literature,
    OtherIdentifier,
    Reporter,
    Sender,
)
from services.safety.e2b.model.narrative import Narrative, NativeSummary, SenderDiagnosis
from services.safety.e2b.model.patient import (
    AutopsyCause,
    DeathCause,
    HistoryItem,
    Parent,
    ParentDrug,
    ParentHistoryItem,
    PastDrug,
    Patient,
    Race,
)
from services.safety.e2b.model.report import Batch, Icsr, Message
from services.safety.e2b.model.study import CrossReportedInd, Registration, Study

__all__ = [
    "Assessment",
    "AutopsyCause",
    "Batch",
    "CrossReportedInd",
    "DeathCause",
    "Dosage",
    "Drug",
    "DrugNote",
    "DrugReaction",
    "HeldDocument",
    "HistoryItem",
    "Icsr",
    "Identification",
    "Indication",
    "LabResult",
    "LinkedReport",
    "Literature",
    "Message",
    "Narrative",
    "NativeSummary",
    "OtherIdentifier",
    "Parent",
    "ParentDrug",
    "ParentHistoryItem",
    "PastDrug",
    "Patient",
    "Race",
    "Reaction",
    "Registration",
    "Reporter",
    "Sender",
    "SenderDiagnosis",
    "Study",
    "Substance",
]
