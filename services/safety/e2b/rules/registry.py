"""Rules by id: what is said of each as data, and the one function that finds its breaches."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from services.safety.e2b.rules.issues import Rule, Severity
from services.safety.e2b.tables import load

FILES = ("rules_ich", "rules_own", "rules_fda", "rules_eu")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rule as data. ``fda`` is the id under which the FDA rejects the same.

    An empty ``verified_by`` marks a rule that was recalled, not read in a primary text.
    """

    id: str
    element: str
    severity: Severity
    text: str
    fda: str | None
    verified_by: str


@cache
def sheets() -> dict[str, Sheet]:
    """Every rule that has a function, by id."""
    found = {}
    for file in FILES:
        for name, row in load(file)["rule"].items():
            found[name] = _sheet(name, row)
    return found


def of_file(file: str) -> tuple[str, ...]:
    """The ids of one file, in its order."""
    return tuple(load(file)["rule"])


class Registry:
    """Functions by the id of the rule that they hold."""

    def __init__(self) -> None:
        self.functions: dict[str, Rule] = {}

    def holds(self, name: str) -> Callable[[Rule], Rule]:
        """Says of a function which rule it holds."""

        def registered(function: Rule) -> Rule:
            self.functions[name] = function
            return function

        return registered


def _sheet(name: str, row: dict[str, Any]) -> Sheet:
    default = "warning" if name.startswith("W") else "reject"
    return Sheet(
        id=name,
        element=row["element"],
        severity=Severity(row.get("severity", default)),
        text=row["text"],
        fda=row.get("fda"),
        verified_by=row.get("verified_by", "table"),
    )
