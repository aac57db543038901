"""What a report of a case is made of, beside the study definition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.safety.domain.case import Report
from services.safety.domain.concomitants import Medication
from services.safety.domain.dosing import Given
from services.safety.domain.facts import Fact
from services.safety.domain.icsr_change import Change, Told


@dataclass(frozen=True)
class CaseFile:
    """All that a report of a case is made of. ``facts`` stand; ``narrative`` is the signed one.
    ``medications`` are on record as taken when an event began.
    ``told`` is what the receiver has of the case, ``change`` what this report does to it."""

    number: str
    subject: str
    country: str
    born: str
    sex: str
    report: Report
    first_received: date
    last_received: date
    facts: Sequence[Fact]
    given: Sequence[Given]
    narrative: str | None
    told: Told | None = None
    change: Change | None = None
    medications: Sequence[Medication] = ()
