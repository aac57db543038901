"""What a night has found so far: the state that its steps share."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.artefacts import SVG, Artefact
from services.analytics.domain.counted_times import CountedTimes, Place
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.endpoint_times import EndpointTime
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.subjects import Subject
from services.analytics.engine import LifelinesEngine
from services.analytics.overviews import Overview
from services.analytics.report.outline import Picture
from shared.study import StudyDefinition
from shared.study.endpoints import TimeToEventEndpoint


@dataclass
class Night:
    """``counted`` has the times by endpoint and population, with their counts; it is by subject and
    by arm, and so closed."""

    definition: StudyDefinition
    data: CutData
    subjects: tuple[Subject, ...]
    counted: Mapping[Place, CountedTimes]
    engine: LifelinesEngine = field(default_factory=LifelinesEngine)
    check: EngineCheck = field(default_factory=EngineCheck)
    rows: list[ResultRow] = field(default_factory=list)
    figures: list[Artefact] = field(default_factory=list)
    pictures: dict[OutputClass, dict[tuple[str, str], Picture]] = field(
        default_factory=lambda: {each: {} for each in OutputClass}
    )

    @property
    def times(self) -> list[EndpointTime]:
        """The times of endpoints by time, in the order of the definition."""
        return self._times(by_time=True)

    @property
    def competing(self) -> list[EndpointTime]:
        """The times to the first of a success and what precludes it."""
        return self._times(by_time=False)

    def _times(self, *, by_time: bool) -> list[EndpointTime]:
        return [
            time
            for (paramcd, _), found in self.counted.items()
            if isinstance(self.definition.endpoint(paramcd), TimeToEventEndpoint) is by_time
            for time in found.times
        ]

    def keep(self, drawn: Overview) -> None:
        """A picture as a file of its own, and for the report."""
        file = Artefact(f"{drawn.name}.svg", drawn.output_class, SVG, drawn.picture.svg)
        self.figures.append(file)
        self.pictures[drawn.output_class][drawn.place] = drawn.picture
