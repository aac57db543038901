"""A number as a laboratory reports it: exact, or only that it lies beyond a limit."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from shared.rules.model import Comparator, Limit

Verdict3 = bool | None
"""True, False, or None where it is undetermined."""

Relation = Literal["=", "<", "<=", ">", ">="]

_CENSORED = re.compile(r"(<=|>=|<|>)?\s?(-?(?:0|[1-9]\d{0,17})(?:\.\d{1,18})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Censored:
    """A number as reported: exact, or only that it lies beyond a limit ("<5", ">90").

    `text` is the reported text, kept for the trace.
    """

    relation: Relation
    limit: Decimal
    text: str

    @classmethod
    def parse(cls, text: str) -> "Censored":
        """From plain decimal text with an optional comparator; ValueError otherwise."""
        match = _CENSORED.fullmatch(text)
        if match is None:
            raise ValueError('a number is decimal text such as "4.9", "<5" or ">90"')
        relation = match[1]
        known: dict[str | None, Relation] = {None: "=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
        return cls(known[relation], Decimal(match[2]), text)

    @classmethod
    def exactly(cls, value: Decimal | int) -> "Censored":
        """A number that is known exactly."""
        return cls("=", Decimal(value), format(Decimal(value), "f"))

    @property
    def exact(self) -> Decimal | None:
        """The number where it is known exactly, else None."""
        return self.limit if self.relation == "=" else None

    def compare(self, comparator: Comparator, threshold: Decimal) -> Verdict3:
        """Whether the number `comparator` the threshold; None where the report leaves it open."""
        if self.relation == "=":
            return Limit(comparator, threshold).holds(self.limit)
        if comparator in {"gt", "le"}:
            above = self._certainly_above(threshold, strict=True)
            return above if comparator == "gt" or above is None else not above
        at_least = self._certainly_above(threshold, strict=False)
        return at_least if comparator == "ge" or at_least is None else not at_least

    def meets(self, limit: Limit) -> Verdict3:
        """Whether the number meets the limit; None where the report leaves it open."""
        return self.compare(limit.comparator, limit.value)

    def _certainly_above(self, threshold: Decimal, *, strict: bool) -> Verdict3:
        """value > threshold (strict) or value >= threshold, of a number that is not exact."""
        if self.relation in {">", ">="}:
            reached = self.limit > threshold or (
                self.limit == threshold and (self.relation == ">" or not strict)
            )
            return True if reached else None
        below = self.limit < threshold or (
            self.limit == threshold and (self.relation == "<" or strict)
        )
        return False if below else None

    def __str__(self) -> str:
        return self.text
