"""The analysis datasets of a night with their rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain

from services.analytics.domain.adam.assessment_rows import assessment_rows, in_sequence
from services.analytics.domain.adam.disposition_rows import disposition_rows
from services.analytics.domain.adam.groups import groups_of
from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.parameter_rows import response_rows, time_rows
from services.analytics.domain.adam.record_rows import event_rows, parameter_rows, sample_rows
from services.analytics.domain.adam.subject_rows import Values, subject_rows
from services.analytics.domain.adam.variables import DatasetModel, Variable
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.endpoint_times import EndpointTime
from services.analytics.domain.screening import ScreeningEnd
from services.analytics.domain.study_data import Registered
from services.analytics.domain.subjects import Subject
from shared.datasets.dataset import Row

_OF_RECORDS = {"ADAE": event_rows, "ADPC": sample_rows, "ADPP": parameter_rows}


@dataclass(frozen=True, slots=True)
class Derived:
    """What a night derived of its subjects: their sets, and their times for every endpoint; and of
    those that are not randomized why."""

    subjects: tuple[Subject, ...]
    sets: tuple[Membership, ...]
    times: tuple[EndpointTime, ...]
    cutoff: date
    registered: Mapping[str, Registered] = field(default_factory=dict)
    not_randomized: Mapping[str, ScreeningEnd] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AdamTable:
    """A dataset and its rows, cells in the order of its variables."""

    model: DatasetModel
    rows: tuple[Row, ...]


def tables_of(model: Model, derived: Derived) -> tuple[AdamTable, ...]:
    """Every dataset of the model, in its order."""
    groups = groups_of(model.definition, model.groups, derived.subjects, derived.cutoff)
    return tuple(AdamTable(each, _rows(each, model, derived, groups)) for each in model.datasets)


def coded(tables: Sequence[AdamTable]) -> dict[str, Variable]:
    """The lists of codes that are used, each with a variable that uses it."""
    found: dict[str, Variable] = {}
    for table in tables:
        values = (each.variable for each in table.model.values)
        for variable in (*table.model.variables, *values):
            if variable.codes is not None:
                found[variable.codes] = variable
    return found


def _rows(
    of: DatasetModel, model: Model, derived: Derived, groups: Mapping[str, Mapping[str, str]]
) -> tuple[Row, ...]:
    names = [each.name for each in of.variables]
    rows = []
    for row in _values(of.name, model, derived):
        group = groups.get(str(row["SUBJID"]), {})
        rows.append(tuple(row.get(name, group.get(name)) for name in names))
    return tuple(rows)


def _values(name: str, model: Model, derived: Derived) -> Iterator[Values]:
    subjects: Sequence[Subject] = derived.subjects
    match name:
        case "ADSL":
            return subject_rows(model, subjects, derived.sets, derived.cutoff)
        case "ADTTE":
            return time_rows(model, derived.times, derived.sets)
        case "ADRS":
            answers = response_rows(model, subjects, derived.sets, derived.cutoff)
            visits = assessment_rows(model, subjects, derived.sets)
            return in_sequence(chain(answers, visits))
        case "ADDS":
            steps = disposition_rows(model, subjects, derived.registered, derived.not_randomized)
            return in_sequence(steps)
        case _:
            return _OF_RECORDS[name](model, subjects, derived.sets)
