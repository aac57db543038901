"""Every group of derivations, in the order in which a person reads them."""

from collections.abc import Callable, Mapping
from datetime import date

from services.assessments.domain.packs import disease, windows
from services.assessments.domain.packs.events import results as events
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.pk import results as pk
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.sos import results as sos
from shared.rules.model import Pack

Deriver = Callable[[SubjectFacts, Mapping[str, Pack], date | None], tuple[Result, ...]]

DERIVERS: tuple[tuple[tuple[str, ...], Deriver], ...] = (
    (disease.PACKS, disease.disease_results),
    (events.PACKS, events.event_results),
    (windows.PACKS, windows.window_results),
    (pk.PACKS, pk.pk_results),
    (sos.PACKS, sos.sos_results),
)
"""Each group with the ids of the packs that it reads."""


def packs_needed() -> tuple[str, ...]:
    """Ids of all packs that derivations read, sorted."""
    return tuple(sorted({name for names, _ in DERIVERS for name in names}))


def derive_all(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Every derivation of one subject. KeyError where a pack of `packs_needed` is missing."""
    return tuple(result for _, derive in DERIVERS for result in derive(facts, packs, as_of))
