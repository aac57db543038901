"""Checks of serum samples: unit, quantification, plausibility, times.

Samples reveal the arm: so do these results as a whole.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.pk.checks import verdict_value
from services.assessments.domain.packs.pk.concentrations import (
    Placed,
    limit_of_quantification,
    placed_samples,
    reported,
    shown,
    unit_fits,
)
from services.assessments.domain.packs.pk.doses import within_minutes
from services.assessments.domain.packs.records import PkSample
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Span, Verdict3, before, every, negation
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Pack


@dataclass(slots=True)
class _Check:
    placed: Placed
    others: Sequence[Placed]
    trace: Trace
    pack: Pack = field(init=False)

    def __post_init__(self) -> None:
        self.pack = self.trace.pack

    @property
    def sample(self) -> PkSample:
        return self.placed.sample


def sample_checks(facts: SubjectFacts, pack: Pack) -> tuple[Result, ...]:
    """One result a sample: OK, OPEN where facts are missing, FLAGGED with the flags as notes."""
    placed = placed_samples(facts, pack)
    return tuple(check_sample(each, placed, pack) for each in placed)


def check_sample(placed: Placed, others: Sequence[Placed], pack: Pack) -> Result:
    """The checks of one sample among the subject's."""
    sample = placed.sample
    check = _Check(placed, others, Trace(f"pk_sample:{sample.record}", pack))
    for other in others:
        if other.dose == placed.dose:
            check.trace.look(*other.sample.told())
    if placed.dose is not None:
        check.trace.look(*placed.dose.dose.told())
    verdicts = [rule(check) for rule in _rules_for(sample, pack)]
    return verdict_value(check.trace, verdicts)


def _rules_for(sample: PkSample, pack: Pack) -> Iterator[Callable[[_Check], Verdict3]]:
    yield from (_dose_present, _unit, _quantifiable, _plausible, _timed)
    if sample.timepoint == pack.text("trough_timepoint"):
        yield _before_dose
    if sample.timepoint == pack.text("peak_timepoint"):
        yield from (_after_infusion, _peak_above_trough)
    if sample.nominal_time is not None:
        yield _nominal


def _dose_present(check: _Check) -> Verdict3:
    present = check.placed.dose is not None
    if not present:
        check.trace.note("query_sample_without_dose")
    return check.trace.try_rule("dose_present", present, f"visit {check.sample.visit or 'none'}")


def _unit(check: _Check) -> Verdict3:
    fits = unit_fits(check.sample, check.pack)
    if not fits:
        check.trace.note("query_pk_unit")
    return check.trace.try_rule("unit", fits, f"unit {check.sample.unit or 'of the form'}")


def _quantifiable(check: _Check) -> Verdict3:
    code = _quantification_fault(check.sample, check.pack)
    if code is not None:
        check.trace.note(code)
    known = reported(check.sample, check.pack) is not None
    return check.trace.try_rule(
        "quantifiable", code is None if known else None, shown(check.sample)
    )


def _quantification_fault(sample: PkSample, pack: Pack) -> str | None:
    if not unit_fits(sample, pack):
        return None
    value, flag = sample.concentration, sample.below_quantification
    below = flag is True or (value is not None and value.relation in {"<", "<="})
    limit = limit_of_quantification(sample, pack)
    if value is not None and value.exact is not None and value.exact < limit:
        return "query_below_quantification_as_number"
    contradicts = value is not None and flag is not None and flag is (value.exact is not None)
    if contradicts or (below and value is not None and value.limit != limit):
        return "query_quantification_contradicts"
    if below and sample.quantification_limit is None:
        return "query_quantification_limit_missing"
    return None


def _plausible(check: _Check) -> Verdict3:
    value = reported(check.sample, check.pack)
    if value is None:
        return check.trace.try_rule("plausible", None, "no concentration in the unit")
    # Below quantification is as low as an assay can say: never implausible.
    low = value.relation in {"<", "<="} or value.meets(check.pack.limit("plausible_low"))
    inside = every([low, value.meets(check.pack.limit("plausible_high"))])
    if inside is not True:
        check.trace.note("flag_concentration_implausible")
    return check.trace.try_rule("plausible", inside, shown(check.sample))


def _timed(check: _Check) -> Verdict3:
    timed = check.sample.sample_time is not None
    if not timed:
        check.trace.note("sample_time_missing")
    return check.trace.try_rule("sample_timed", timed or None, shown(check.sample))


def _before_dose(check: _Check) -> Verdict3:
    dose = check.placed.dose
    if dose is None:
        return check.trace.try_rule("before_dose", None, "no dose")
    drawn, start = check.sample.sample_time, dose.dose.start_time
    if drawn is None or start is None:
        later = before(Span.of(dose.dose.dose_date), Span.of(check.sample.sample_date))
        earlier: Verdict3 = False if later else None
    else:
        earlier = drawn <= start
    if earlier is False:
        check.trace.note("query_sample_after_start_of_infusion")
    words = f"infusion from {start.isoformat() if start else 'an unknown time'}"
    return check.trace.try_rule("before_dose", earlier, shown(check.sample), words)


def _after_infusion(check: _Check) -> Verdict3:
    dose = check.placed.dose
    if dose is None:
        return check.trace.try_rule("after_infusion", None, "no dose")
    drawn, end = check.sample.sample_time, dose.dose.end_time
    words = f"infusion to {end.isoformat() if end else 'an unknown time'}"
    if drawn is None or end is None:
        earlier = before(Span.of(check.sample.sample_date), Span.of(dose.dose.dose_date))
        fits = negation(earlier) if earlier else None
    else:
        earlier = drawn < end
        late = drawn - end
        soon = within_minutes(late, check.pack, "end_of_infusion_within_minutes")
        fits = late >= timedelta(0) and soon
    if earlier:
        check.trace.note("query_sample_before_end_of_infusion")
    elif fits is False:
        check.trace.note("deviation_sample_late")
    return check.trace.try_rule("after_infusion", fits, shown(check.sample), words)


def _nominal(check: _Check) -> Verdict3:
    drawn, nominal = check.sample.sample_time, check.sample.nominal_time
    if drawn is None or nominal is None:
        return check.trace.try_rule("nominal_time", None, "no actual time")
    near = within_minutes(drawn - nominal, check.pack, "nominal_tolerance_minutes")
    if not near:
        check.trace.note("deviation_sample_time")
    return check.trace.try_rule(
        "nominal_time", near, f"nominal {nominal.isoformat()}", f"actual {drawn.isoformat()}"
    )


def _peak_above_trough(check: _Check) -> Verdict3:
    high = reported(check.sample, check.pack)
    pre_dose = check.pack.text("trough_timepoint")
    lows = [
        value
        for other in check.others
        if other.sample.timepoint == pre_dose
        and other.dose is not None
        and other.dose == check.placed.dose
        and (value := reported(other.sample, check.pack)) is not None
    ]
    if not lows or high is None:
        return True if high is not None else None
    above = every(_above(high, low) for low in lows)
    if above is False:
        check.trace.note("query_peak_not_above_trough")
    words = (f"before the dose {low}" for low in lows)
    return check.trace.try_rule("peak_above_trough", above, shown(check.sample), *words)


def _above(high: Censored, low: Censored) -> Verdict3:
    if low.exact is not None:
        return high.compare("gt", low.exact)
    if low.relation in {"<", "<="}:
        strict = low.relation == "<"
        return True if high.compare("ge" if strict else "gt", low.limit) else None
    return None if high.exact is None else low.compare("lt", high.exact)
