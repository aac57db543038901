"""Whether an RQ-PCR result confirms a relapse (pack `relapse`).

Source: Buchmann et al., Blood 2022;139:1785: 1e-2 or more, or a rise by one logarithm to 1 % or
more. Numbers are fractions of cells.
"""

from datetime import date

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.status import why_invalid
from services.assessments.domain.packs.records import MrdSample
from services.assessments.domain.packs.relapse import positive_test
from services.assessments.domain.packs.response.assessment import day_of
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, every
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Pack

CONFIRMED, NOT_CONFIRMED = "CONFIRMED", "NOT_CONFIRMED"


def rqpcr_confirmations(
    facts: SubjectFacts, first_response: Result, pack: Pack
) -> tuple[Result, ...]:
    """`CONFIRMED` or `NOT_CONFIRMED` of every RQ-PCR of the marrow after first response, by date.

    NE: `assay_invalid`, `value_undecided`. Full dates only; none before a response.
    """
    start = first_response.value
    if not isinstance(start, date):
        return ()
    rows = sorted(
        (row for row in facts.mrd if row.method == "RQPCR" and row.material != "PB"),
        key=lambda row: (day_of(row.sample_date), row.record),
    )
    return tuple(
        _confirmation(row, _before(rows[:number], row), pack)
        for number, row in enumerate(rows)
        if day_of(row.sample_date) > start
    )


def _confirmation(sample: MrdSample, before: MrdSample | None, pack: Pack) -> Result:
    trace = Trace(f"relapse_rqpcr:{sample.record}", pack)
    trace.look(*sample.told())
    words = [f"{sample.record}: {sample.kind} {sample.fraction or 'no value'}"]
    valid = _valid(sample)
    trace.try_rule("rqpcr_evaluable", valid, *words)
    if not valid:
        return trace.result("NE", "ne", reason="assay_invalid", rule="rqpcr_evaluable")
    level = positive_test(sample, pack.limit("rqpcr_level"))
    trace.try_rule("rqpcr_level", level, *words)
    risen = _risen(sample, before, pack)
    if before is not None:
        trace.look(*before.told())
        words.append(f"before, {before.record}: {before.kind} {before.fraction or 'no value'}")
    trace.try_rule("rqpcr_rise", risen, *words)
    if level or risen:
        return trace.result(CONFIRMED, "final", rule="rqpcr_level" if level else "rqpcr_rise")
    if level is None:
        return trace.result("NE", "ne", reason="value_undecided", rule="rqpcr_level")
    if risen is None and _reaches(sample, pack) is not False:
        return trace.result("NE", "ne", reason="value_undecided", rule="rqpcr_rise")
    return trace.result(NOT_CONFIRMED, "final", rule="rqpcr_level")


def _before(earlier: list[MrdSample], sample: MrdSample) -> MrdSample | None:
    """The last valid result of an earlier day."""
    day = day_of(sample.sample_date)
    fit = [row for row in earlier if _valid(row) and day_of(row.sample_date) < day]
    return fit[-1] if fit else None


def _valid(sample: MrdSample) -> bool:
    return why_invalid(sample) is None


def _reaches(sample: MrdSample, pack: Pack) -> Verdict3:
    return positive_test(sample, pack.limit("rqpcr_rise_level"))


def _risen(sample: MrdSample, before: MrdSample | None, pack: Pack) -> Verdict3:
    """A rise by the factor over the result before, to the level."""
    if before is None:
        return False
    return every([_reaches(sample, pack), _by_factor(sample, before, pack)])


def _by_factor(sample: MrdSample, before: MrdSample, pack: Pack) -> Verdict3:
    """A rise over what lies below a limit is certain once it is one over the limit itself."""
    then = before.fraction if before.kind == "QUANT" else _reach(before)
    if sample.fraction is None or then is None or then.relation in {">", ">="}:
        return None
    risen = sample.fraction.compare("ge", then.limit * pack.decimal("rqpcr_rise_factor"))
    exact = before.kind == "QUANT" and then.exact is not None
    return risen if exact or risen else None


def _reach(sample: MrdSample) -> Censored | None:
    return sample.sensitivity if sample.kind == "NEG" else sample.quantitative_range
