"""Variables of ADSL that tell of an event source: that it happened, or on which day.

Source: the rule pack ``adam_sources``; when an event source happened is the study definition's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import cast

from services.analytics.domain.adam.characteristics import PACK
from services.analytics.domain.adam.variables import Variable
from services.analytics.domain.adam.veil import Veil
from services.analytics.domain.subjects import Subject, occurrences
from shared.datasets.dataset import Cell, Kind
from shared.rules.loading import load_pack
from shared.study import StudyDefinition


@dataclass(frozen=True, slots=True)
class Happening:
    """A variable and the event source that fills it."""

    variable: Variable
    event: str


def happenings(definition: StudyDefinition, veil: Veil | None) -> tuple[Happening, ...]:
    """Those of event sources that the study has; with a veil, and that do not reveal the arm."""
    known = {each.id for each in definition.event_sources}
    hidden = frozenset() if veil is None else veil.sources
    found = []
    for row in load_pack(PACK).rows("happenings"):
        if row["event"] in known - hidden:
            kind = cast("Kind", row["kind"])
            codes = "flags" if kind == "text" else None
            variable = Variable(
                str(row["name"]), str(row["label"]), kind, "Derived", str(row["derivation"]), codes
            )
            found.append(Happening(variable, str(row["event"])))
    return tuple(found)


def happening_values(
    definition: StudyDefinition, found: Iterable[Happening], subject: Subject, cutoff: date
) -> dict[str, Cell]:
    """The variables of a subject at the cutoff."""
    values: dict[str, Cell] = {}
    for each in found:
        last = next(iter(occurrences(definition, (each.event,), subject, cutoff)), None)
        if last is not None:
            values[each.variable.name] = last.date if each.variable.kind == "date" else "Y"
    return values
