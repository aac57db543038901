"""SDTM domains of a study, row by row and child by child, by the pack ``sdtm``.

Source: SDTM Implementation Guide 3.4. Study day 1 is the reference date; there is no day 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from services.assessments.domain.entry import UNSCHEDULED
from services.assessments.domain.exports.findings import exact, in_words, result
from services.assessments.domain.exports.participant import (
    Filled,
    Participant,
    Reference,
    Variant,
    filled,
)
from services.assessments.domain.exports.sdtm_pack import (
    CONSENTED,
    RANDOMIZED,
    Fill,
    Qualifier,
    SdtmPack,
    Source,
)
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from shared.datasets.dataset import Cell, Column, Dataset, Row
from shared.rules.terms import term_list
from shared.study import StudyDefinition
from shared.study.forms import Form, Item

Values = dict[str, Cell]
_TOPICS = {"events": "TERM", "interventions": "TRT"}
SUPP = "SUPP"
"""In front of the domain whose rows a dataset of qualifiers stands beside."""
_LAST = "9999"
"""After every date: rows without one come last."""


@dataclass(frozen=True, slots=True)
class Child:
    """A participant with its records worked out, and the date that study days count from."""

    participant: Participant
    records: tuple[Filled, ...]
    reference: date | None


class Sdtm:
    """The mapping of one study and variant. ``sight`` says which forms and items exist in it."""

    def __init__(self, pack: SdtmPack, definition: StudyDefinition, variant: Variant) -> None:
        self.pack = pack
        self.definition = definition
        self.variant = variant
        self.sight = Sight(definition, sees_arm=variant == "unblinded")
        self._visits = {visit.id: n for n, visit in enumerate(definition.visits, start=1)}
        self._forms = {f.id: n for n, f in enumerate(definition.forms)}
        self._reference = Reference(definition, pack.pack.text(f"reference_{variant}"))
        self._columns = {
            name: {column.name: column for column in dataset.columns}
            for name, dataset in pack.datasets.items()
        }
        self._sources = tuple(source for source in pack.sources if self._exists(source))
        self.qualifiers = tuple(each for each in pack.qualifiers if self._qualifies(each))

    def domains(self) -> list[str]:
        """The domains that this study and variant have, in the order of the pack."""
        made = {source.domain for source in self._sources}
        made |= {SUPP + each.domain for each in self.qualifiers}
        kinds = self.pack.classes
        general = {"special", "trial"} | ({"adam"} if self.variant == "unblinded" else set())
        return [name for name in kinds if kinds[name] in general or name in made]

    def dataset(self, domain: str) -> Dataset:
        return self.pack.datasets[domain]

    def child(self, participant: Participant) -> Child:
        """The participant made ready; once for all domains of a child."""
        records = tuple(
            filled(self.definition, history)
            for history in participant.histories
            if not history.taken_back
        )
        return Child(participant, records, self._reference.date(participant))

    def forms(self, domain: str) -> frozenset[str] | None:
        """The forms that the rows of a domain rest on; None for all of them."""
        if domain == "SV":
            return None
        rests_on = {"DS", "EX"} if domain in {"DM", "ADSL"} else {domain.removeprefix(SUPP)}
        own = {source.form for source in self._sources if source.domain in rests_on}
        beside = {each.form for each in self.qualifiers if SUPP + each.domain == domain}
        return self._reference.forms | own | beside

    def usubjid(self, participant: Participant) -> str:
        return f"{self.definition.id}-{participant.subject}"

    def observations(self, domain: str, child: Child) -> list[Values]:
        """The rows of a domain of events, interventions or findings, with their --SEQ."""
        return [values for _, values in self.traced(domain, child)]

    def traced(self, domain: str, child: Child) -> list[tuple[Filled | None, Values]]:
        """The same rows, each with the record that it was made of."""
        found = sorted(self._found(domain, child), key=lambda each: each[0])
        for number, (_, _, values) in enumerate(found, start=1):
            values[f"{domain}SEQ"] = number
        return [(record, values) for _, record, values in found]

    def rows(self, domain: str, child: Child) -> Iterator[Row]:
        """The rows of a domain of observations, in the order of its columns."""
        for values in self.observations(domain, child):
            yield self.in_order(domain, values)

    def in_order(self, domain: str, values: Values) -> Row:
        return [values.get(column.name) for column in self.dataset(domain).columns]

    def day(self, child: Child, text: str | None) -> int | None:
        """The study day of a date known to the day; None of any other."""
        if text is None or child.reference is None or len(text) < len("2000-01-01"):
            return None
        days = (date.fromisoformat(text[:10]) - child.reference).days
        return days + 1 if days >= 0 else days

    def visit(self, history_visit: str, form: Form | None) -> Values:
        """The variables of the visit; none for a form that hangs on no visit."""
        number = self._visits.get(history_visit)
        if number is not None:
            visit = self.definition.visits[number - 1]
            return {"VISITNUM": number, "VISIT": visit.name, "VISITDY": visit.day}
        return {"VISIT": UNSCHEDULED} if form is not None and form.visits else {}

    def _qualifies(self, qualifier: Qualifier) -> bool:
        form = self.sight.form(qualifier.form)
        return form is not None and qualifier.item in self.sight.items(form)

    def _exists(self, source: Source) -> bool:
        if source.form in {CONSENTED, RANDOMIZED}:
            return True
        form = self.sight.form(source.form)
        if form is None:
            return False
        needed = {source.item, source.when_item} - {None}
        topic = source.domain + _TOPICS.get(self.pack.classes[source.domain], "TESTCD")
        topics = {fill.item for fill in self.pack.fills(source) if fill.variable == topic}
        return (needed | topics) <= self.sight.items(form).keys()

    def _found(
        self, domain: str, child: Child
    ) -> Iterator[tuple[tuple[object, ...], Filled | None, Values]]:
        for order, source in enumerate(self._sources):
            if source.domain != domain:
                continue
            for record, values in self._of_source(source, child):
                place: tuple[object, ...] = (0, "", 0, "")
                if record is not None:
                    history = record.history
                    visit = self._visits.get(history.visit, len(self._visits) + 1)
                    place = (visit, history.form, history.repeat, history.record_id)
                when = values.get(f"{domain}DTC") or values.get(f"{domain}STDTC") or _LAST
                yield (when, *place, order), record, values

    def _of_source(self, source: Source, child: Child) -> Iterator[tuple[Filled | None, Values]]:
        told = child.participant
        given = {CONSENTED: told.consented_on, RANDOMIZED: told.allocated_on}
        if source.form in given:
            on = given[source.form]
            if on is not None:
                yield None, self._start(source, child) | self._dates(source, child, on.isoformat())
            return
        for record in child.records:
            if record.history.form == source.form and _applies(source, record):
                values = self._row(source, child, record)
                if values is not None:
                    yield record, values

    def _row(self, source: Source, child: Child, record: Filled) -> Values | None:
        form = self.definition.form(source.form)
        items = self.sight.items(form)
        values = self._start(source, child)
        if source.item is not None:
            found = result(self.pack, source, record, items[source.item])
            if found is None:
                return None
            values |= {source.domain + name: cell for name, cell in found.items()}
        dtc = record.date if source.date is None else record.read(source.date)
        dtc = None if source.undated else record.read(source.time) or dtc
        values |= self._dates(source, child, dtc, record.read(source.end))
        values |= self.visit(record.history.visit, form)
        columns = self._columns[source.domain]
        for fill in self.pack.fills(source):
            if fill.item in items and fill.variable in columns:
                told = self._filled(form, fill, record, columns[fill.variable])
                values[fill.variable] = _together(fill, values.get(fill.variable), told)
        return values

    def _start(self, source: Source, child: Child) -> Values:
        return {
            "STUDYID": self.definition.id,
            "DOMAIN": source.domain,
            "USUBJID": self.usubjid(child.participant),
            **source.constants(),
        }

    def _dates(
        self, source: Source, child: Child, start: str | None, end: str | None = None
    ) -> Values:
        domain = source.domain
        if self.pack.classes[domain] == "findings":
            return {f"{domain}DTC": start, f"{domain}DY": self.day(child, start)}
        return {
            f"{domain}STDTC": start,
            f"{domain}STDY": self.day(child, start),
            f"{domain}ENDTC": end,
            f"{domain}ENDY": self.day(child, end),
        }

    def _filled(self, form: Form, fill: Fill, record: Filled, column: Column) -> Cell:
        kept = record.items.get(fill.item)
        if kept is None or kept.read is None:
            return None
        if column.kind == "decimal":
            return exact(kept.read)
        if column.kind == "integer":
            return int(kept.read)
        if fill.received:
            return kept.text
        if fill.coded:
            return _coded(form.item(fill.item), kept.read)
        return self.told(form.item(fill.item), kept, fill.codes)

    def told(self, item: Item, kept: Kept, codes: str | None) -> str:
        """A value as the standard's term, or in words where there is none."""
        standard = self.pack.term(codes, kept.read) if codes and kept.read is not None else None
        return standard or in_words(item, kept)


def _together(fill: Fill, before: Cell, told: Cell) -> Cell:
    """What stands in a variable that several items fill: what they agree on, or ``several``."""
    if fill.several is None or before is None:
        return told
    return before if told in {None, before} else fill.several


def _coded(item: Item, text: str) -> str | None:
    found = None if item.dictionary is None else term_list(item.dictionary).find(text)
    return None if found is None else found.name


def _applies(source: Source, record: Filled) -> bool:
    if source.when_item is None:
        return True
    value = record.read(source.when_item)
    return value is not None and source.when in {None, value}
