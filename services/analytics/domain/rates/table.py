"""Successes of two arms, and those strata that hold subjects of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from services.analytics.domain.life_table import FloatArray

NO_STRATUM = "no stratum with subjects of both arms"
NO_SUCCESS_IN_REFERENCE = "no success in the reference: the ratio has no finite value"


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """``x1`` successes of ``n1`` subjects in the arm, ``x2`` of ``n2`` in the reference.

    Raises ValueError unless 0 <= x <= n in both.
    """

    x1: int
    n1: int
    x2: int
    n2: int

    def __post_init__(self) -> None:
        if not (0 <= self.x1 <= self.n1 and 0 <= self.x2 <= self.n2):
            raise ValueError("successes must lie between 0 and the number of subjects")

    def swapped(self) -> Self:
        """The reference as the arm."""
        return type(self)(self.x2, self.n2, self.x1, self.n1)


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """The strata with subjects of both arms, as arrays of one length.

    A stratum of one arm compares nothing and is left out.
    """

    x1: FloatArray
    n1: FloatArray
    x2: FloatArray
    n2: FloatArray

    @classmethod
    def of(cls, tables: Sequence[TwoByTwo]) -> Self:
        """Columns of the tables that can compare."""
        kept = [(t.x1, t.n1, t.x2, t.n2) for t in tables if t.n1 and t.n2]
        columns = np.array(kept, dtype=np.float64).reshape(-1, 4).T
        return cls(*columns)

    @property
    def count(self) -> int:
        """How many strata compare."""
        return self.n1.size

    @property
    def n(self) -> FloatArray:
        """Subjects of both arms."""
        return self.n1 + self.n2

    @property
    def x(self) -> FloatArray:
        """Successes of both arms."""
        return self.x1 + self.x2

    def swapped(self) -> Self:
        """The reference as the arm, in every stratum."""
        return type(self)(self.x2, self.n2, self.x1, self.n1)
