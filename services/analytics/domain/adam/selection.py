"""Which records of which dataset a result rests on.

Said of each result in the manner of the CDISC Analysis Results Standard: a dataset, and conditions
on its variables. Whoever has the dataset can select the records by hand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.analytics.domain.adam.model import set_names
from services.analytics.domain.results import (
    ANALYSED,
    FLOW,
    POOLED,
    RANDOMIZED,
    JsonValue,
    ResultRow,
)
from shared.study import StudyDefinition
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    ProportionEndpoint,
)

Comparator = Literal["EQ", "IN", "CONTAINS"]
BY_TIME = ("incidence", "gray")
"""How the statistics of a proportion begin that rest on times to the first of two causes."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Of a variable: it is the value, is one of them, or is a list of words that holds it."""

    variable: str
    comparator: Comparator
    values: tuple[str, ...]

    def holds(self, value: object) -> bool:
        """Whether a value of the variable meets the condition."""
        text = "" if value is None else str(value)
        if self.comparator == "CONTAINS":
            return not set(self.values).isdisjoint(text.split(" "))
        return text in self.values

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "variable": self.variable,
            "comparator": self.comparator,
            "values": list(self.values),
        }


@dataclass(frozen=True, slots=True)
class Selection:
    """The records of ``dataset`` that meet every condition of ``where``."""

    dataset: str
    where: tuple[Condition, ...]

    def to_json(self) -> dict[str, JsonValue]:
        return {"dataset": self.dataset, "where": [each.to_json() for each in self.where]}

    def takes(self, record: Mapping[str, object]) -> bool:
        """Whether a record is selected."""
        return all(each.holds(record.get(each.variable)) for each in self.where)

    def unknown(self, names: Sequence[str]) -> tuple[str, ...]:
        """The variables that it asks for and a dataset of these columns does not show."""
        return tuple(each.variable for each in self.where if each.variable not in names)


def selection_of(definition: StudyDefinition, row: ResultRow) -> Selection:
    """What a result rests on. Raises StopIteration for a set that the study lacks.

    Of the flow of participants and of subgroups no dataset has all that chooses: such a selection
    asks for a variable of that name, which ``unknown`` tells.
    """
    if row.endpoint == FLOW:
        return _of_flow(definition, row)
    names = next(each for each in set_names(definition) if each.population.id == row.population)
    dataset = _dataset(definition, row)
    where = [Condition(names.flag, "EQ", ("Y",))]
    if dataset not in {"ADSL", "ADAE"}:
        where.insert(0, Condition("PARAMCD", "EQ", (row.endpoint,)))
    arms = _arms(row)
    if arms:
        received = names.population.arm_basis == "received"
        variable = "TRT01A" if received else "TRT01P"
        if dataset != "ADSL":
            variable = "TRTA" if received else "TRTP"
        where.append(Condition(variable, "IN" if len(arms) > 1 else "EQ", arms))
    if row.subgroup is not None:
        where.append(Condition(row.subgroup, "EQ", () if row.level is None else (row.level,)))
    if dataset == "ADAE":
        where += _counted(row)
    if dataset == "ADPP" and row.category is not None:
        where.append(Condition("AVISIT", "EQ", (row.category,)))
    return Selection(dataset, tuple(where))


def _of_flow(definition: StudyDefinition, row: ResultRow) -> Selection:
    """A number of the flow: those randomized and those in a set stand in ADSL, others do not."""
    arms = _arms(row)
    where = [Condition("TRT01P", "EQ", arms)] if arms else []
    if row.statistic == ANALYSED:
        sets = {each.population.id: each.flag for each in set_names(definition)}
        where.insert(0, Condition(sets[row.population], "EQ", ("Y",)))
    elif row.statistic != RANDOMIZED:
        where.insert(0, Condition(FLOW, "EQ", (row.statistic,)))
    return Selection("ADSL", tuple(where))


def selection_from(content: Mapping[str, Any]) -> Selection:
    """A selection as it was stored."""
    return Selection(
        content["dataset"],
        tuple(
            Condition(each["variable"], each["comparator"], tuple(each["values"]))
            for each in content["where"]
        ),
    )


def _dataset(definition: StudyDefinition, row: ResultRow) -> str:
    endpoint = definition.endpoint(row.endpoint)
    if isinstance(endpoint, ConcentrationEndpoint):
        return "ADPP"
    if isinstance(endpoint, AdverseEventEndpoint):
        return "ADSL" if row.category is None else "ADAE"
    if isinstance(endpoint, ProportionEndpoint) and not row.statistic.startswith(BY_TIME):
        return "ADRS"
    return "ADTTE"


def _arms(row: ResultRow) -> tuple[str, ...]:
    if row.contrast is not None:
        return tuple(row.contrast.split(" vs "))
    return () if row.group in {None, POOLED} else (str(row.group),)


def _counted(row: ResultRow) -> Iterator[Condition]:
    """The summary that counts an event, and its class and term where it is counted by them."""
    summary, *terms = str(row.category).split(": ", 2)
    yield Condition("ASUMS", "CONTAINS", (f"{row.endpoint}.{summary}",))
    for variable, value in zip(("AEBODSYS", "AEDECOD"), terms, strict=False):
        yield Condition(variable, "EQ", (value,))
