"""Units of measurement: what a laboratory wrote, kept, beside the value in the canonical unit.

Conversion is exact (rational) and nothing is rounded before a comparison. Source of the codes:
UCUM, case-sensitive form; of the factors: the pack `units`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Literal, Self

from services.assessments.domain.packs.values import Censored
from shared.rules.loading import PackError
from shared.rules.model import Cell, Pack

FaultCode = Literal["unit_unknown", "unit_incompatible"]
# As many digits as a reported number and a factor can have together, so that every
# product is exact; only a quotient without end is cut, far behind what anybody measures.
_CONTEXT = Context(prec=40)


class UnitFault(ValueError):
    """A unit that cannot be used: `code` is `unit_unknown` or `unit_incompatible`."""

    def __init__(self, code: FaultCode, unit: str, words: str) -> None:
        super().__init__(words)
        self.code = code
        self.unit = unit


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: value x factor + offset is the value in the base unit of its kind."""

    code: str
    kind: str
    factor: Fraction
    offset: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured value as it was reported, and in the canonical unit of its analyte.

    `text` and `unit_text` are what was received; `number` and `unit` the same read (`unit` a UCUM
    code); `canonical` is the number in `canonical_unit`, with the comparator it was reported with.
    """

    analyte: str
    text: str
    unit_text: str
    number: Censored
    unit: str
    canonical: Censored
    canonical_unit: str


@dataclass(frozen=True, slots=True)
class _Bridge:
    start: Unit
    end: Unit
    factor: Fraction

    def cross(self, base: Fraction, kind: str) -> Fraction:
        """From the base unit of `kind`, one of its ends, to the base unit of the other's."""
        if kind == self.start.kind:
            there = _from_base(base, self.start) * self.factor
            return _to_base(there, self.end)
        return _to_base(_from_base(base, self.end) / self.factor, self.start)


@dataclass(frozen=True, slots=True)
class _Analyte:
    canonical: Unit
    also: frozenset[str]


class UnitSystem:
    """The units, spellings, analytes and bridges of a pack `units`."""

    def __init__(
        self,
        units: Mapping[str, Unit],
        spellings: Mapping[str, Unit],
        analytes: Mapping[str, _Analyte],
        bridges: Mapping[tuple[str, frozenset[str]], _Bridge],
    ) -> None:
        self._units = units
        self._spellings = spellings
        self._analytes = analytes
        self._bridges = bridges

    @classmethod
    def of(cls, pack: Pack) -> Self:
        """Read the tables of the pack. Raises PackError where they contradict each other."""
        reader = _Reader(pack)
        system = cls(reader.units(), reader.spellings(), reader.analytes(), reader.bridges())
        if reader.faults:
            raise PackError(pack.id, reader.faults)
        return system

    @property
    def analytes(self) -> tuple[str, ...]:
        """Ids of the analytes that can be measured."""
        return tuple(self._analytes)

    @property
    def codes(self) -> tuple[str, ...]:
        """UCUM codes that are known."""
        return tuple(self._units)

    def find(self, text: str) -> Unit:
        """The unit of a UCUM code or a listed spelling. Raises UnitFault `unit_unknown`."""
        spelling = text.strip()
        unit = self._units.get(spelling) or self._spellings.get(spelling)
        if unit is None:
            raise UnitFault("unit_unknown", text, f"the unit {text!r} is not known")
        return unit

    def reachable(self, unit: str, kind: str, analyte: str) -> bool:
        """Whether a value of the analyte in this unit can be told in units of the kind."""
        start = self.find(unit)
        return start.kind == kind or (analyte, frozenset({start.kind, kind})) in self._bridges

    def convert(self, value: Decimal, unit: str, to: str, analyte: str | None = None) -> Decimal:
        """The value in another unit, exact wherever a decimal can be.

        Raises UnitFault: `unit_unknown`, or `unit_incompatible` where the two units are of
        different kinds and no factor is listed for the analyte.
        """
        start, end = self.find(unit), self.find(to)
        base = _to_base(Fraction(value), start)
        if start.kind != end.kind:
            bridge = self._bridges.get((analyte or "", frozenset({start.kind, end.kind})))
            if bridge is None:
                of = f" of {analyte}" if analyte else ""
                words = f"no factor leads from {start.code} to {end.code}{of}"
                raise UnitFault("unit_incompatible", unit, words)
            base = bridge.cross(base, start.kind)
        return _decimal(_from_base(base, end))

    def convert_number(self, number: Censored, unit: str, to: str, analyte: str) -> Censored:
        """As `convert`, of a number that may be censored: "<5" stays "<"."""
        limit = self.convert(number.limit, unit, to, analyte)
        sign = "" if number.relation == "=" else number.relation
        return Censored(number.relation, limit, f"{sign}{limit:f}")

    def measure(self, analyte: str, text: str, unit: str) -> Quantity:
        """What was reported, with its canonical value.

        Raises KeyError for an analyte that the pack lacks, ValueError where the text is no number,
        UnitFault for the unit.
        """
        entry = self._analytes[analyte]
        number = Censored.parse(text.strip())
        found = self.find(unit)
        if found.code in entry.also:
            found = entry.canonical
        canonical = self.convert_number(number, found.code, entry.canonical.code, analyte)
        return Quantity(analyte, text, unit, number, found.code, canonical, entry.canonical.code)


class _Reader:
    """Reads the tables and collects what contradicts."""

    def __init__(self, pack: Pack) -> None:
        self.faults: list[str] = []
        self._pack = pack
        self._units: dict[str, Unit] = {}

    def units(self) -> Mapping[str, Unit]:
        for row in self._pack.rows("units"):
            unit = Unit(
                str(row["code"]),
                str(row["kind"]),
                Fraction(str(row["factor"])),
                Fraction(str(row.get("offset", 0))),
            )
            self._check(unit.code not in self._units, f"unit {unit.code} is listed twice")
            self._check(unit.factor > 0, f"unit {unit.code} has no positive factor")
            self._units[unit.code] = unit
        bases = {u.kind for u in self._units.values() if u.factor == 1 and u.offset == 0}
        for kind in sorted({unit.kind for unit in self._units.values()} - bases):
            self.faults.append(f"kind {kind} has no unit of factor 1")
        return self._units

    def spellings(self) -> Mapping[str, Unit]:
        found: dict[str, Unit] = {}
        for row in self._pack.rows("aliases"):
            unit = self._unit(row["code"])
            for spelling in _texts(row["spellings"]):
                taken = spelling in found or spelling in self._units
                self._check(not taken, f"spelling {spelling} has two meanings")
                found[spelling] = unit
        return found

    def analytes(self) -> Mapping[str, _Analyte]:
        found: dict[str, _Analyte] = {}
        for row in self._pack.rows("analytes"):
            name = str(row["analyte"])
            self._check(name not in found, f"analyte {name} is listed twice")
            also = frozenset(self._unit(code).code for code in _texts(row.get("also", ())))
            found[name] = _Analyte(self._unit(row["canonical"]), also)
        return found

    def bridges(self) -> Mapping[tuple[str, frozenset[str]], _Bridge]:
        found: dict[tuple[str, frozenset[str]], _Bridge] = {}
        for row in self._pack.rows("bridges"):
            bridge = _Bridge(
                self._unit(row["from"]), self._unit(row["to"]), Fraction(str(row["factor"]))
            )
            name = str(row["analyte"])
            key = (name, frozenset({bridge.start.kind, bridge.end.kind}))
            self._check(len(key[1]) == 2, f"bridge of {name} leads nowhere")
            self._check(key not in found, f"bridge of {name} is listed twice")
            self._check(bridge.factor > 0, f"bridge of {name} has no positive factor")
            found[key] = bridge
        return found

    def _unit(self, code: Cell) -> Unit:
        unit = self._units.get(str(code))
        if unit is None:
            self.faults.append(f"unit {code} is not listed")
            return Unit(str(code), "unknown", Fraction(1))
        return unit

    def _check(self, sound: bool, words: str) -> None:
        if not sound:
            self.faults.append(words)


def _texts(cell: Cell) -> tuple[str, ...]:
    return tuple(str(each) for each in cell) if isinstance(cell, tuple) else (str(cell),)


def _to_base(value: Fraction, unit: Unit) -> Fraction:
    return value * unit.factor + unit.offset


def _from_base(base: Fraction, unit: Unit) -> Fraction:
    return (base - unit.offset) / unit.factor


def _decimal(value: Fraction) -> Decimal:
    return _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
