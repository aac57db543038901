"""What a report of a case is made of, beside the study definition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.safety.domain.attachments import Attachment
from services.safety.domain.body_size import Measured
from services.safety.domain.case import Report
from services.safety.domain.concomitants import Medication
from services.safety.domain.dosing import Given
from services.safety.domain.facts import Fact
from services.safety.domain.icsr_change import Change, Told


@dataclass(frozen=True)
class CaseFile:
    """All that a report of a case is made of. ``facts`` stand; ``narrative`` is the signed one.
    ``medications`` are on record as taken when an event began, ``measured`` is every weight and
    height. ``numbers`` are the worldwide numbers (C.1.1) of other cases of this system by their
    own, ``duplicates`` those under which the receiver has a duplicate that was nullified for this
    case. ``attachments`` are the documents that the report names, by hash. ``told`` is what the
    receiver has of the case, ``change`` what this report does to it."""

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
    measured: Sequence[Measured] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    duplicates: Sequence[str] = ()
    attachments: Mapping[str, Attachment] = field(default_factory=dict)
