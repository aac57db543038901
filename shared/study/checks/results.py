"""Outcomes, endpoints and the items they summarize."""

from collections.abc import Iterator

from shared.study.analysis import ArmReceived
from shared.study.anchors import RecordAnchor
from shared.study.arms import Arm
from shared.study.base import Model
from shared.study.checks.collection import selection_findings
from shared.study.checks.predicates import predicate_findings, unknown_item
from shared.study.disposition import Exit
from shared.study.draft import Draft, raw_ids
from shared.study.endpoints import AdverseEventEndpoint, ConcentrationEndpoint, ProportionEndpoint
from shared.study.faults import Finding, Path
from shared.study.interim import InterimPlan
from shared.study.occurrences import Population


def result_findings(draft: Draft) -> Iterator[Finding]:
    """Every outcome has an endpoint; endpoints over forms name items that exist."""
    yield from _uncomputed_outcomes(draft)
    for path, summary in draft.entries(("endpoints",), AdverseEventEndpoint):
        yield from _adverse_event_findings(draft, summary, path)
    for path, concentration in draft.entries(("endpoints",), ConcentrationEndpoint):
        yield from _concentration_findings(draft, concentration, path)
    for path, proportion in draft.entries(("endpoints",), ProportionEndpoint):
        yield from _missing_findings(draft, proportion, path)
    yield from _received_findings(draft)
    yield from _interim_findings(draft)
    yield from _exit_findings(draft)
    for path, endpoint in draft.entries(("endpoints",), Model):
        if getattr(endpoint, "variant_of", None) == getattr(endpoint, "paramcd", ""):
            yield Finding((*path, "variant_of"), "an endpoint is no variant of itself")


def _uncomputed_outcomes(draft: Draft) -> Iterator[Finding]:
    computed = {row for _, row in raw_ids(draft.raw.get("endpoints"), "outcome")}
    for row, path in draft.ids("outcomes").items():
        if row not in computed:
            yield Finding((*path, "row"), f"no endpoint computes outcome {row}")


def _adverse_event_findings(
    draft: Draft, endpoint: AdverseEventEndpoint, path: Path
) -> Iterator[Finding]:
    items = draft.form_items(endpoint.form)
    if items is None:
        return
    for field in ("term", "grade", "start"):
        yield from unknown_item(getattr(endpoint, field), (*path, field), items)
    for index, summary in enumerate(endpoint.summaries):
        yield from predicate_findings(summary.where, (*path, "summaries", index, "where"), items)


def _missing_findings(draft: Draft, endpoint: ProportionEndpoint, path: Path) -> Iterator[Finding]:
    """The selections of reasons fit their forms, and no two reasons have one id."""
    seen: set[str] = set()
    for index, reason in enumerate(() if endpoint.missing is None else endpoint.missing.reasons):
        place = (*path, "missing", "reasons", index)
        if reason.select is not None:
            yield from selection_findings(draft, reason.select, (*place, "select"))
        if reason.id in seen:
            yield Finding((*place, "id"), f"{reason.id} is told twice")
        seen.add(reason.id)


def _interim_findings(draft: Draft) -> Iterator[Finding]:
    """Looks are taken at a test between arms; only a proportion waits for outcomes."""
    path = ("analysis", "interim")
    plan = draft.part(path, InterimPlan)
    if plan is None or plan.endpoint not in draft.ids("endpoints"):
        return
    found = next(
        (e for _, e in draft.entries(("endpoints",), Model)
         if getattr(e, "paramcd", None) == plan.endpoint),
        None,
    )  # fmt: skip
    if found is not None and not getattr(found, "tests", ()):
        yield Finding((*path, "endpoint"), f"{plan.endpoint} has no test between arms")
    elif plan.counted_when and not isinstance(found, ProportionEndpoint | None):
        words = f"{plan.endpoint} counts events, and waits for no outcome"
        yield Finding((*path, "counted_when"), words)


def _received_findings(draft: Draft) -> Iterator[Finding]:
    """The arm received is told by a product that one arm has, and no other."""
    path = ("analysis", "received")
    received = draft.part(path, ArmReceived)
    if received is None:
        for place, population in draft.entries(("populations",), Population):
            if population.arm_basis == "received" and draft.raw_at(path) is None:
                words = "analysis.received does not tell the arm received"
                yield Finding((*place, "arm_basis"), words)
        return
    anchor = next(
        (a for _, a in draft.entries(("anchors",), RecordAnchor) if a.id == received.anchor), None
    )
    if anchor is None:
        if received.anchor in draft.ids("anchors"):
            yield Finding((*path, "anchor"), f"{received.anchor} is not dated by a record")
        return
    items = draft.form_items(anchor.select.form)
    if items is None:
        return
    yield from unknown_item(received.product, (*path, "product"), items)
    product = items.get(received.product)
    arms = [arm for _, arm in draft.entries(("arms",), Arm)]
    for code in () if product is None else product.code_values:
        having = [arm.code for arm in arms if any(p.code == code for p in arm.products)]
        if len(having) != 1:
            words = f"{code} is a product of {len(having)} arms; it must be of one"
            yield Finding((*path, "product"), words)


def _exit_findings(draft: Draft) -> Iterator[Finding]:
    for path, found in draft.entries(("disposition", "exits"), Exit):
        yield from selection_findings(draft, found.select, (*path, "select"))
        items = draft.form_items(found.select.form)
        if found.reason is not None and items is not None:
            yield from unknown_item(found.reason, (*path, "reason"), items)


def _concentration_findings(
    draft: Draft, endpoint: ConcentrationEndpoint, path: Path
) -> Iterator[Finding]:
    items = draft.form_items(endpoint.form)
    if items is None:
        return
    for field in ("value", "below_quantification", "timepoint"):
        yield from unknown_item(getattr(endpoint, field), (*path, field), items)
    yield from predicate_findings(endpoint.where, (*path, "where"), items)
