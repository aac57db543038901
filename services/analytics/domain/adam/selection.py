"""Which records of which dataset a result rests on.

Said of each result in the manner of the CDISC Analysis Results Standard: a dataset, and conditions
on its variables. Whoever has the dataset can select the records by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from services.analytics.domain.results import JsonValue

Comparator = Literal["EQ", "IN", "CONTAINS"]


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


def selection_from(content: Mapping[str, Any]) -> Selection:
    """A selection as it was stored."""
    return Selection(
        content["dataset"],
        tuple(
            Condition(each["variable"], each["comparator"], tuple(each["values"]))
            for each in content["where"]
        ),
    )
