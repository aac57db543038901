"""Limits of normal of a laboratory, by analyte, sex, age and day.

A laboratory's ranges are a pack with one table `ranges`: analyte, laboratory, sex (`F`, `M`,
`any`), ages in years and dates of validity (both first included, last excluded; an open end is
left out), low, high, unit. Ranges that overlap or leave a gap are refused when they are read.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from services.assessments.domain.packs.units import Quantity, UnitFault, UnitSystem
from shared.rules.loading import PackError
from shared.rules.model import Cell, Pack

Sex = Literal["F", "M"]
SEXES: tuple[Sex, ...] = ("F", "M")
_NEVER, _EVER, _OLDEST = date.min, date.max, Decimal(200)


@dataclass(frozen=True, slots=True)
class Range:
    """Limits of normal for children of one sex from one age to another, while they are valid."""

    analyte: str
    laboratory: str
    sex: Sex
    age_from: Decimal
    age_to: Decimal
    valid_from: date
    valid_to: date
    low: Quantity | None
    high: Quantity | None

    def covers(self, age: Decimal, day: date) -> bool:
        """Whether it is the range of a child of this age (years) on this day."""
        of_age = self.age_from <= age < self.age_to
        return of_age and self.valid_from <= day < self.valid_to


class ReferenceRanges:
    """The ranges of a pack. Raises PackError with every overlap, gap and malformed row."""

    def __init__(self, pack: Pack, units: UnitSystem) -> None:
        self._groups: dict[tuple[str, str, Sex], list[Range]] = {}
        faults: list[str] = []
        for number, row in enumerate(pack.rows("ranges"), 1):
            try:
                read = list(_ranges(row, units))
            except (ArithmeticError, KeyError, UnitFault, ValueError) as error:
                faults.append(f"ranges, row {number}: {error}")
                continue
            for each in read:
                group = (each.analyte, each.laboratory, each.sex)
                self._groups.setdefault(group, []).append(each)
        faults.extend(_one_sex_only(self._groups))
        for (analyte, laboratory, sex), ranges in self._groups.items():
            where = f"{analyte}, laboratory {laboratory}, sex {sex}"
            faults.extend(f"{where}: {words}" for words in _holes(ranges))
        if faults:
            raise PackError(pack.id, faults)

    def find(
        self, analyte: str, laboratory: str, sex: Sex, age: Decimal, day: date
    ) -> Range | None:
        """The range in force, or None: then the limits of normal are missing, not guessed."""
        group = self._groups.get((analyte, laboratory, sex), [])
        return next((each for each in group if each.covers(age, day)), None)


def _ranges(row: Mapping[str, Cell], units: UnitSystem) -> Iterator[Range]:
    analyte, unit = str(row["analyte"]), str(row["unit"])
    low, high = (
        units.measure(analyte, str(row[side]), unit) if side in row else None
        for side in ("low", "high")
    )
    limits = [limit for limit in (low, high) if limit is not None]
    if not limits or any(each.number.exact is None or each.number.limit < 0 for each in limits):
        raise ValueError("has no limit, or one that is no plain number")
    if low is not None and high is not None and low.number.limit >= high.number.limit:
        raise ValueError("low is not below high")
    age_from = Decimal(str(row.get("age_from", 0)))
    age_to = Decimal(str(row.get("age_to", _OLDEST)))
    valid_from = date.fromisoformat(str(row["from"])) if "from" in row else _NEVER
    valid_to = date.fromisoformat(str(row["to"])) if "to" in row else _EVER
    if age_from >= age_to or valid_from >= valid_to:
        raise ValueError("ends before it begins")
    laboratory = str(row["laboratory"])
    for sex in _sexes(str(row["sex"])):
        yield Range(analyte, laboratory, sex, age_from, age_to, valid_from, valid_to, low, high)


def _sexes(text: str) -> tuple[Sex, ...]:
    match text:
        case "any":
            return SEXES
        case "F" | "M":
            return (text,)
    raise ValueError("sex is F, M or any")


def _one_sex_only(groups: Iterable[tuple[str, str, Sex]]) -> Iterator[str]:
    known = set(groups)
    for analyte, laboratory, sex in sorted(known):
        other: Sex = "M" if sex == "F" else "F"
        if (analyte, laboratory, other) not in known:
            yield f"{analyte}, laboratory {laboratory}: no range for sex {other}"


def _holes(ranges: Sequence[Range]) -> Iterator[str]:
    """Gaps and overlaps: between two days on which something changes, ages follow closely."""
    changes = sorted({day for each in ranges for day in (each.valid_from, each.valid_to)})
    for day in changes[:-1]:
        valid = [each for each in ranges if each.valid_from <= day < each.valid_to]
        if not valid:
            yield f"gap from {day}"
        for younger, older in pairwise(sorted(valid, key=lambda each: each.age_from)):
            if younger.age_to > older.age_from:
                yield f"overlap at age {older.age_from} from {day}"
            if younger.age_to < older.age_from:
                yield f"gap at age {younger.age_to} from {day}"
