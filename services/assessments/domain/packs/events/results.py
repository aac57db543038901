"""Every derivation of the pack `events` of one subject."""

from collections.abc import Mapping
from datetime import date

from services.assessments.domain.packs.events.endpoints import endpoint_results
from services.assessments.domain.packs.events.failure import treatment_failures
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import Result
from shared.rules.model import Pack

PACKS = ("events", "mrd")


def failure_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """Treatment failure in both datings."""
    return treatment_failures(facts, packs["events"], packs["mrd"])


def outcome_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """Every endpoint with its row in `details`."""
    return tuple(each.result for each in endpoint_results(facts, packs["events"], packs["mrd"]))


PARTS = ((PACKS, failure_results), (PACKS, outcome_results))
"""Each part with the packs that it reads; a fault in one leaves the other."""


def event_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Treatment failure in both datings, then every endpoint with its row in `details`."""
    return tuple(result for _, derive in PARTS for result in derive(facts, packs, as_of))
