"""The response category of one assessment, with every criterion tried."""

from collections.abc import Callable

from services.assessments.domain.packs.response.assessment import (
    Assessment,
    day_of_record,
)
from services.assessments.domain.packs.response.criteria import (
    clear_outside,
    complete_but_for_counts,
    few_blasts,
    neutrophils,
    partial_response,
    platelets,
    progression,
)
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.spans import Span, Verdict3, every, negation
from shared.rules.model import Pack

_OF_COUNTS = frozenset(
    {
        "counts_missing",
        "counts_too_far",
        "circulating_blasts_missing",
        "neutrophils_missing",
        "platelets_missing",
    }
)
"""Reasons that a site can clear by entering counts: they raise a query."""

Criterion = Callable[[Assessment, Pack], Verdict3]


def _cr(this: Assessment, pack: Pack) -> Verdict3:
    core = complete_but_for_counts(this, pack)
    return every([core, neutrophils(this, pack), platelets(this, pack)])


def _crp(this: Assessment, pack: Pack) -> Verdict3:
    core = complete_but_for_counts(this, pack)
    return every([core, neutrophils(this, pack), negation(platelets(this, pack))])


def _cri(this: Assessment, pack: Pack) -> Verdict3:
    return every([complete_but_for_counts(this, pack), negation(neutrophils(this, pack))])


# SD is what none of the others is, so it is asked last; the rank is a parameter of the pack.
_CRITERIA: tuple[tuple[str, str, Criterion], ...] = (
    ("CR", "cr", _cr),
    ("CRp", "crp", _crp),
    ("CRi", "cri", _cri),
    ("PR", "pr", partial_response),
    ("PD", "pd", progression),
    ("SD", "sd", lambda _this, _pack: True),
)


def categorize(this: Assessment, pack: Pack) -> Result:
    """Exactly one category, or NE with the reason.

    Reasons: `dry_tap`, `hypocellular`, `marrow_not_evaluable`, `blasts_missing`,
    `blasts_undecided`, `counts_missing`, `counts_too_far`, `circulating_blasts_missing`,
    `neutrophils_missing`, `platelets_missing`, `extramedullary_missing`, `extramedullary_too_far`,
    `cns_missing`, `baseline_missing`, `undetermined`.
    """
    trace = Trace("response_category", pack)
    _look(this, trace)
    unfit = _unfit(this)
    trace.try_rule("marrow_evaluable", unfit is None, this.marrow.record)
    if unfit is not None:
        return trace.result("NE", "ne", reason=unfit, rule="marrow_evaluable")
    _flag(this, trace)
    words = _words(this)
    for category, rule, criterion in _CRITERIA:
        holds = trace.try_rule(rule, criterion(this, pack), *words)
        if holds:
            return trace.result(category, "final", rule=rule)
        if holds is None:
            reason = _missing(this, pack)
            if reason in _OF_COUNTS:
                trace.note("query_counts")
            return trace.result("NE", "ne", reason=reason, rule=rule)
    raise AssertionError("SD holds where nothing else does")


def is_response(this: Assessment, pack: Pack) -> Verdict3:
    """Whether the assessment is a response, even where its category is not decided.

    Blasts above the limit are no response whatever is missing besides; with neutrophils or
    platelets missing it is one if all the rest is met.
    """
    return None if _unfit(this) is not None else complete_but_for_counts(this, pack)


def _unfit(this: Assessment) -> str | None:
    if this.marrow.quality in {"DRY_TAP", "HYPOCELLULAR"}:
        return this.marrow.quality.lower()
    return "marrow_not_evaluable" if this.marrow.evaluable is False else None


def _missing(this: Assessment, pack: Pack) -> str:
    """The first thing whose lack leaves the category open."""
    marrow, count, outside = this.marrow, this.count, this.extramedullary
    reasons = (
        ("blasts_missing", marrow.blasts is None and marrow.category is None),
        ("blasts_undecided", few_blasts(marrow, pack) is None),
        ("counts_too_far", this.count_too_far),
        ("counts_missing", count is None),
        ("circulating_blasts_missing", count is None or count.peripheral_blasts is None),
        ("neutrophils_missing", count is None or count.neutrophils is None),
        ("platelets_missing", neutrophils(this, pack) is True and platelets(this, pack) is None),
        ("extramedullary_too_far", this.extramedullary_too_far),
        ("extramedullary_missing", outside is None),
        ("cns_missing", outside is None or outside.cns_status in {None, "UNK"}),
        ("extramedullary_missing", clear_outside(outside, pack) is None),
        ("baseline_missing", this.baseline.marrow is None or this.baseline.count is None),
    )
    return next((reason for reason, holds in reasons if holds), "undetermined")


def _flag(this: Assessment, trace: Trace) -> None:
    """Notes on what a person should know; they change no category."""
    marrow, pack = this.marrow, trace.pack
    if marrow.trilineage is None:
        trace.note("trilineage_not_recorded")
    if marrow.blasts is not None and marrow.category is not None:
        by_number = marrow.blasts.meets(pack.limit("cr_blasts"))
        by_category = marrow.category in pack.texts("categories_with_few_blasts")
        if by_number is not None and by_number != by_category:
            trace.note("query_category_contradicts_blasts")
    if this.count is None:
        return
    day = day_of_record(this.count)
    reaches = {
        "PLATELET_TRANSFUSION": ("transfusion_days", "platelets_after_transfusion"),
        "GCSF": ("gcsf_days", "neutrophils_after_gcsf"),
    }
    for care in this.care:
        if care.kind not in reaches:
            continue
        parameter, flag = reaches[care.kind]
        last = Span.of(care.end_date or care.start_date).shifted(pack.integer(parameter)).latest
        if care.start_date.earliest <= day <= last:
            trace.look(*care.refs("start_date", "kind"))
            trace.note(flag)


def _look(this: Assessment, trace: Trace) -> None:
    marrow = this.marrow
    items = ("sample_date", "evaluable", "quality", "blasts", "category", "trilineage")
    trace.look(*marrow.refs(*items))
    counts = ("sample_date", "neutrophils", "platelets", "peripheral_blasts")
    outside = ("assessment_date", "cns_status", "disease", "new_site", "burden")
    if this.count:
        trace.look(*this.count.refs(*counts))
    if this.extramedullary:
        trace.look(*this.extramedullary.refs(*outside))
    if this.baseline.marrow:
        trace.look(*this.baseline.marrow.refs("sample_date", "blasts"))
    if this.baseline.count:
        trace.look(*this.baseline.count.refs("sample_date", "peripheral_blasts"))
    if this.baseline.extramedullary:
        trace.look(*this.baseline.extramedullary.refs("assessment_date", "cns_status"))


def _words(this: Assessment) -> tuple[str, ...]:
    marrow, count, outside = this.marrow, this.count, this.extramedullary
    told = [f"{marrow.record}: blasts {marrow.blasts or marrow.category or 'missing'}"]
    if count is None:
        told.append("no counts")
    else:
        told.append(
            f"{count.record}: neutrophils {count.neutrophils or 'missing'}, "
            f"platelets {count.platelets or 'missing'}, "
            f"circulating blasts {count.peripheral_blasts or 'missing'}"
        )
    if outside is None:
        told.append("no extramedullary assessment")
    else:
        told.append(f"{outside.record}: {outside.cns_status or 'CNS missing'}")
    return tuple(told)
