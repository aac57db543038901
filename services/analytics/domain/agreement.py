"""How far two engines agree, quantity by quantity, over one run.

A difference over tolerance that the method does not explain fails the run: a
number that two implementations dispute is not published.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from services.analytics.domain.life_table import FloatArray
from services.analytics.domain.results import JsonValue, OutputClass, rounded


class EngineDisagreement(Exception):
    """The own engine and the survival library differ where they must not."""

    def __init__(self, faults: Sequence["Agreement"]) -> None:
        super().__init__("; ".join(fault.describe() for fault in faults))
        self.faults = tuple(faults)


@dataclass(slots=True)
class Agreement:
    """Everything compared so far for one quantity of one output class.

    A difference is within ``tolerance`` if it is at most tolerance * max(1, |a|, |b|).
    ``where`` names the place of the largest absolute difference. ``unmatched``
    counts the places where only one engine gave a number, ``expected`` those where
    the methods differ for a reason in ``expected_reasons``.
    """

    quantity: str
    tolerance: float
    output_class: OutputClass
    compared: int = 0
    max_absolute: float = 0.0
    max_relative: float = 0.0
    where: str | None = None
    unmatched: int = 0
    over_tolerance: int = 0
    expected: int = 0
    expected_reasons: set[str] = field(default_factory=set)

    @property
    def agrees(self) -> bool:
        """Nothing over tolerance and nothing unmatched."""
        return not (self.unmatched or self.over_tolerance)

    def add(self, where: str, own: float | None, engine: float | None) -> None:
        """Compare one number; None and NaN both stand for not estimable."""
        first, second = _number(own), _number(engine)
        if first is None and second is None:
            return
        self.compared += 1
        if first is None or second is None:
            self.unmatched += 1
            self.where = self.where or where
            return
        difference = abs(first - second)
        size = max(abs(first), abs(second))
        if difference > self.max_absolute:
            self.max_absolute, self.where = difference, where
        if size:
            self.max_relative = max(self.max_relative, difference / size)
        self.over_tolerance += difference > self.tolerance * max(1.0, size)

    def add_all(self, where: str, times: FloatArray, own: FloatArray, engine: FloatArray) -> None:
        """Compare the numbers of many times (days); arrays of one length."""
        both = ~(np.isnan(own) | np.isnan(engine))
        difference = np.abs(own - engine)[both]
        size = np.maximum(np.abs(own), np.abs(engine))[both]
        matched = (np.isnan(own) == np.isnan(engine)).all()
        if matched and (difference <= self.tolerance * np.maximum(1.0, size)).all():
            self._add_agreeing(where, times[both], difference, size)
            return
        for time, first, second in zip(times, own, engine, strict=True):
            self.add(f"{where}, day {time:g}", float(first), float(second))

    def _add_agreeing(
        self, where: str, times: FloatArray, difference: FloatArray, size: FloatArray
    ) -> None:
        self.compared += difference.size
        if not difference.size:
            return
        largest = int(np.argmax(difference))
        if difference[largest] > self.max_absolute:
            self.max_absolute = float(difference[largest])
            self.where = f"{where}, day {times[largest]:g}"
        filled = size > 0
        relative = float(np.max(difference[filled] / size[filled], initial=0.0))
        self.max_relative = max(self.max_relative, relative)

    def expect(self, reason: str) -> None:
        """Note a place where the methods differ, or one is not asked, for a known reason."""
        self.expected += 1
        self.expected_reasons.add(reason)

    def describe(self) -> str:
        """One line for an error message."""
        return (
            f"{self.quantity}: {self.over_tolerance} over tolerance {self.tolerance:g}, "
            f"{self.unmatched} unmatched, largest difference {self.max_absolute:g} at {self.where}"
        )

    def to_json(self) -> dict[str, JsonValue]:
        """The entry of the run's manifest."""
        return {
            "quantity": self.quantity,
            "compared": self.compared,
            "max_absolute": rounded(self.max_absolute),
            "max_relative": rounded(self.max_relative),
            "where": self.where,
            "tolerance": self.tolerance,
            "unmatched": self.unmatched,
            "over_tolerance": self.over_tolerance,
            "expected_differences": self.expected,
            "expected_reasons": sorted(self.expected_reasons),
            "verdict": "agrees" if self.agrees else "disagrees",
        }


class EngineCheck:
    """Comparisons of a whole run; one object goes through all its analyses."""

    def __init__(self) -> None:
        self._agreements: dict[tuple[str, OutputClass], Agreement] = {}

    def of(self, quantity: str, tolerance: float, output_class: OutputClass) -> Agreement:
        """The running comparison of a quantity, begun at its first use."""
        key = (quantity, output_class)
        if key not in self._agreements:
            self._agreements[key] = Agreement(quantity, tolerance, output_class)
        return self._agreements[key]

    def require_agreement(self) -> None:
        """Raise EngineDisagreement, naming every quantity at fault."""
        faults = [agreement for agreement in self._sorted() if not agreement.agrees]
        if faults:
            raise EngineDisagreement(faults)

    def to_json(self, output_class: OutputClass) -> list[JsonValue]:
        """Comparisons of one output class, by quantity: an open manifest holds nothing by arm."""
        return [
            agreement.to_json()
            for agreement in self._sorted()
            if agreement.output_class is output_class
        ]

    def _sorted(self) -> list[Agreement]:
        return [self._agreements[key] for key in sorted(self._agreements)]


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
