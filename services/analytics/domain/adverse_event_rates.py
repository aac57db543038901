"""Result rows of adverse events per time watched: first events, and all events.

``incidence_rate`` counts subjects over their time to the first event; ``event_rate`` counts events
over the whole time watched, as if they came independently. Limits: Garwood 1936.

All of them are closed, pooled ones too: how long a child is watched follows from its doses, and the
arms differ in their days of dosing. Times of many categories, each over the children without such
an event, could be solved for the children's arms.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.analytics.domain.adverse_event_tables import EventTable
from services.analytics.domain.canonical import content_hash
from services.analytics.domain.exposure import AtRisk, Watched, at_risk, watched
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.rates.incidence_rate import incidence_rate
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.statistic_rows import statistic_rows
from services.analytics.domain.subjects import Subject
from shared.study.endpoints import Exposure

NOBODY = AtRisk()


class RatesOfEvents:
    """Rates in an exposure, over the tables and subjects of one endpoint."""

    def __init__(
        self,
        exposure: Exposure,
        tables: Sequence[EventTable],
        subjects: Sequence[Subject],
        cutoff: date,
    ) -> None:
        self._exposure = exposure
        spans = {each.id: watched(exposure, each, cutoff) for each in subjects}
        self._parts: Mapping[str, Mapping[str, AtRisk]] = {
            table.category: _of_table(table, spans) for table in tables
        }
        self._by_arm = content_hash([
            [each.arm, category, *_numbers(parts[each.id])]
            for category, parts in self._parts.items()
            for each in sorted(subjects, key=lambda subject: subject.id)
        ])  # fmt: skip

    def rows(
        self, base: ResultRow, category: str, members: Sequence[str], level: float
    ) -> Iterator[ResultRow]:
        """Time watched, events and both rates of the members of a group in a category."""
        parts = self._parts[category]
        total = sum((parts[subject] for subject in members), NOBODY)
        unit, per = self._exposure.unit, float(self._exposure.per)
        days = float(unit.days)
        convention = {
            **base.convention,
            "exposure_start": self._exposure.start,
            "exposure_end": self._exposure.end,
            "days_after": self._exposure.days_after,
            "ends_at": list(self._exposure.ends_at),
            "days_per_unit": str(unit.days),
        }
        row = replace(
            base, category=category, events=total.subjects, convention=convention,
            inputs_hash=self._by_arm, engine=OWN, output_class=OutputClass.CLOSED,
        )  # fmt: skip
        yield replace(row, statistic="exposure", value=total.watched / days, unit=unit.name)
        yield replace(
            row,
            statistic="event_count",
            value=float(total.events),
            events=total.events,
            unit="events",
            convention={**convention, "counted": "events"},
        )
        named = f"per {per:g} subject-{unit.name}"
        first = incidence_rate(total.subjects, total.days / days, level, per).statistics()
        yield from statistic_rows(row, (replace(each, unit=named) for each in first))
        repeated = incidence_rate(total.events, total.watched / days, level, per).statistics()
        every = replace(row, events=total.events)
        yield from statistic_rows(
            every,
            (
                replace(
                    each,
                    name="event_rate",
                    method="events per time watched",
                    unit=named,
                    convention={**each.convention, "counted": "events"},
                )
                for each in repeated
            ),
        )


def _of_table(table: EventTable, spans: Mapping[str, Watched | None]) -> dict[str, AtRisk]:
    return {subject: at_risk(span, table.events[subject]) for subject, span in spans.items()}


def _numbers(part: AtRisk) -> list[int]:
    return [part.subjects, part.events, part.days, part.watched]
