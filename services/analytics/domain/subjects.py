"""Subjects with their records and the dates of their anchors, and the sets they belong to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.analytics.domain.cutoff import CutData, VisibleRecord
from services.analytics.domain.observations import ObservationError
from services.analytics.domain.study_data import Allocated, KeptRecord
from shared.study import StudyDefinition
from shared.study.anchors import CombinedAnchor, RecordAnchor
from shared.study.derivation import Occurrence, Record, anchor_dates, occurrence, select_record
from shared.study.occurrences import Population
from shared.study.open_dates import AnchorDates


@dataclass(frozen=True, slots=True)
class Subject:
    """A randomized subject at the cutoff. ``kept`` maps keys of records to them as kept.

    An anchor that a date not known to the day leaves open has no date: it is never guessed.
    ``received`` is the arm of the first product given, None where none was, or where the study does
    not say how it is known. ``counted_in`` is the arm that an analysis set counts the subject in,
    where that is not the one randomized.
    """

    allocated: Allocated
    records: tuple[Record, ...]
    kept: Mapping[str, KeptRecord]
    anchors: AnchorDates
    received: str | None = None
    counted_in: str | None = None

    @property
    def id(self) -> str:
        """The subject's id."""
        return self.allocated.subject

    @property
    def arm(self) -> str:
        """The arm that the subject counts in: as randomized, but in a set by arm received."""
        return self.counted_in or self.allocated.arm


@dataclass(frozen=True, slots=True)
class Source:
    """The record that a date rests on, and its item."""

    record: Record
    item: str


def subjects_at_cutoff(definition: StudyDefinition, data: CutData) -> tuple[Subject, ...]:
    """Every allocated subject, in canonical order, with all anchors that are dated by then."""
    by_subject: defaultdict[str, list[VisibleRecord]] = defaultdict(list)
    for record in data.records:
        by_subject[record.kept.subject].append(record)
    return tuple(
        _subject(definition, allocated, by_subject[allocated.subject], data.cutoff)
        for allocated in data.allocated
    )


def members(population: Population, subjects: Iterable[Subject]) -> tuple[Subject, ...]:
    """The subjects of an analysis set, in the arm of its basis; nobody of whom an open date leaves
    it undecided.

    Raises ObservationError for a subject of a set by arm received whose arm is not known.
    """
    return tuple(
        subject
        for subject in (_counted(population, each) for each in subjects)
        if all(anchor in subject.anchors for anchor in population.requires)
        and not any(
            anchor in subject.anchors or anchor in subject.anchors.open
            for anchor in population.unless
        )
        and (not population.arms or subject.arm in population.arms)
    )


def _counted(population: Population, subject: Subject) -> Subject:
    if population.arm_basis == "randomized":
        return subject
    if subject.received is None and all(each in subject.anchors for each in population.requires):
        rule = f"{population.id}: the arm received is not known"
        raise ObservationError(subject.id, rule)
    return replace(subject, counted_in=subject.received)


def occurrences(
    definition: StudyDefinition, sources: Sequence[str], subject: Subject, until: date
) -> list[Occurrence]:
    """What happened of ``sources`` by ``until``: by date, then in the order of the sources."""
    found = (
        occurrence(definition, definition.event_source(name), subject.records, subject.anchors)
        for name in sources
    )
    happened = [each for each in found if each is not None and each.date <= until]
    return sorted(happened, key=lambda each: (each.date, sources.index(each.source)))


def dating_anchor(definition: StudyDefinition, anchor: str, subject: Subject) -> str:
    """The anchor whose date this is: of ``day1 = first dose, else randomization`` one of the two.

    The subject must have the date.
    """
    found = definition.anchor(anchor)
    if not isinstance(found, CombinedAnchor) or found.kind != "coalesce":
        return anchor
    first = next(name for name in found.anchors if name in subject.anchors)
    return dating_anchor(definition, first, subject)


def source_of(definition: StudyDefinition, found: Occurrence, subject: Subject) -> Source | None:
    """The record an occurrence rests on, looked up behind an anchor that dates it; None for none.

    A record that was merely dated at an anchor (an induction failure at day 1) is the source.
    """
    select = definition.event_source(found.source).select
    if found.record is not None and select is not None:
        return Source(found.record, select.date)
    return None if found.anchor is None else source_of_anchor(definition, found.anchor, subject)


def source_of_anchor(definition: StudyDefinition, name: str, subject: Subject) -> Source | None:
    """The record that dates an anchor of the subject; None where no record does.

    The subject must have the date.
    """
    anchor = definition.anchor(dating_anchor(definition, name, subject))
    if not isinstance(anchor, RecordAnchor):
        return None
    record = select_record(definition, anchor.select, subject.records, subject.anchors)
    return None if record is None else Source(record, anchor.select.date)


def _subject(
    definition: StudyDefinition,
    allocated: Allocated,
    records: Sequence[VisibleRecord],
    cutoff: date,
) -> Subject:
    read = tuple(
        Record(each.kept.form, each.kept.key, each.values, each.kept.visit) for each in records
    )
    dates = anchor_dates(definition, read, allocated.randomized_on).until(cutoff)
    kept = {each.kept.key: each.kept for each in records}
    return Subject(allocated, read, kept, dates, _received(definition, read, dates))


def _received(
    definition: StudyDefinition, records: Sequence[Record], anchors: AnchorDates
) -> str | None:
    """The arm whose product the study's record of the first dose names."""
    rule = definition.analysis.received
    if rule is None or rule.anchor not in anchors:
        return None
    anchor = definition.anchor(rule.anchor)
    if not isinstance(anchor, RecordAnchor):
        return None
    record = select_record(definition, anchor.select, records, anchors)
    code = None if record is None else record.values.get(rule.product)
    return next(
        (arm.code for arm in definition.arms if code in {each.code for each in arm.products}), None
    )
