"""The analysis datasets of a night with their rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from services.analytics.domain.adam.assessment_rows import assessment_rows, in_sequence
from services.analytics.domain.adam.model import Model
from services.analytics.domain.adam.parameter_rows import response_rows, time_rows
from services.analytics.domain.adam.record_rows import event_rows, parameter_rows, sample_rows
from services.analytics.domain.adam.subject_rows import Values, subject_rows
from services.analytics.domain.adam.variables import DatasetModel, Variable
from services.analytics.domain.analysis_sets import Membership
from services.analytics.domain.endpoint_times import EndpointTime
from services.analytics.domain.subjects import Subject
from shared.datasets.dataset import Row


@dataclass(frozen=True, slots=True)
class Derived:
    """What a night derived of its subjects: their sets, and their times for every endpoint."""

    subjects: tuple[Subject, ...]
    sets: tuple[Membership, ...]
    times: tuple[EndpointTime, ...]
    cutoff: date


@dataclass(frozen=True, slots=True)
class AdamTable:
    """A dataset and its rows, cells in the order of its variables."""

    model: DatasetModel
    rows: tuple[Row, ...]


def tables_of(model: Model, derived: Derived) -> tuple[AdamTable, ...]:
    """Every dataset of the model, in its order."""
    return tuple(AdamTable(each, _rows(each, model, derived)) for each in model.datasets)


def coded(tables: Sequence[AdamTable]) -> dict[str, Variable]:
    """The lists of codes that are used, each with a variable that uses it."""
    found: dict[str, Variable] = {}
    for table in tables:
        values = (each.variable for each in table.model.values)
        for variable in (*table.model.variables, *values):
            if variable.codes is not None:
                found[variable.codes] = variable
    return found


def _rows(of: DatasetModel, model: Model, derived: Derived) -> tuple[Row, ...]:
    names = [each.name for each in of.variables]
    return tuple(tuple(row.get(name) for name in names) for row in _values(of.name, model, derived))


def _values(name: str, model: Model, derived: Derived) -> Iterator[Values]:
    subjects: Sequence[Subject] = derived.subjects
    match name:
        case "ADSL":
            return subject_rows(model, subjects, derived.sets)
        case "ADTTE":
            return time_rows(model, derived.times, derived.sets)
        case "ADRS":
            answers = response_rows(model, subjects, derived.sets, derived.cutoff)
            visits = assessment_rows(model, subjects, derived.sets)
            return in_sequence(chain(answers, visits))
        case "ADAE":
            return event_rows(model, subjects, derived.sets)
        case "ADPC":
            return sample_rows(model, subjects, derived.sets)
        case _:
            return parameter_rows(model, subjects, derived.sets)
