"""The files of an export: which there are, and how each is written."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from services.assessments.domain.exports.odm import OdmSurvey, OdmWriter
from services.assessments.domain.exports.participant import Participant
from services.assessments.domain.exports.sdtm import Sdtm
from services.assessments.domain.exports.sdtm_subjects import subject_rows, trial_rows
from shared.datasets.csv_text import CsvWriter
from shared.datasets.dataset import About, Row, Survey, Writer
from shared.datasets.dataset_json import JsonWriter, NdjsonWriter
from shared.datasets.xpt import XptWriter, look_at

_ODM, _ODM_AUDIT, XPT_NOTES = "odm.xml", "odm-audit.xml", "xpt-notes.json"
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "dataset-json": (".json",),
    "dataset-ndjson": (".ndjson",),
    "xpt": (".xpt",),
    "csv": (".csv", ".people.csv"),
}
MEDIA_TYPES: Mapping[str, str] = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "xpt": "application/octet-stream",
    "csv": "text/csv; charset=utf-8; header=present",
    "xml": "application/xml; charset=utf-8",
}
POLICY = (
    "XPT version 5 holds ASCII of at most 200 bytes: accents are taken off, listed signs are "
    "spelled out, other characters become '?', line breaks become spaces, the rest is cut. The "
    "counts are of cells; the other formats hold every text unaltered."
)


class FileWriter(Protocol):
    """Writes a file in two passes over the children: ``look`` at each, then write each.

    ``surveys`` is False where the first pass may be left out. ``forms`` are those whose records are
    looked at, None for all; ``derived`` is whether derived values are.
    """

    surveys: bool
    forms: frozenset[str] | None
    derived: bool

    def look(self, participant: Participant) -> None: ...

    def start(self) -> bytes: ...

    def child(self, participant: Participant) -> bytes: ...

    def end(self) -> bytes: ...


def file_names(sdtm: Sdtm, formats: Iterable[str], *, audit: bool) -> list[tuple[str, str]]:
    """Name and label of every file, in a fixed order."""
    wanted = set(formats)
    found = [
        (domain.lower() + ending, sdtm.dataset(domain).label)
        for known, endings in _ENDINGS.items()
        if known in wanted
        for ending in endings
        for domain in sdtm.domains()
    ]
    if "xpt" in wanted:
        found.append((XPT_NOTES, "What XPT could not hold as it was"))
    if "odm" in wanted:
        found.append((_ODM, "ODM 1.3.2, values in force"))
        if audit:
            found.append((_ODM_AUDIT, "ODM 1.3.2, every version with its audit"))
    return found


def media_type(name: str) -> str:
    return MEDIA_TYPES[name.rpartition(".")[2]]


def writer_of(name: str, sdtm: Sdtm, about: About) -> FileWriter:
    """The writer of a file named by ``file_names``."""
    if name in {_ODM, _ODM_AUDIT}:
        return OdmFile(sdtm, about, audit=name == _ODM_AUDIT)
    if name == XPT_NOTES:
        return XptNotes(sdtm)
    domain, _, ending = name.partition(".")
    return DatasetFile(sdtm, about, domain.upper(), ending)


@dataclass
class DatasetFile:
    """A domain in one of the table formats."""

    sdtm: Sdtm
    about: About
    domain: str
    ending: str
    survey: Survey = field(default_factory=Survey)

    def __post_init__(self) -> None:
        self.surveys = not self.ending.endswith("csv")
        self.forms = self.sdtm.forms(self.domain)
        self.derived = self.domain in {"ADRS", "ADTTE"}
        self._dataset = self.sdtm.dataset(self.domain)
        self._of_trial = self.sdtm.pack.classes[self.domain] == "trial"
        for row in self._trial_rows():
            look_at(self.survey, self._dataset, row)
        self._writer: Writer | None = None

    def look(self, participant: Participant) -> None:
        if not self._of_trial:
            for row in subject_rows(self.sdtm, self.domain, self.sdtm.child(participant)):
                look_at(self.survey, self._dataset, row)

    def start(self) -> bytes:
        self._writer = self._new_writer()
        return self._writer.start() + b"".join(map(self._writer.row, self._trial_rows()))

    def child(self, participant: Participant) -> bytes:
        if self._of_trial:
            return b""
        rows = subject_rows(self.sdtm, self.domain, self.sdtm.child(participant))
        return b"".join(map(self._written.row, rows))

    def end(self) -> bytes:
        return self._written.end()

    @property
    def _written(self) -> Writer:
        if self._writer is None:
            raise RuntimeError("a file is started before it is written")
        return self._writer

    def _trial_rows(self) -> list[Row]:
        return list(trial_rows(self.sdtm, self.domain)) if self._of_trial else []

    def _new_writer(self) -> Writer:
        match self.ending:
            case "json":
                return JsonWriter(self._dataset, self.about, self.survey)
            case "ndjson":
                return NdjsonWriter(self._dataset, self.about, self.survey)
            case "xpt":
                return XptWriter(self._dataset, self.about, self.survey)
            case _:
                return CsvWriter(self._dataset, for_people=self.ending.startswith("people"))


class XptNotes:
    """Which variables of which datasets XPT could not hold as they were, and how often."""

    surveys = True
    forms: frozenset[str] | None = None
    derived = True

    def __init__(self, sdtm: Sdtm) -> None:
        self._sdtm = sdtm
        self._surveys = {domain: Survey() for domain in sdtm.domains()}

    def look(self, participant: Participant) -> None:
        child = self._sdtm.child(participant)
        for domain, survey in self._surveys.items():
            if self._sdtm.pack.classes[domain] != "trial":
                for row in subject_rows(self._sdtm, domain, child):
                    look_at(survey, self._sdtm.dataset(domain), row)

    def start(self) -> bytes:
        found = [
            {
                "dataset": domain,
                "variable": name,
                "replaced": survey.replaced.get(name, 0),
                "cut": survey.cut.get(name, 0),
            }
            for domain, survey in self._surveys.items()
            for name in sorted(survey.replaced.keys() | survey.cut.keys())
        ]
        content = {"policy": POLICY, "texts": found}
        return json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n"

    def child(self, participant: Participant) -> bytes:
        return b""

    def end(self) -> bytes:
        return b""


class OdmFile:
    """The study in ODM."""

    surveys = True
    forms: frozenset[str] | None = None
    derived = False

    def __init__(self, sdtm: Sdtm, about: About, *, audit: bool) -> None:
        self._survey = OdmSurvey()
        self._writer = OdmWriter(sdtm.sight, about, self._survey, audit=audit)

    def look(self, participant: Participant) -> None:
        self._survey.look_at(participant)

    def start(self) -> bytes:
        return self._writer.start()

    def child(self, participant: Participant) -> bytes:
        return self._writer.subject(participant)

    def end(self) -> bytes:
        return self._writer.end()
