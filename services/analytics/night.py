"""What a night has found so far: the state that its steps share."""

from dataclasses import dataclass, field

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.artefacts import SVG, Artefact
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.endpoint_times import EndpointTime
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.subjects import Subject
from services.analytics.engine import LifelinesEngine
from services.analytics.overviews import Overview
from services.analytics.report.outline import Picture
from shared.study import StudyDefinition


@dataclass
class Night:
    """``times`` are those of endpoints, ``competing`` those to the first of two causes; both are
    by subject, and so closed."""

    definition: StudyDefinition
    data: CutData
    subjects: tuple[Subject, ...]
    engine: LifelinesEngine = field(default_factory=LifelinesEngine)
    check: EngineCheck = field(default_factory=EngineCheck)
    rows: list[ResultRow] = field(default_factory=list)
    times: list[EndpointTime] = field(default_factory=list)
    competing: list[EndpointTime] = field(default_factory=list)
    figures: list[Artefact] = field(default_factory=list)
    pictures: dict[OutputClass, dict[tuple[str, str], Picture]] = field(
        default_factory=lambda: {each: {} for each in OutputClass}
    )

    def keep(self, drawn: Overview) -> None:
        """A picture as a file of its own, and for the report."""
        file = Artefact(f"{drawn.name}.svg", drawn.output_class, SVG, drawn.picture.svg)
        self.figures.append(file)
        self.pictures[drawn.output_class][drawn.place] = drawn.picture
