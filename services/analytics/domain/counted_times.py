"""The times of all endpoints of a night: derived first, then stored and counted together."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.competing_rows import cause_of
from services.analytics.domain.endpoint_times import EndpointTime, endpoint_times
from services.analytics.domain.first_event import first_event
from services.analytics.domain.follow_up import Censoring
from services.analytics.domain.observations import Counts, require_sound
from services.analytics.domain.plans import Task
from services.analytics.domain.subgroups import Split, split
from services.analytics.domain.subjects import Subject, members
from services.analytics.domain.tally import (
    CENSORED,
    EVENT,
    Cell,
    CountKey,
    EndpointRecord,
    Tally,
    counts_by_level,
    require_all,
)
from shared.study import StudyDefinition
from shared.study.endpoints import Endpoint, ProportionEndpoint, TimeToEventEndpoint

Place = tuple[str, str]
"""An endpoint and a population."""


@dataclass(frozen=True, slots=True)
class CountedTimes:
    """The times of a task, its splits into subgroups, and the counts of both."""

    times: tuple[EndpointTime, ...]
    splits: tuple[Split, ...]
    cells: tuple[Cell, ...]
    cells_by_subgroup: Mapping[str, tuple[Cell, ...]]

    def by_level(self, found: Split) -> dict[str, Counts]:
        """The counts of each level of a subgroup."""
        return counts_by_level(self.cells_by_subgroup[found.subgroup.id], found.levels)


def count_times(
    definition: StudyDefinition,
    tasks: Sequence[Task],
    subjects: Sequence[Subject],
    cutoff: date,
    tally: Tally,
) -> dict[Place, CountedTimes]:
    """Of every task that has times: those of an endpoint by time, and those to the first of two
    causes.

    Raises ObservationError for data that no estimator may see, and ``TallyIncomplete``.
    """
    timed = ((task, _timed(task.endpoint)) for task in tasks)
    derived = [
        _derive(definition, task, endpoint, subjects, cutoff)
        for task, endpoint in timed
        if endpoint is not None
    ]
    asked = [each for one in derived for each in one.asked()]
    records = [record for one in derived for record in one.records()]
    cells = dict(zip(asked, map(tuple, tally(records, asked)), strict=True))
    return {one.place: one.counted(cells) for one in derived}


@dataclass(frozen=True, slots=True)
class _Derived:
    endpoint: Endpoint
    population: str
    times: tuple[EndpointTime, ...]
    splits: tuple[Split, ...]

    @property
    def place(self) -> Place:
        return self.endpoint.paramcd, self.population

    def asked(self) -> Iterator[CountKey]:
        yield CountKey(*self.place)
        for found in self.splits:
            yield CountKey(*self.place, found.subgroup.id)

    def records(self) -> Iterator[EndpointRecord]:
        levels: dict[str, dict[str, str]] = {each.subject.id: {} for each in self.times}
        for found in self.splits:
            for code, placed in found.members.items():
                for subject in placed:
                    levels[subject.id][found.subgroup.id] = code
        for each in self.times:
            seen = each.observation()
            yield EndpointRecord(
                *self.place, seen.subject, seen.arm, seen.stratum, each.days,
                _cause(self.endpoint, each), levels[seen.subject],
            )  # fmt: skip

    def counted(self, cells: Mapping[CountKey, tuple[Cell, ...]]) -> CountedTimes:
        whole = CountKey(*self.place)
        require_all(whole, cells[whole], len(self.times))
        by_subgroup = {}
        for found in self.splits:
            part = CountKey(*self.place, found.subgroup.id)
            require_all(part, cells[part], sum(map(len, found.members.values())))
            by_subgroup[found.subgroup.id] = cells[part]
        return CountedTimes(self.times, self.splits, cells[whole], by_subgroup)


def _timed(endpoint: Endpoint) -> TimeToEventEndpoint | None:
    if isinstance(endpoint, ProportionEndpoint) and endpoint.competing:
        return first_event(endpoint)
    return endpoint if isinstance(endpoint, TimeToEventEndpoint) else None


def _derive(
    definition: StudyDefinition,
    task: Task,
    timed: TimeToEventEndpoint,
    subjects: Sequence[Subject],
    cutoff: date,
) -> _Derived:
    inside = members(task.population, subjects)
    times = endpoint_times(definition, timed, task.population.id, inside, cutoff)
    require_sound((each.observation() for each in times), [arm.code for arm in definition.arms])
    # A share has subgroups of its own, which have no days.
    shown = task.is_main and isinstance(task.endpoint, TimeToEventEndpoint)
    splits = [
        split(definition, subgroup, inside, cutoff)
        for subgroup in definition.analysis.subgroups
        if shown and task.endpoint.paramcd in subgroup.endpoints
    ]
    return _Derived(task.endpoint, task.population.id, tuple(times), tuple(splits))


def _cause(endpoint: Endpoint, time: EndpointTime) -> int:
    if isinstance(endpoint, ProportionEndpoint):
        return cause_of(endpoint, time)
    return EVENT if time.end.reason is Censoring.EVENT else CENSORED
