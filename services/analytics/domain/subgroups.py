"""Which level of a subgroup a subject is of, and what a reader must know of such a split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.subjects import Subject, occurrences
from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate
from shared.study.subgroups import (
    OccurrenceSubgroup,
    RecordSubgroup,
    StratumSubgroup,
    Subgroup,
)

EXPLORATORY = "exploratory: not adjusted for the number of subgroups"
KNOWN_LATER = "subgroup known after randomization only: not a randomized comparison"


@dataclass(frozen=True, slots=True)
class Split:
    """The subjects of a subgroup by level, in the order of the definition; ``without_level`` could
    not be placed. ``levels`` gives the words for each code."""

    subgroup: Subgroup
    levels: Mapping[str, str]
    members: Mapping[str, tuple[Subject, ...]]
    without_level: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What stands on every row of the subgroup."""
        words = [EXPLORATORY]
        if known_later(self.subgroup):
            words.append(KNOWN_LATER)
        if self.without_level:
            words.append(f"left out for want of a level: {self.without_level}")
        return tuple(words)


def split(
    definition: StudyDefinition, subgroup: Subgroup, subjects: Sequence[Subject], cutoff: date
) -> Split:
    """Every subject in its level; a level that nobody is of has an entry too."""
    levels = level_labels(definition, subgroup)
    members: dict[str, list[Subject]] = {code: [] for code in levels}
    without = 0
    for subject in subjects:
        code = _level(definition, subgroup, subject, cutoff)
        if code in members:
            members[code].append(subject)
        else:
            without += 1
    frozen = {code: tuple(found) for code, found in members.items()}
    return Split(subgroup, levels, frozen, without)


def known_later(subgroup: Subgroup) -> bool:
    """Whether the split rests on what came after randomization."""
    if isinstance(subgroup, RecordSubgroup):
        return subgroup.known == "after_randomization"
    return isinstance(subgroup, OccurrenceSubgroup)


def level_labels(definition: StudyDefinition, subgroup: Subgroup) -> dict[str, str]:
    """The words for each level, by its code, in the order of the definition."""
    if isinstance(subgroup, RecordSubgroup):
        return {level.code: level.label for level in subgroup.levels}
    if isinstance(subgroup, OccurrenceSubgroup):
        return {"yes": subgroup.happened, "no": subgroup.others}
    strata = {each.factor: each for each in definition.randomization.strata}
    return {level.code: level.label for level in strata[subgroup.factor].levels}


def _level(
    definition: StudyDefinition, subgroup: Subgroup, subject: Subject, cutoff: date
) -> str | None:
    if isinstance(subgroup, StratumSubgroup):
        return _levels_of(subject.allocated.stratum).get(subgroup.factor)
    if isinstance(subgroup, OccurrenceSubgroup):
        return "yes" if occurrences(definition, (subgroup.event,), subject, cutoff) else "no"
    thresholds = definition.thresholds_by_id()
    records = [
        record.values
        for record in subject.records
        if record.form == subgroup.form and (not subgroup.visits or record.visit in subgroup.visits)
    ]
    return next(
        (
            level.code
            for level in subgroup.levels
            if any(evaluate(level.when, values, thresholds) is Truth.TRUE for values in records)
        ),
        None,
    )


def _levels_of(stratum: str) -> dict[str, str]:
    """``factor=level`` joined by ``;`` (the label of randomization) taken apart."""
    pairs = (part.partition("=") for part in stratum.split(";"))
    return {factor: level for factor, _, level in pairs if level}
