"""A night of a few hand-made children, as the derivation of datasets takes it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from services.analytics.domain.adam.model import model_of
from services.analytics.domain.adam.tables import Derived, tables_of
from services.analytics.domain.analysis_sets import memberships
from services.analytics.domain.cutoff import cut
from services.analytics.domain.endpoint_times import EndpointTime, endpoint_times
from services.analytics.domain.first_event import first_event
from services.analytics.domain.results import OutputClass
from services.analytics.domain.study_data import Allocated, KeptRecord
from services.analytics.domain.subjects import members, subjects_at_cutoff
from shared.study import StudyDefinition
from shared.study.endpoints import ProportionEndpoint, TimeToEventEndpoint
from tests.services.analytics.dated import FAR, allocated, study_data
from tests.support.definitions import shipped

Rows = list[dict[str, Any]]


@cache
def nct() -> StudyDefinition:
    return shipped("NCT05748171")


def of(subject: str, *records: KeptRecord) -> list[KeptRecord]:
    """The records as those of another child, each item from the first version of its record."""
    return [
        replace(
            each,
            subject=subject,
            record_id=f"{each.record_id} of {subject}",
            versions=dict.fromkeys(each.items, 1),
        )
        for each in records
    ]


def derived(
    records: Iterable[KeptRecord],
    children: Sequence[Allocated] = (allocated(),),
    cutoff: date = FAR,
) -> Derived:
    """What a night derives of the children."""
    definition = nct()
    subjects = subjects_at_cutoff(
        definition, cut(definition, study_data(records, children), cutoff)
    )
    times: list[EndpointTime] = []
    for endpoint in definition.endpoints:
        timed = first_event(endpoint) if isinstance(endpoint, ProportionEndpoint) and (
            endpoint.competing) else endpoint  # fmt: skip
        if isinstance(timed, TimeToEventEndpoint):
            for name in endpoint.populations:
                inside = members(definition.population(name), subjects)
                times += endpoint_times(definition, timed, name, inside, cutoff)
    sets = memberships(definition, subjects)
    kept = tuple(sets)
    return Derived(subjects, kept, tuple(times), cutoff)


def rows(night: Derived, dataset: str, output_class: OutputClass = OutputClass.CLOSED) -> Rows:
    """The rows of a dataset, by variable."""
    tables = {each.model.name: each for each in tables_of(model_of(nct(), output_class), night)}
    names = [each.name for each in tables[dataset].model.variables]
    return [dict(zip(names, row, strict=True)) for row in tables[dataset].rows]


def row(night: Derived, dataset: str, paramcd: str, output_class: OutputClass) -> dict[str, Any]:
    """The only row of a parameter."""
    (found,) = [each for each in rows(night, dataset, output_class) if each["PARAMCD"] == paramcd]
    return found
