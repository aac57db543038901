"""The variables that tell whether a subject is in an analysis set, and why not."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.analytics.domain.adam.variables import Variable
from shared.rules.loading import load_pack
from shared.study import StudyDefinition
from shared.study.occurrences import Population

PACK = "adam"


@dataclass(frozen=True, slots=True)
class SetNames:
    """The variables that tell whether a subject is in an analysis set, and why not."""

    population: Population
    flag: str
    reason: str


def set_names(definition: StudyDefinition) -> tuple[SetNames, ...]:
    """The variables of every analysis set of a study, shown or not."""
    named = {str(row["set"]): row for row in load_pack(PACK).rows("sets")}
    found = []
    for each in definition.populations:
        row = named.get(each.id, {})
        flag = str(row.get("flag", f"{each.id[:6]}FL"))
        found.append(SetNames(each, flag, str(row.get("reason", f"{each.id[:5]}RSN"))))
    return tuple(found)


def set_variables(names: SetNames, *, with_reason: bool) -> Iterator[Variable]:
    """Flag and reason of a set in ADSL; in other datasets the flag alone."""
    population = names.population
    words = f"Y for: {population.label}." if with_reason else f"ADSL.{names.flag}"
    origin = "Derived" if with_reason else "Predecessor"
    label = f"Population Flag {population.id}"
    yield Variable(names.flag, label, "text", origin, words, "flags")
    if with_reason:
        yield Variable(
            names.reason,
            f"Reason Not in Population {population.id}",
            "text",
            "Derived",
            f"The first reason why {names.flag} is N; empty where it is Y.",
        )
