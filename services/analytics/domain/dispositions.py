"""What became of each randomized subject: treated, with which product, and how it left."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.derivation import Record, record_date, select_record
from shared.study.disposition import Exit

NOT_STATED = "not stated"


@dataclass(frozen=True, slots=True)
class Left:
    """A subject that left something, on a day, for a reason, by a record."""

    exit: Exit
    reason: str
    on: date
    record: Record


def exits_of(definition: StudyDefinition, subject: Subject) -> Iterator[Left]:
    """What the subject left, each once and by the first record of it."""
    for found in () if definition.disposition is None else definition.disposition.exits:
        record = select_record(definition, found.select, subject.records, subject.anchors)
        if record is not None:
            stated = None if found.reason is None else record.values.get(found.reason)
            reason = NOT_STATED if stated is None else str(stated)
            yield Left(found, reason, record_date(record, found.select.date), record)


def is_treated(definition: StudyDefinition, subject: Subject) -> bool:
    """Whether what the study counts as treatment has a date."""
    disposition = definition.disposition
    return disposition is not None and disposition.treated in subject.anchors


def is_crossed(subject: Subject) -> bool:
    """Whether the first product given was another arm's."""
    return subject.received not in {None, subject.allocated.arm}
