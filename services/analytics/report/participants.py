"""Who is in which analysis set, and why others are not."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.results import JsonValue, OutputClass
from services.analytics.domain.subjects import Subject, members
from services.analytics.report.outline import Table
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


def sets_table(
    definition: StudyDefinition, sets: Sequence[Membership], output_class: OutputClass
) -> Table:
    """A line a set. Open: pooled, and a set limited to an arm is left out, as its size is one by
    arm."""
    closed = output_class is OutputClass.CLOSED
    arms = [arm.code for arm in definition.arms] if closed else []
    lines = []
    for each in sets:
        if each.population.arms and not closed:
            continue
        counted = Counter(each.arms.values())
        lines.append((
            each.population.id, each.population.label,
            *(str(counted[arm]) for arm in arms), str(len(each.arms)), _why(each.left_out),
        ))  # fmt: skip
    head = ("Set", "Who", *arms, "All", "Left out, by the first reason")
    return Table("Analysis sets", head, tuple(lines))


def flow_table(registered: int, randomized: int, sets: Sequence[Membership]) -> Table:
    """From registration to each set that all arms can be in."""
    lines = [
        ("Registered with consent", str(registered)),
        ("Not randomized", str(registered - randomized)),
        ("Randomized", str(randomized)),
    ]
    lines += [
        (f"Counted in {each.population.id}: {each.population.label}", str(len(each.arms)))
        for each in sets
        if not each.population.arms
    ]
    return Table("Flow of participants", ("", "Subjects"), tuple(lines))


def _reason(definition: StudyDefinition, population: Population, subject: Subject) -> str:
    for anchor in population.requires:
        if anchor not in subject.anchors:
            label = definition.anchor(anchor).label
            return f"{label}: no date" if anchor not in subject.anchors.open else f"{label}: open"
    for anchor in population.unless:
        if anchor in subject.anchors or anchor in subject.anchors.open:
            return definition.anchor(anchor).label
    return "of another arm"


def _why(left_out: Mapping[str, str]) -> str:
    counted = Counter(left_out.values())
    return "; ".join(f"{reason} ({number})" for reason, number in sorted(counted.items()))
