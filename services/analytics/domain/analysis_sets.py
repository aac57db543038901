"""Analysis sets: who is in which, and why others are not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.results import JsonValue
from services.analytics.domain.subjects import Subject, members
from shared.study import StudyDefinition
from shared.study.occurrences import Population


@dataclass(frozen=True, slots=True)
class Membership:
    """An analysis set: who is in it by arm counted in, and why others are not, by subject."""

    population: Population
    arms: Mapping[str, str]
    left_out: Mapping[str, str]

    def to_json(self) -> dict[str, JsonValue]:
        """The set with every subject: the arm it counts in, or why it is not in it."""
        return {
            "population": self.population.id,
            "label": self.population.label,
            "in": dict(sorted(self.arms.items())),
            "out": dict(sorted(self.left_out.items())),
        }


def memberships(definition: StudyDefinition, subjects: Sequence[Subject]) -> list[Membership]:
    """Every set of the definition, with each randomized subject in it or left out with a reason."""
    found = []
    for population in definition.populations:
        inside = {subject.id: subject.arm for subject in members(population, subjects)}
        outside = {
            subject.id: _reason(definition, population, subject)
            for subject in subjects
            if subject.id not in inside
        }
        found.append(Membership(population, inside, outside))
    return found


def _reason(definition: StudyDefinition, population: Population, subject: Subject) -> str:
    for anchor in population.requires:
        if anchor not in subject.anchors:
            label = definition.anchor(anchor).label
            return f"{label}: no date" if anchor not in subject.anchors.open else f"{label}: open"
    for anchor in population.unless:
        if anchor in subject.anchors or anchor in subject.anchors.open:
            return definition.anchor(anchor).label
    return "of another arm"
