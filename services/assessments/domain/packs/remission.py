"""Remission by the Ponte-di-Legno consensus, the second set of response criteria (pack `relapse`).

Source: Buchmann et al., Blood 2022;139:1785. MRD decides where there is one, else microscopy.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from services.assessments.domain.packs.calendar import day1_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import Extramedullary, Marrow, MarrowTest, MrdSample
from services.assessments.domain.packs.relapse import positive_test, tests_of
from services.assessments.domain.packs.response.assessment import (
    assessment_of,
    baseline,
    day_of_record,
)
from services.assessments.domain.packs.response.window import counting_days, stopped
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Verdict3, every, negation, some
from services.assessments.domain.packs.values import meets
from shared.rules.model import Limit, Pack

_WHOLE = Decimal(100)


def consensus_remission(
    facts: SubjectFacts, eot: Result, response_pack: Pack, pack: Pack
) -> Result:
    """`CR` or `FAILURE` at the end of induction, by the last marrow after Day 1 that counts.

    `response_pack` tells how near an extramedullary assessment must be. Pending before the end of
    treatment; NE: `no_marrow`, `undetermined`, `died_before_eot`, `eot_unknown`.
    """
    trace = Trace("response_consensus", pack)
    over = stopped(eot, trace)
    if over is not None:
        return over
    if not trace.try_rule("end_of_induction", isinstance(eot.value, date)):
        return trace.result(None, "pending", reason=eot.reason, rule="end_of_induction")
    counts, start = counting_days(facts, eot), day1_span(facts)
    marrows = [
        each
        for each in facts.marrow
        if start is not None and start.latest < day_of_record(each) and counts(day_of_record(each))
    ]
    if not marrows:
        return trace.result("NE", "ne", reason="no_marrow", rule="remission")
    marrow = max(marrows, key=lambda each: (day_of_record(each), each.record))
    before = baseline(facts, day_of_record(marrow), response_pack)
    outside = assessment_of(facts, marrow, before, counts, response_pack).extramedullary
    tests = [test for test in tests_of(facts, marrow) if isinstance(test, MrdSample)]
    trace.look(*marrow.refs("sample_date", "blasts", "evaluable", "quality"))
    for test in tests:
        trace.look(*test.refs("kind", "fraction", "sensitivity", "quantitative_range"))
    if outside:
        trace.look(*outside.refs("assessment_date", "cns_status", "disease", "burden"))
    holds = every([_clean_marrow(marrow, tests, pack), _clear_outside(outside, pack)])
    trace.try_rule("remission", holds, marrow.record, *(test.record for test in tests))
    if holds is None:
        return trace.result("NE", "ne", reason="undetermined", rule="remission")
    return trace.result("CR" if holds else "FAILURE", "final", rule="remission")


def _clean_marrow(marrow: Marrow, tests: Sequence[MrdSample | MarrowTest], pack: Pack) -> Verdict3:
    if tests:
        return every(negation(positive_test(test, _above(pack))) for test in tests)
    if marrow.evaluable is False or marrow.quality in {"DRY_TAP", "HYPOCELLULAR"}:
        return None
    return meets(marrow.blasts, pack.limit("remission_blasts"))


def _above(pack: Pack) -> Limit:
    """The limit that an MRD of no remission meets."""
    limit = pack.limit("remission_mrd")
    return Limit("ge" if limit.comparator == "lt" else "gt", limit.value, limit.unit)


def _clear_outside(found: Extramedullary | None, pack: Pack) -> Verdict3:
    if found is None or found.cns_status in {None, "UNK"}:
        return None
    # Exact in thirds: a burden of 33.33 % is, 33.34 % is not, at most one part of three.
    parts = pack.integer("remission_mass_parts")
    small = None if found.burden is None else found.burden.compare("le", _WHOLE / parts)
    return every(
        [
            found.cns_status in pack.texts("remission_cns"),
            some([negation(found.disease), small]),
        ]
    )
