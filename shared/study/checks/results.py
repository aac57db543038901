"""Outcomes, endpoints and the items they summarize."""

from collections.abc import Iterator

from shared.study.base import Model
from shared.study.checks.predicates import predicate_findings, unknown_item
from shared.study.draft import Draft, raw_ids
from shared.study.endpoints import AdverseEventEndpoint, ConcentrationEndpoint
from shared.study.faults import Finding, Path


def result_findings(draft: Draft) -> Iterator[Finding]:
    """Every outcome has an endpoint; endpoints over forms name items that exist."""
    yield from _uncomputed_outcomes(draft)
    for path, summary in draft.entries(("endpoints",), AdverseEventEndpoint):
        yield from _adverse_event_findings(draft, summary, path)
    for path, concentration in draft.entries(("endpoints",), ConcentrationEndpoint):
        yield from _concentration_findings(draft, concentration, path)
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


def _concentration_findings(
    draft: Draft, endpoint: ConcentrationEndpoint, path: Path
) -> Iterator[Finding]:
    items = draft.form_items(endpoint.form)
    if items is None:
        return
    for field in ("value", "below_quantification", "timepoint"):
        yield from unknown_item(getattr(endpoint, field), (*path, field), items)
    yield from predicate_findings(endpoint.where, (*path, "where"), items)
