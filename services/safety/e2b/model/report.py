"""Section N: the batch and its messages, and the report that each message carries."""

from dataclasses import dataclass, field

from services.safety.e2b.model.clinical import LabResult, Reaction
from services.safety.e2b.model.drugs import Drug
from services.safety.e2b.model.identification import (
    Identification,
    Literature,
    Reporter,
    Sender,
)
from services.safety.e2b.model.narrative import Narrative
from services.safety.e2b.model.patient import Patient
from services.safety.e2b.model.study import Study
from services.safety.e2b.values import Date


@dataclass(frozen=True, slots=True)
class Icsr:
    """One individual case safety report: sections C to H."""

    c_1: Identification = field(default_factory=Identification)
    c_2_r: tuple[Reporter, ...] = ()
    c_3: Sender = field(default_factory=Sender)
    c_4_r: tuple[Literature, ...] = ()
    c_5: Study | None = None
    d: Patient = field(default_factory=Patient)
    e_i: tuple[Reaction, ...] = ()
    f_r: tuple[LabResult, ...] = ()
    g_k: tuple[Drug, ...] = ()
    h: Narrative = field(default_factory=Narrative)


@dataclass(frozen=True, slots=True)
class Message:
    """A report in its envelope (N.2.r). ``n_2_r_1`` is C.1.1, ``n_2_r_4`` is C.1.2.

    ``processing_code`` is P for production; a test message goes another way.
    """

    n_2_r_1: str | None = None
    n_2_r_2: str | None = None
    n_2_r_3: str | None = None
    n_2_r_4: Date = None
    processing_code: str | None = "P"
    report: Icsr = field(default_factory=Icsr)


@dataclass(frozen=True, slots=True)
class Batch:
    """What is handed to a gateway as one file (N.1)."""

    n_1_1: str | None = "1"
    n_1_2: str | None = None
    n_1_3: str | None = None
    n_1_4: str | None = None
    n_1_5: Date = None
    messages: tuple[Message, ...] = ()
