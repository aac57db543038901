"""The analysis result row: one number with everything needed to know what it is."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeAlias

JsonValue: TypeAlias = (
    "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)

SIGNIFICANT_DIGITS = 12  # The last digits of a double differ between processors.
POOLED = "pooled"
POOLED_LABEL = "All subjects"
NOT_RANDOMIZED = "not_randomized"
"""Statistic of the flow: those registered that are not randomized."""
FLOW, BASELINE = "FLOW", "BASELINE"
"""Stand where rows of an endpoint have its code: the flow of participants, what they brought."""
EVERYBODY = "ALL"
"""Stands where rows of an analysis set have its id."""
RANDOMIZED, ANALYSED, LEFT_OUT = "randomized", "analysed", "left_out"
"""Statistics of the flow: those randomized, and those of them in an analysis set or not."""
EXPECTED, MISSING = "results_expected", "results_missing"
MISSING_PERCENT = "results_missing_percent"
MISSING_DATA = (EXPECTED, MISSING, MISSING_PERCENT)
"""Statistics of missing data."""
CLOSED_MARKING = "CONFIDENTIAL - DMC closed session"


class Status(StrEnum):
    """What became of the number: computed, not estimable, or its computation failed."""

    OK = "OK"
    NE = "NE"
    FAILED = "FAILED"


class OutputClass(StrEnum):
    """Open: pooled over arms. Closed: by arm, for the monitoring committee only."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One statistic of one endpoint in one population.

    Either ``group`` (an arm, or "pooled") or ``contrast`` (arms compared) is set.
    ``category`` is what of an endpoint with many parts is counted (``serious``).
    ``subgroup`` and ``level`` name the part of the population that a row is about; a row that
    compares the levels of a subgroup has no ``level``.
    ``timepoint`` is in the reporting unit named by ``convention["time_unit"]``.
    ``value`` is None exactly when the status is not OK, and ``reason`` then says
    why; a missing limit beside a value has its reason in ``reason`` too.
    ``inputs_hash`` is that of the counts the row was computed from.

    Raises ValueError when these rules are broken or a number is not finite.
    """

    endpoint: str
    population: str
    group: str | None = None
    contrast: str | None = None
    statistic: str
    category: str | None = None
    subgroup: str | None = None
    level: str | None = None
    timepoint: float | None = None
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    status: Status = Status.OK
    reason: str | None = None
    method: str
    convention: Mapping[str, JsonValue] = field(default_factory=dict)
    unit: str
    n: int
    events: int
    cutoff: date
    inputs_hash: str
    engine: str
    output_class: OutputClass
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for number in (self.timepoint, self.value, self.lower, self.upper):
            if number is not None and not math.isfinite(number):
                raise ValueError(f"{self.statistic}: {number} is not a finite number")
        if (self.group is None) == (self.contrast is None):
            raise ValueError(f"{self.statistic}: either a group or a contrast")
        if self.level is not None and self.subgroup is None:
            raise ValueError(f"{self.statistic}: a level belongs to a subgroup")
        if (self.value is None) == (self.status is Status.OK):
            raise ValueError(f"{self.statistic}: a value exactly when the status is OK")
        if self.status is not Status.OK and not self.reason:
            raise ValueError(f"{self.statistic}: status {self.status} needs a reason")
        if self.output_class is OutputClass.OPEN and self.group != POOLED:
            raise ValueError(f"{self.statistic}: an open row holds no arm")

    def to_json(self) -> dict[str, JsonValue]:
        """The row as JSON values, keys in the order of the fields; missing numbers are null."""
        return {
            "endpoint": self.endpoint,
            "population": self.population,
            "group": self.group,
            "contrast": self.contrast,
            "statistic": self.statistic,
            "category": self.category,
            "subgroup": self.subgroup,
            "level": self.level,
            "timepoint": rounded(self.timepoint),
            "value": rounded(self.value),
            "lower": rounded(self.lower),
            "upper": rounded(self.upper),
            "status": self.status.value,
            "reason": self.reason,
            "method": self.method,
            "convention": dict(sorted(self.convention.items())),
            "unit": self.unit,
            "n": self.n,
            "events": self.events,
            "cutoff": self.cutoff.isoformat(),
            "inputs_hash": self.inputs_hash,
            "engine": self.engine,
            "output_class": self.output_class.value,
            "warnings": list(self.warnings),
        }


def rounded(number: float | None) -> float | None:
    """A finite number at 12 significant digits; None stays None.

    Raises ValueError for NaN and infinity.
    """
    if number is None:
        return None
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a finite number")
    return float(f"{number:.{SIGNIFICANT_DIGITS}g}") + 0.0  # -0.0 becomes 0.0
