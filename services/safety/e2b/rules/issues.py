"""What a rule says, and what it may look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from services.safety.e2b.model import Batch, Icsr, Message


class Severity(StrEnum):
    """A reject blocks the hand-off; a warning is shown to whoever sends."""

    REJECT = "reject"
    WARNING = "warning"


class Profile(StrEnum):
    """For whom a batch is meant. ICH's own rules hold for all."""

    ICH = "ich"
    FDA_IND = "fda_ind"
    EU_CTR = "eu_ctr"


@dataclass(frozen=True, slots=True)
class Issue:
    """A rule that is not met: where, and what is wrong. Never the value itself."""

    id: str
    severity: Severity
    element: str
    path: str
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule's function found: the place within the message, and more words if need be."""

    path: str
    detail: str = ""


class Terminology(Protocol):
    """A loaded MedDRA version, as rules ask it."""

    @property
    def version(self) -> str:
        """Such as 28.1."""

    def fault(self, code: str) -> str | None:
        """Why the code may not be sent; None for a current lowest level term."""


@dataclass(frozen=True, slots=True)
class Context:
    """What no message says of itself.

    ``now`` is aware. ``initial`` says whether nothing of the case has been sent to this receiver;
    None where that is not known, and then no rule that rests on it is run. ``previous`` is the
    report of the version sent before. ``terminology`` None: codes are looked at for form only.
    ``meddra_in_force`` is the newest version, which EudraVigilance takes, and the one before it.
    ``susar`` is what the classification says of the case; the gate of the EU asks for it.
    ``to_code_again`` are the reactions whose code is void, since they are called otherwise now.
    ``nullified`` says whether the case is; None where nobody knows, as of a file.
    """

    now: datetime
    initial: bool | None = None
    previous: Icsr | None = None
    terminology: Terminology | None = None
    open_label: bool = True
    susar: bool = False
    meddra_in_force: str | None = None
    nullified: bool | None = None
    to_code_again: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Scene:
    """One message in its batch, as a rule sees it; ``at`` is the path that leads to it."""

    batch: Batch
    message: Message
    at: str
    context: Context

    @property
    def report(self) -> Icsr:
        return self.message.report


class Rule(Protocol):
    """A rule as a function of one message; batch rules look at ``batch`` on the first message."""

    def __call__(self, scene: Scene) -> Iterator[Finding]: ...
