"""Every derivation of the pack `events` of one subject."""

from collections.abc import Mapping
from datetime import date

from services.assessments.domain.packs.events.endpoints import endpoint_results
from services.assessments.domain.packs.events.failure import treatment_failures
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import Result
from shared.rules.model import Pack

PACKS = ("events", "mrd")


def event_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """Treatment failure in both datings, then every endpoint with its row in `details`."""
    pack, mrd = packs["events"], packs["mrd"]
    endpoints = endpoint_results(facts, pack, mrd)
    return (*treatment_failures(facts, pack, mrd), *(each.result for each in endpoints))
