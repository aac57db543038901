"""What a document turns out to ask for, written down step by step while it is read."""

from dataclasses import dataclass

from services.assessments.domain.history import History
from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.domain.rave.steps import (
    FlagStep,
    Place,
    Plan,
    QueryStep,
    RecordStep,
    Touched,
)
from services.assessments.domain.sight import Sight


@dataclass(frozen=True)
class Standing:
    """A subject with its records as they stand; without them where a document asks of none."""

    subject: str
    histories: tuple[History, ...] = ()

    def at(self, place: Place) -> History | None:
        """The record that is filled there."""
        return next((each for each in self.histories if each.place == place), None)


class Ledger:
    """Steps of records, each record once; queries, flags, and what was touched."""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight
        self.forms = sight.form_ids() or [form.id for form in sight.definition.forms]
        self._steps: dict[tuple[str, str, str, int], RecordStep] = {}
        self._queries: list[QueryStep] = []
        self._flags: dict[tuple[str, str, str, int, str], FlagStep] = {}
        self._subjects: set[str] = set()
        self._folders: set[tuple[str, str]] = set()
        self._records: set[tuple[str, str, str, int]] = set()
        self._lines: set[tuple[str, str, str, int]] = set()
        self._fields = 0

    def result(self) -> Plan:
        touched = Touched(
            len(self._subjects),
            len(self._folders),
            len(self._records),
            self._fields,
            len(self._lines),
        )
        written = tuple(step for step in self._steps.values() if step.items)
        return Plan(written, tuple(self._queries), tuple(self._flags.values()), touched)

    def touch_subject(self, subject: str) -> None:
        self._subjects.add(subject)

    def touch_folder(self, subject: str, visit: str) -> None:
        self._folders.add((subject, visit))

    def touch_record(self, subject: str, place: Place) -> None:
        self._records.add((subject, *place))

    def touch_line(self, subject: str, place: Place) -> None:
        self._lines.add((subject, *place))

    def step(self, subject: str, place: Place, at: str) -> RecordStep:
        """What is sent to a record, whichever node of the document sends it."""
        self.touch_record(subject, place)
        return self._steps.setdefault((subject, *place), RecordStep(subject, place, at))

    def repeats(self, subject: str, form: str, visit: str) -> list[int]:
        """The repeats of a form that the document writes already."""
        return [key[3] for key in self._steps if key[:3] == (subject, form, visit)]

    def send(self, step: RecordStep, item: str, value: object, at: str) -> None:
        """Send a value to an item, None to take it back. Raises where it was sent one before."""
        if item in step.items:
            raise refuse(Code.DUPLICATE, at)
        step.items[item] = value
        step.places[item] = at
        self._fields += 1

    def clear(self, record: History, at: str) -> None:
        """Take every value of a record back."""
        step = self.step(record.subject, record.place, at)
        form = self.sight.form(record.form)
        known = {} if form is None else self.sight.items(form)
        for name in record.items():
            if name in known:
                self.send(step, name, None, at)

    def ask(self, query: QueryStep) -> None:
        self._queries.append(query)

    def flag(self, flag: FlagStep) -> None:
        """Note a flag. Raises where the document takes it back elsewhere."""
        key = (flag.subject, *flag.place, flag.flag)
        before = self._flags.setdefault(key, flag)
        if before.wanted != flag.wanted:
            raise refuse(Code.DUPLICATE, flag.at, f"{flag.flag} is asked for and taken back.")
