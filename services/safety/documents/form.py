"""What a CIOMS I form says, box by box, already in words."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Seriousness:
    """Boxes 8 to 12, and the two criteria that ICH added later."""

    died: bool = False
    hospitalised: bool = False
    disabled: bool = False
    life_threatening: bool = False
    congenital: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Box 24d: where the report came from; several may be ticked."""

    study: bool = False
    literature: bool = False
    health_professional: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class CiomsForm:
    """The form. Texts may be of any length: what a box cannot hold goes on, none is cut.

    ``abated`` and ``reappeared`` (boxes 20, 21) are True, False, or None for not applicable.
    ``report_date`` is the date of this report and of the file. ``follow_up`` None: neither box of
    25a is ticked.
    """

    study: str
    control_number: str
    report_date: date
    initials: str = ""
    country: str = ""
    birth_date: str = ""
    age: str = ""
    sex: str = ""
    onset: str = ""
    seriousness: Seriousness = field(default_factory=Seriousness)
    description: str = ""
    suspect_drugs: str = ""
    daily_doses: str = ""
    routes: str = ""
    indications: str = ""
    therapy_dates: str = ""
    therapy_duration: str = ""
    abated: bool | None = None
    reappeared: bool | None = None
    concomitants: str = ""
    history: str = ""
    manufacturer: str = ""
    date_received: str = ""
    source: Source = field(default_factory=Source)
    follow_up: bool | None = None
    remarks: str = ""
