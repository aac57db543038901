"""Every group of derivations, in the order in which a person reads them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from services.assessments.domain.packs import disease, windows
from services.assessments.domain.packs.attempt import failed
from services.assessments.domain.packs.events import results as events
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.pk import results as pk
from services.assessments.domain.packs.result import PackRef, Result
from services.assessments.domain.packs.sos import results as sos
from shared.rules.model import Pack

Deriver = Callable[[SubjectFacts, Mapping[str, Pack], date | None], tuple[Result, ...]]

DERIVERS: tuple[tuple[tuple[str, ...], Deriver], ...] = (
    *disease.PARTS,
    *events.PARTS,
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
    """Every derivation of one subject. KeyError where a pack of `packs_needed` is missing.

    It raises for no facts: where the code of a group fails, all that the group derives is not
    evaluable (`derivation_failed`).
    """
    return tuple(
        result
        for names, derive in DERIVERS
        for result in results_of(derive, names, facts, packs, as_of)
    )


def results_of(
    derive: Deriver,
    names: Sequence[str],
    facts: SubjectFacts,
    packs: Mapping[str, Pack],
    as_of: date | None = None,
) -> Sequence[Result]:
    """What a group derives, or what stands for it where its code raises."""
    read = {name: packs[name] for name in names}
    try:
        return derive(facts, read, as_of)
    except Exception as error:
        usual = [(each.derivation, each.pack) for each in _usual(derive, read)]
        return [failed(name, pack, error) for name, pack in usual]


def _usual(derive: Deriver, packs: Mapping[str, Pack]) -> Sequence[Result]:
    """What a group derives of a subject without records; should that fail too, one entry."""
    try:
        usual = derive(SubjectFacts(subject="none"), packs, None)
    except Exception:
        usual = ()
    first = next(iter(packs.values()))
    return usual or (Result(f"pack:{first.id}", None, "ne", PackRef.of(first)),)
