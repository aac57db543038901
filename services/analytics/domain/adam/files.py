"""The analysis datasets as files: Dataset-JSON 1.1, whole and a row a line, SAS XPORT version 5,
and CSV for people.

A night is told by its cutoff, and so is the instant that stands wherever a format asks when a file
was made: its last second, in UTC. The same night has the same bytes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time

from services.analytics.domain.adam.define import define_xml
from services.analytics.domain.adam.define_page import define_page
from services.analytics.domain.adam.model import Model, model_of
from services.analytics.domain.adam.tables import AdamTable, Derived, tables_of
from services.analytics.domain.artefacts import CSV, HTML, JSON, NDJSON, XML, XPT, Artefact
from services.analytics.domain.results import OutputClass
from shared.datasets.csv_text import CsvWriter
from shared.datasets.dataset import About, Survey, Writer
from shared.datasets.dataset_json import JsonWriter, NdjsonWriter
from shared.datasets.xpt import XptWriter, look_at
from shared.study import StudyDefinition

LAST_SECOND = time(23, 59, 59, tzinfo=UTC)


def dataset_files(
    definition: StudyDefinition, derived: Derived, output_class: OutputClass, system_version: str
) -> Iterator[Artefact]:
    """Every dataset of a class in every format, and the document that defines them."""
    model = model_of(definition, output_class)
    about = about_of(model, derived, system_version)
    tables = tables_of(model, derived)
    for table in tables:
        yield from _files(table, about, output_class)
    yield Artefact("define.xml", output_class, XML, define_xml(model, tables, about))
    yield Artefact("define.html", output_class, HTML, define_page(model, tables))


def about_of(model: Model, derived: Derived, system_version: str) -> About:
    """What the files are of. The title of a study may name its arms: open files go without."""
    identity = model.definition.identity
    return About(
        study=model.definition.id,
        title=identity.id if model.is_open else identity.title,
        variant=model.output_class.value,
        as_of=datetime.combine(derived.cutoff, LAST_SECOND),
        definition_version=model.definition.version,
        system_version=system_version,
    )


def _files(table: AdamTable, about: About, output_class: OutputClass) -> Iterator[Artefact]:
    dataset, survey = table.model.dataset, Survey()
    for row in table.rows:
        look_at(survey, dataset, row)
    name, count = table.model.name.lower(), len(table.rows)
    writers: tuple[tuple[str, str, Writer], ...] = (
        ("json", JSON, JsonWriter(dataset, about, survey)),
        ("ndjson", NDJSON, NdjsonWriter(dataset, about, survey)),
        ("xpt", XPT, XptWriter(dataset, about, survey)),
        ("csv", CSV, CsvWriter(dataset, for_people=True)),
    )
    for ending, media_type, writer in writers:
        content = writer.start() + b"".join(map(writer.row, table.rows)) + writer.end()
        yield Artefact(f"{name}.{ending}", output_class, media_type, content, count)
