"""The data as they stood on the cutoff date: what is dated later is not there.

Three kinds of cut (terms of the R package datacutr): subjects randomized later are left out with
everything of theirs (patient cut), so are records observed later (date cut), and in a record that
stays a value dated later is blanked, a date of death for one (special cut). What was recorded late
about an earlier day counts.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from operator import itemgetter

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.looks_held import HeldLook, held_by
from services.analytics.domain.screening import ScreeningEnd, screening_ends
from services.analytics.domain.study_data import Allocated, KeptRecord, Registered, StudyData
from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor
from shared.study.dates import PartialDate
from shared.study.forms import Form
from shared.study.kept import kept_value
from shared.study.values import Value, ValueRefusedError


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A kept value that is reported as it cannot be used: one that the definition in force does
    not take, or a date that dates an endpoint and is not known to the day (``date_incomplete``;
    it still tells what lies before or after it for certain)."""

    subject: str
    record: str
    item: str
    code: str


@dataclass(frozen=True, slots=True)
class VisibleRecord:
    """A record with its typed values."""

    kept: KeptRecord
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class CutData:
    """What counts at ``cutoff``. ``consented`` are all subjects registered by then, and
    ``not_randomized`` tells of those who are not randomized why. ``looks`` were held by then."""

    study: str
    cutoff: date
    consented: Mapping[str, Registered]
    allocated: tuple[Allocated, ...]
    records: tuple[VisibleRecord, ...]
    unreadable: tuple[Unreadable, ...]
    not_randomized: Mapping[str, ScreeningEnd] = field(default_factory=dict)
    looks: tuple[HeldLook, ...] = ()

    @property
    def registered(self) -> int:
        """How many subjects are registered."""
        return len(self.consented)


def cut(definition: StudyDefinition, data: StudyData, cutoff: date) -> CutData:
    """Leave out everything dated after ``cutoff``, and read the values that stay."""
    allocated = tuple(each for each in data.allocated if each.randomized_on <= cutoff)
    subjects = {each.subject for each in allocated}
    forms = {form.id: form for form in definition.forms}
    dating = _dating_items(definition)
    records: list[VisibleRecord] = []
    unreadable: list[Unreadable] = []
    for kept in data.records:
        if kept.subject in subjects and (kept.observed_on is None or kept.observed_on <= cutoff):
            record, faults = _read(kept, forms.get(kept.form), cutoff)
            records.append(record)
            unreadable += faults
            unreadable += _incomplete(record, dating.get(kept.form, frozenset()))
    consented = {
        subject: each for subject, each in data.registered.items() if each.consented_on <= cutoff
    }
    return CutData(
        data.study, cutoff, consented, allocated, tuple(records), tuple(unreadable),
        screening_ends(definition, data, consented.keys() - subjects, cutoff),
        held_by(data.looks, cutoff),
    )  # fmt: skip


def inputs_hash(data: CutData) -> str:
    """SHA-256 of everything a run can have used. It covers the arms: closed."""
    return content_hash(_content(data, [record.kept for record in data.records], arms=True))


def masked_inputs_hash(definition: StudyDefinition, data: CutData) -> str:
    """SHA-256 of the same without arms and without forms and items that reveal them.

    A hash over the arms of few subjects could be guessed back by trying, so this is the one that
    is shown to everybody.
    """
    hidden = {form.id for form in definition.forms if form.arm_revealing}
    revealing = {
        (form.id, item.id) for form in definition.forms for item in form.items if item.arm_revealing
    }
    records = [
        replace(
            record.kept,
            items={
                item: text
                for item, text in record.kept.items.items()
                if (record.kept.form, item) not in revealing
            },
        )
        for record in data.records
        if record.kept.form not in hidden
    ]
    return content_hash(_content(data, records, arms=False))


def _content(data: CutData, records: list[KeptRecord], *, arms: bool) -> object:
    return {
        "study": data.study,
        "registered": [
            [subject, each.site, each.consented_on.isoformat()]
            for subject, each in sorted(data.consented.items(), key=itemgetter(0))
        ],
        "not_randomized": [
            [subject, each.reason, None if each.on is None else each.on.isoformat()]
            for subject, each in data.not_randomized.items()
        ],
        "allocated": [
            [each.subject, each.site, each.stratum, each.randomized_on.isoformat()]
            + ([each.arm] if arms else [])
            for each in data.allocated
        ],
        "records": [[kept.subject, kept.key, dict(kept.items)] for kept in records],
    } | ({"looks": [_look(each) for each in data.looks]} if arms and data.looks else {})


def _look(look: HeldLook) -> list[object]:
    return [look.number, look.endpoint, look.contrast, look.held_on.isoformat(),
            look.information, look.z, look.decision]  # fmt: skip


def _read(
    kept: KeptRecord, form: Form | None, cutoff: date
) -> tuple[VisibleRecord, list[Unreadable]]:
    items = {} if form is None else {item.id: item for item in form.items}
    values: dict[str, Value] = {}
    texts: dict[str, str | None] = {}
    faults: list[Unreadable] = []
    for name, text in sorted(kept.items.items()):
        if text is None:
            continue
        try:
            value = kept_value(items.get(name), text)
        except ValueRefusedError as refusal:
            faults.append(Unreadable(kept.subject, kept.key, name, refusal.code))
            texts[name] = text
            continue
        if not any(day > cutoff for day in _days(value)):
            values[name] = value
            texts[name] = text
    return VisibleRecord(replace(kept, items=texts), values), faults


def _dating_items(definition: StudyDefinition) -> dict[str, set[str]]:
    """The items of each form that date an anchor or an event."""
    found: dict[str, set[str]] = {}
    anchors = (each.select for each in definition.anchors if isinstance(each, RecordAnchor))
    events = (each.select for each in definition.event_sources if each.select is not None)
    for select in (*anchors, *events):
        found.setdefault(select.form, set()).add(select.date)
    return found


def _incomplete(record: VisibleRecord, dating: AbstractSet[str]) -> Iterator[Unreadable]:
    for name in sorted(dating):
        value = record.values.get(name)
        if isinstance(value, PartialDate) and value.precision != "day":
            yield Unreadable(record.kept.subject, record.kept.key, name, "date_incomplete")


def _days(value: Value) -> Iterator[date]:
    """The day that a value is dated, the first it can be where it is known in part only."""
    if isinstance(value, datetime):
        yield value.date()
    elif isinstance(value, date):
        yield value
    elif isinstance(value, PartialDate):
        yield value.earliest
