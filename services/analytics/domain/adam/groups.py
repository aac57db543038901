"""Variables that tell which part of each subgroup a subject is of. By arm, and so closed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.adam.variables import Variable
from services.analytics.domain.subgroups import level_labels, split
from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.subgroups import StratumSubgroup, Subgroup

DATASETS = ("ADSL", "ADTTE", "ADRS")


@dataclass(frozen=True, slots=True)
class GroupName:
    """The variable of a subgroup, and its codes with their meanings."""

    subgroup: Subgroup
    variable: str
    codes: Mapping[str, str]

    @property
    def list_name(self) -> str:
        """The name of the list of codes."""
        return f"group_{self.subgroup.id}"


def group_names(definition: StudyDefinition) -> tuple[GroupName, ...]:
    """The variable of every subgroup: STRATwR of the w-th factor of stratification, else its id
    and GR1. Of two subgroups by one factor the first gives it."""
    found: dict[str, GroupName] = {}
    for subgroup in definition.analysis.subgroups:
        name = _name(definition, subgroup)
        found.setdefault(name, GroupName(subgroup, name, level_labels(definition, subgroup)))
    return tuple(found.values())


def group_variable(names: Sequence[GroupName], definition: StudyDefinition, subgroup: str) -> str:
    """The variable of the subgroup of that id."""
    wanted = next(each for each in definition.analysis.subgroups if each.id == subgroup)
    return next(n.variable for n in names if n.variable == _name(definition, wanted))


def group_variables(names: Sequence[GroupName], dataset: str) -> Iterator[Variable]:
    """The variables in a dataset; the others have those of ADSL."""
    for each in names if dataset in DATASETS else ():
        own = dataset == "ADSL"
        words = f"The part of the subgroup: {each.subgroup.label}; empty where it is of none."
        yield Variable(
            each.variable,
            f"Subgroup {each.subgroup.id}"[:40],
            "text",
            "Derived" if own else "Predecessor",
            words if own else f"ADSL.{each.variable}",
            each.list_name,
        )


def groups_of(
    definition: StudyDefinition,
    names: Sequence[GroupName],
    subjects: Sequence[Subject],
    cutoff: date,
) -> dict[str, dict[str, str]]:
    """The variables of each subject by its id."""
    found: dict[str, dict[str, str]] = {each.id: {} for each in subjects}
    for name in names:
        for code, members in split(definition, name.subgroup, subjects, cutoff).members.items():
            for subject in members:
                found[subject.id][name.variable] = code
    return found


def _name(definition: StudyDefinition, subgroup: Subgroup) -> str:
    if isinstance(subgroup, StratumSubgroup):
        factors = [each.factor for each in definition.randomization.strata]
        return f"STRAT{factors.index(subgroup.factor) + 1}R"
    return f"{subgroup.id.upper().replace('_', '')[:5]}GR1"
