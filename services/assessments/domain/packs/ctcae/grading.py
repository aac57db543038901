"""Laboratory grades by CTCAE v4.03: a proposal from the number, never the investigator's grade.

The worst grade is tried first and its cut-points are taken as printed. A grade that needs a limit
of normal or a baseline which nobody gave is not evaluable, not grade 0. The version has no clause
for children whose baseline is abnormal. Source: the pack `ctcae403`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from services.assessments.domain.packs.ctcae.table import GradeTable, LabTerm, Ladder
from services.assessments.domain.packs.result import InputRef, Result, Status, Trace
from services.assessments.domain.packs.spans import Verdict3, some
from services.assessments.domain.packs.units import Quantity, UnitSystem
from services.assessments.domain.packs.values import Censored
from shared.rules.model import SIGNS, Pack

_WORDS = {
    "lln": "lower limit of normal",
    "uln": "upper limit of normal",
    "baseline": "baseline",
    "raised_limit": "upper limit of normal, or baseline where higher",
}


@dataclass(frozen=True, slots=True)
class LabFacts:
    """A laboratory value with what it is graded against.

    `lln` and `uln` are the limits of normal of that laboratory for this child on that day; `given`
    holds circumstances that somebody stated (`on_anticoagulation`, `physiologic_consequences`,
    `symptomatic`); `refs` are the items that all this was read from.
    """

    value: Quantity
    lln: Quantity | None = None
    uln: Quantity | None = None
    baseline: Quantity | None = None
    given: Mapping[str, bool] = field(default_factory=dict)
    refs: tuple[InputRef, ...] = ()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Whether a ladder gives a grade; `open` says why it stays open, `if_` what was assumed."""

    holds: Verdict3
    words: str
    open: str | None = None
    if_: str | None = None


class LabGrader:
    """Grades values by a pack `ctcae403`. Raises PackError where the pack contradicts itself."""

    def __init__(self, pack: Pack, units: UnitSystem) -> None:
        self._pack = pack
        self._units = units
        self.table = GradeTable.of(pack, units)

    def grade(self, term_id: str, facts: LabFacts) -> Result:
        """The grade as text, "0" to "4", of a term's id.

        Status `ne` with reason `range_missing`, `baseline_missing`, `value_censored`,
        `value_negative`, `range_invalid` or `baseline_invalid`; `provisional` where a missing
        baseline or limit could make the grade another, or a circumstance was assumed.
        Raises KeyError for an unknown term, ValueError for another analyte's value.
        """
        term = self.table.terms[term_id]
        for part in (facts.value, facts.lln, facts.uln, facts.baseline):
            if part is not None and part.analyte != term.analyte:
                raise ValueError(f"{term.name} is graded by {term.analyte}, not {part.analyte}")
        trace = Trace(f"ctcae403.{term.id}", self._pack)
        trace.look(*facts.refs)
        fault = _unusable(facts)
        if fault is not None:
            trace.try_rule("usable_facts", holds=False)
            return trace.result(None, "ne", reason=fault)
        return self._climb_down(term, facts, trace)

    def _climb_down(self, term: LabTerm, facts: LabFacts, trace: Trace) -> Result:
        left_open: list[_Outcome] = []
        for grade in term.grades:
            found = list(self._outcomes(term, grade, facts))
            holds = some(each.holds for each in found)
            trace.try_rule(f"grade_{grade}", holds, *(each.words for each in found))
            if holds:
                hits = [each for each in found if each.holds]
                return _graded(term, grade, facts, trace, hits, left_open)
            left_open.extend(each for each in found if each.holds is None)
        if left_open:
            trace.try_rule("grade_0", None)
            return trace.result(None, "ne", reason=_reason(left_open))
        trace.try_rule("grade_0", holds=True)
        return trace.result("0", "final", rule="grade_0")

    def _outcomes(self, term: LabTerm, grade: int, facts: LabFacts) -> Iterator[_Outcome]:
        for ladder in self._applicable(term, facts.value):
            if grade in ladder.cuts:
                yield self._in_circumstances(ladder, grade, facts)

    def _applicable(self, term: LabTerm, value: Quantity) -> tuple[Ladder, ...]:
        """All ladders, but of the absolute ones only those printed in the value's kind of unit.

        Where none is, the first printed unit that the analyte's factor leads to.
        """
        absolute = [ladder for ladder in term.ladders if ladder.of is None]
        kinds = [self._units.find(str(ladder.unit)).kind for ladder in absolute]
        reported = self._units.find(value.unit).kind
        chosen = reported if reported in kinds else next(iter(kinds), reported)
        dropped = [a for a, kind in zip(absolute, kinds, strict=True) if kind != chosen]
        return tuple(ladder for ladder in term.ladders if ladder not in dropped)

    def _in_circumstances(self, ladder: Ladder, grade: int, facts: LabFacts) -> _Outcome:
        if ladder.given is None:
            return self._outcome(ladder, grade, facts)
        stated = facts.given.get(ladder.given)
        if stated is False or (stated is None and not self.table.assumptions[ladder.given]):
            return _Outcome(holds=False, words=f"not {ladder.given}")
        outcome = self._outcome(ladder, grade, facts)
        words = f"{outcome.words}, if {ladder.given}"
        assumed = ladder.given if stated is None else None
        return _Outcome(outcome.holds, words, outcome.open, assumed)

    def _outcome(self, ladder: Ladder, grade: int, facts: LabFacts) -> _Outcome:
        cut, sign = ladder.cuts[grade], SIGNS[ladder.comparator]
        if ladder.of is None:
            unit = str(ladder.unit)
            value = self._units.convert_number(
                facts.value.number, facts.value.unit, unit, facts.value.analyte
            )
            return _compared(ladder, value, cut, f"{value} {sign} {cut:f} {unit}")
        reference = self._reference(ladder, facts)
        if isinstance(reference, str):
            return _Outcome(None, f"{_WORDS[ladder.of]} unknown", reference)
        value, limit, unit = reference
        if ladder.of == "raised_limit":
            step = self._units.convert(cut, str(ladder.unit), unit, facts.value.analyte)
            words = f"{value} {sign} {limit + step:f} {unit} ({step:f} over {_WORDS[ladder.of]})"
            found = _compared(ladder, value, limit + step, words)
            if found.holds and facts.baseline is None:
                return _Outcome(found.holds, found.words, if_="baseline_missing")
            return found
        words = f"{value} {sign} {cut * limit:f} {unit} ({cut:f} x {_WORDS[ladder.of]})"
        return _compared(ladder, value, cut * limit, words)

    def _reference(self, ladder: Ladder, facts: LabFacts) -> tuple[Censored, Decimal, str] | str:
        """Value, reference and their common unit, or the code of why there is no reference."""
        parts = {"lln": facts.lln, "uln": facts.uln, "baseline": facts.baseline}
        wanted = ("uln", "baseline") if ladder.of == "raised_limit" else (str(ladder.of),)
        first = parts[wanted[0]]
        if first is None:
            return "baseline_missing" if ladder.of == "baseline" else "range_missing"
        known = [part for name in wanted if (part := parts[name]) is not None]
        if any(part.number.exact is None for part in known):
            return "baseline_censored"
        if all(part.unit == facts.value.unit for part in known):
            return facts.value.number, max(part.number.limit for part in known), facts.value.unit
        # In the canonical unit, where products are exact and quotients without end do not occur.
        limit = max(part.canonical.limit for part in known)
        return facts.value.canonical, limit, facts.value.canonical_unit


def _compared(ladder: Ladder, value: Censored, limit: Decimal, words: str) -> _Outcome:
    holds = value.compare(ladder.comparator, limit)
    return _Outcome(holds, words, "value_censored" if holds is None else None)


def _graded(
    term: LabTerm,
    grade: int,
    facts: LabFacts,
    trace: Trace,
    hits: list[_Outcome],
    worse: list[_Outcome],
) -> Result:
    reasons = {str(each.open) for each in worse}
    if "value_censored" in reasons:
        trace.note(f"at_least_grade_{grade}")
        return trace.result(None, "ne", reason="value_censored")
    if _within_normal(term, facts):
        trace.note("within_normal_limits")
    trace.note(*reasons)
    assumed = {str(each.if_) for each in hits} if all(each.if_ for each in hits) else set()
    trace.note(*(code if code == "baseline_missing" else f"assumed_{code}" for code in assumed))
    status: Status = "provisional" if reasons or assumed else "final"
    return trace.result(str(grade), status, rule=f"grade_{grade}")


def _reason(left_open: list[_Outcome]) -> str:
    """The reason to tell first: what somebody can supply before what nobody can."""
    reasons = {str(each.open) for each in left_open}
    order = ("range_missing", "baseline_missing", "baseline_censored", "value_censored")
    return next(code for code in order if code in reasons)


def _within_normal(term: LabTerm, facts: LabFacts) -> Verdict3:
    limit = facts.lln if term.low else facts.uln
    if limit is None:
        return None
    return facts.value.canonical.compare("ge" if term.low else "le", limit.canonical.limit)


def _unusable(facts: LabFacts) -> str | None:
    value, baseline = facts.value.number, facts.baseline
    if value.relation in {"=", "<", "<="} and (
        value.limit < 0 or (value.relation == "<" and value.limit == 0)
    ):
        return "value_negative"
    limits = [part.canonical for part in (facts.lln, facts.uln) if part is not None]
    sound = all(limit.exact is not None and limit.limit > 0 for limit in limits)
    if not sound or (len(limits) == 2 and limits[0].limit > limits[1].limit):
        return "range_invalid"
    if baseline is not None and baseline.canonical.limit <= 0:
        return "baseline_invalid"
    return None
