"""What the analytics service tells the others. No event carries a result."""

from datetime import date

from shared.contracts.analytics import RunPublished, RunRequested


def run_requested(run_id: str, cutoff: date) -> RunRequested:
    return RunRequested(run_id=run_id, cutoff=cutoff)


def run_published(run_id: str, cutoff: date, inputs_hash: str) -> RunPublished:
    return RunPublished(run_id=run_id, cutoff=cutoff, inputs_hash=inputs_hash)
