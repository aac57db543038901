"""The report of one class: participants, outcomes in the order of the registry, and how."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.forest import is_forest_of
from services.analytics.domain.interim_rows import STATISTICS
from services.analytics.domain.manifest import Work, statement_of
from services.analytics.domain.panel_text import SHOWN_DIGITS_OF_HASH
from services.analytics.domain.results import (
    BASELINE,
    CLOSED_MARKING,
    EVERYBODY,
    FLOW,
    MISSING_DATA,
    OutputClass,
    ResultRow,
)
from services.analytics.domain.swimmer import SWIMMER
from services.analytics.report.interim import interim_table
from services.analytics.report.method import method_section
from services.analytics.report.outline import Block, Picture, Report, Section
from services.analytics.report.participants import flow_table, sets_table
from services.analytics.report.subgroups import subgroup_tables
from services.analytics.report.tables import (
    adverse_events,
    by_group,
    comparisons,
    concentrations,
    of_population,
)
from shared.study import StudyDefinition
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    Endpoint,
)

Pictures = Mapping[tuple[str, str], Picture]
"""Figures of one class by endpoint and population."""


@dataclass(frozen=True, slots=True)
class Material:
    """What a report of ``output_class`` is made of."""

    work: Work
    output_class: OutputClass
    sets: Sequence[Membership]
    pictures: Pictures


def build(material: Material) -> Report:
    """The report of a class: an open one holds pooled rows alone."""
    work, closed = material.work, material.output_class is OutputClass.CLOSED
    definition, told = work.definition, statement_of(work, material.output_class)
    rows = [row for row in work.rows if row.output_class is material.output_class]
    secret = closed and definition.analysis.results_by_arm != "published"
    cutoff, inputs = told["cutoff"], str(told["inputs_hash"])[:SHOWN_DIGITS_OF_HASH]
    return Report(
        title=f"{definition.id}: {'closed report, by arm' if closed else 'open report, pooled'}",
        # The title of a trial names its arms; nothing that is open does.
        subtitle=definition.identity.title if closed else "Results of the night",
        marking=CLOSED_MARKING if secret else None,
        facts=_facts(told),
        sections=(
            _participants(material),
            *_outcomes(definition, rows, material.pictures),
            method_section(told),
        ),
        footer=f"{definition.id}, data cutoff {cutoff}, inputs {inputs}, "
        f"induct {work.versions['induct']}, definition {definition.version}",
    )


def _facts(told: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    subjects, statuses = told["subjects"], told["counts_by_status"]
    return (
        ("Data cutoff", str(told["cutoff"])),
        ("Registered", str(subjects["registered"])),
        ("Randomized", str(subjects["randomized"])),
        ("Numbers", f"{statuses['OK']} estimated, {statuses['NE']} not estimable (NE)"),
        ("Inputs (SHA-256)", str(told["inputs_hash"])),
        ("Study definition", f"{told['definition']['version']}, {told['definition']['sha256']}"),
    )


def _participants(material: Material) -> Section:
    # What comes before randomization has no arm: a closed report shows those rows as well.
    closed = material.output_class is OutputClass.CLOSED
    rows = [
        row
        for row in material.work.rows
        if row.endpoint == FLOW and (closed or row.output_class is OutputClass.OPEN)
    ]
    picture = material.pictures.get((FLOW, EVERYBODY))
    return Section(
        "Participants",
        "Sets are those of the study definition; whoever an open date leaves undecided is in none.",
        (
            *(() if picture is None else (picture,)),
            flow_table(rows),
            sets_table(material.work.definition, material.sets, material.output_class),
            *_baseline(material),
            *(each for (kind, _), each in material.pictures.items() if kind == SWIMMER),
        ),
    )


def _baseline(material: Material) -> Iterator[Block]:
    own = [
        row
        for row in material.work.rows
        if row.endpoint == BASELINE and row.output_class is material.output_class
    ]
    if own:
        label = material.work.definition.population(own[0].population).label
        yield by_group(f"Baseline. {own[0].population}: {label}", own)


def _outcomes(
    definition: StudyDefinition, rows: Sequence[ResultRow], pictures: Pictures
) -> Iterator[Section]:
    for outcome in definition.outcomes:
        blocks = [
            block
            for endpoint in definition.endpoints
            if endpoint.outcome == outcome.row
            for block in _endpoint(definition, endpoint, rows, pictures)
        ]
        if blocks:
            title = f"{outcome.row} {outcome.name}"
            yield Section(title, f"Time frame: {outcome.time_frame}", tuple(blocks))


def _endpoint(
    definition: StudyDefinition,
    endpoint: Endpoint,
    rows: Sequence[ResultRow],
    pictures: Pictures,
) -> Iterator[Block]:
    for population in endpoint.populations:
        own = of_population(rows, endpoint.paramcd, population)
        if not own:
            continue
        label = definition.population(population).label
        caption = f"{endpoint.label} ({endpoint.paramcd}). {population}: {label}"
        if isinstance(endpoint, AdverseEventEndpoint):
            yield from adverse_events(caption, endpoint, own)
        elif isinstance(endpoint, ConcentrationEndpoint):
            yield concentrations(caption, own)
        else:
            yield from _estimated(caption, endpoint, population, own, pictures)


def _estimated(
    caption: str,
    endpoint: Endpoint,
    population: str,
    rows: Sequence[ResultRow],
    pictures: Pictures,
) -> Iterator[Block]:
    picture = pictures.get((endpoint.paramcd, population))
    if picture is not None:
        yield picture
    apart = {*STATISTICS, *MISSING_DATA}
    whole = [row for row in rows if row.subgroup is None and row.statistic not in apart]
    split = [row for row in rows if row.subgroup is not None]
    yield by_group(f"{caption}. {endpoint.description}", whole)
    absent = [row for row in rows if row.statistic in MISSING_DATA]
    if absent:
        yield by_group(f"{caption}: missing data, counted as failures", absent)
    compared = comparisons(f"{caption}: arms compared", whole)
    if compared is not None:
        yield compared
    yield from interim_table(caption, rows)
    yield from subgroup_tables(caption, split)
    for (name, of), each in pictures.items():
        if of == population and is_forest_of(name, endpoint.paramcd):
            yield each
