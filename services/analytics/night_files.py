"""The files of a night: rows, reports, analysis datasets. reportlab is loaded from here."""

from collections.abc import Iterator, Sequence

from services.analytics.domain.adam.files import dataset_files
from services.analytics.domain.adam.tables import Derived
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.artefacts import HTML, JSON, PDF, Artefact
from services.analytics.domain.canonical import canonical_bytes
from services.analytics.domain.manifest import Work
from services.analytics.domain.results import OutputClass
from services.analytics.night import Night
from services.analytics.report.build import Material, build
from services.analytics.report.page import page
from services.analytics.report.paper import paper
from shared import __version__


def row_files(night: Night, sets: Sequence[Membership]) -> list[Artefact]:
    """Result rows of each class, and what they were computed from."""
    files = []
    for output_class in OutputClass:
        rows = [row.to_json() for row in night.rows if row.output_class is output_class]
        name = f"results_{output_class.value}.json"
        files.append(Artefact(name, output_class, JSON, canonical_bytes(rows), len(rows)))
    # By subject and arm, and so closed.
    for name, kept in (("observations.json", night.times), ("populations.json", sets)):
        content = canonical_bytes([each.to_json() for each in kept])
        files.append(Artefact(name, OutputClass.CLOSED, JSON, content, len(kept)))
    return files


def reports(night: Night, work: Work, sets: Sequence[Membership]) -> Iterator[Artefact]:
    """The report of each class on a page and on paper."""
    for output_class in OutputClass:
        report = build(Material(work, output_class, sets, night.pictures[output_class]))
        yield Artefact(f"{output_class.value}.html", output_class, HTML, page(report))
        yield Artefact(f"{output_class.value}.pdf", output_class, PDF, paper(report))


def dataset_artefacts(night: Night, sets: Sequence[Membership]) -> Iterator[Artefact]:
    """The analysis datasets of each class."""
    times = (*night.times, *night.competing)
    data = night.data
    derived = Derived(
        night.subjects, tuple(sets), times, data.cutoff, data.consented, data.not_randomized
    )
    for output_class in OutputClass:
        yield from dataset_files(night.definition, derived, output_class, __version__)
