"""What one MRD result says: the trial's status and the consensus class.

Numbers are fractions of cells. Sensitivity is a detection limit: the smaller, the better.
"""

from dataclasses import dataclass

from services.assessments.domain.packs.records import MrdSample
from services.assessments.domain.packs.result import Result, Trace
from services.assessments.domain.packs.values import meets
from shared.rules.model import Pack

ITEMS = (
    "kind",
    "fraction",
    "sensitivity",
    "quantitative_range",
    "assay_valid",
    "marker_available",
    "control_gene_ok",
    "events_sufficient",
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status and the rule that gave it, or None and the reason why there is none."""

    status: str | None
    rule: str
    reason: str | None = None


def trial_status(sample: MrdSample, pack: Pack) -> Result:
    """NEGATIVE or POSITIVE by the trial's limit, or NE with a reason.

    Reasons: `kind_ne`, `marker_missing`, `control_gene`, `events`, `assay_invalid`, `sensitivity`,
    `quantitative_range`, `value_missing`, `value_undecided`.
    """
    trace = Trace("mrd_status", pack)
    trace.look(*sample.refs(*ITEMS))
    invalid = why_invalid(sample)
    trace.try_rule("assay_valid", invalid is None, shown(sample))
    if invalid is not None:
        return trace.result("NE", "ne", reason=invalid, rule="assay_valid")
    short = _out_of_reach(sample, pack)
    if pack.switch("strict_reach"):
        trace.try_rule("reaches", short is None, shown(sample))
        if short is not None:
            return trace.result("NE", "ne", reason=short, rule="reaches")
    answer = _by_kind(sample, trace)
    if answer.status is None:
        return trace.result("NE", "ne", reason=answer.reason, rule=answer.rule)
    return trace.result(answer.status, "final", rule=answer.rule)


def consensus_class(sample: MrdSample, pack: Pack) -> Result:
    """MRD-CR, INTERMEDIATE or FAILURE by the consensus, which differs from the trial's status."""
    trace = Trace("mrd_consensus", pack)
    trace.look(*sample.refs(*ITEMS))
    invalid = why_invalid(sample)
    if invalid is not None:
        trace.try_rule("assay_valid", False, shown(sample))
        return trace.result("NE", "ne", reason=invalid, rule="assay_valid")
    words = shown(sample)
    low = meets(sample.fraction, pack.limit("negative")) if sample.kind == "QUANT" else None
    sensitive = meets(sample.sensitivity, pack.limit("sensitivity"))
    clean = sensitive if sample.kind == "NEG" else False
    failed = (low is False) if sample.kind == "QUANT" and low is not None else None
    if sample.kind != "QUANT":
        failed = False
    if trace.try_rule("consensus_mrd_cr", clean, words):
        return trace.result("MRD-CR", "final", rule="consensus_mrd_cr")
    if trace.try_rule("consensus_failure", failed, words):
        return trace.result("FAILURE", "final", rule="consensus_failure")
    between = {
        "QUANT": low,
        "PNQ": meets(sample.quantitative_range, pack.limit("quantitative_range")) or None,
        "NEG": None if sensitive is None else not sensitive,
    }[sample.kind]
    if trace.try_rule("consensus_intermediate", between, words):
        return trace.result("INTERMEDIATE", "final", rule="consensus_intermediate")
    reason = {"QUANT": "value_undecided", "PNQ": "quantitative_range", "NEG": "sensitivity"}
    return trace.result("NE", "ne", reason=reason[sample.kind], rule="consensus_intermediate")


def shown(sample: MrdSample) -> str:
    """A result as a person reads it."""
    numbers = (
        ("value", sample.fraction),
        ("sensitivity", sample.sensitivity),
        ("quantitative range", sample.quantitative_range),
    )
    told = [f"{name} {number}" for name, number in numbers if number is not None]
    return ", ".join([f"{sample.record}: {sample.method} {sample.kind}", *told])


def why_invalid(sample: MrdSample) -> str | None:
    """Why nothing can be read from the assay; None where it can. Not stated counts as valid."""
    reasons = (
        ("kind_ne", sample.kind == "NE"),
        ("marker_missing", sample.marker_available is False),
        ("control_gene", sample.method == "RQPCR" and sample.control_gene_ok is False),
        ("events", sample.method == "FC" and sample.events_sufficient is False),
        ("assay_invalid", sample.assay_valid is False),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _out_of_reach(sample: MrdSample, pack: Pack) -> str | None:
    if meets(sample.sensitivity, pack.limit("sensitivity")) is not True:
        return "sensitivity"
    # A flow cytometer counts events: its quantitative range is not reported as an assay's is.
    ranged = sample.method == "RQPCR" or sample.quantitative_range is not None
    if ranged and meets(sample.quantitative_range, pack.limit("quantitative_range")) is not True:
        return "quantitative_range"
    return None


def _by_kind(sample: MrdSample, trace: Trace) -> _Answer:
    pack, words = trace.pack, shown(sample)
    if sample.kind == "NEG":
        sensitive = meets(sample.sensitivity, pack.limit("sensitivity"))
        if trace.try_rule("neg", sensitive, words):
            return _Answer("NEGATIVE", "neg")
        return _Answer(None, "neg", "sensitivity")
    if sample.kind == "PNQ":
        ranged = meets(sample.quantitative_range, pack.limit("quantitative_range"))
        if trace.try_rule("pnq", ranged, words):
            trace.note("pnq_counts_as_negative")
            return _Answer("NEGATIVE", "pnq")
        return _Answer(None, "pnq", "quantitative_range")
    return _quantified(sample, trace)


def _quantified(sample: MrdSample, trace: Trace) -> _Answer:
    pack, words = trace.pack, shown(sample)
    low = meets(sample.fraction, pack.limit("negative"))
    trace.try_rule("quant_negative", low, words)
    if low is None:
        reason = "value_missing" if sample.fraction is None else "value_undecided"
        return _Answer(None, "quant_negative", reason)
    if not low:
        trace.try_rule("quant_positive", True, words)
        return _Answer("POSITIVE", "quant_positive")
    if meets(sample.sensitivity, pack.limit("sensitivity")) is False:
        # A value below what the assay can detect contradicts itself.
        trace.note("query_value_below_sensitivity")
        return _Answer(None, "quant_negative", "sensitivity")
    return _Answer("NEGATIVE", "quant_negative")
