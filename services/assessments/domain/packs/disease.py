"""Response, MRD and relapse of one subject, one after the other, over full or partial dates."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from services.assessments.domain.packs.attempt import attempt
from services.assessments.domain.packs.calendar import day1_span
from services.assessments.domain.packs.completions import for_every_completion
from services.assessments.domain.packs.eot import day_one, end_of_treatment, eot_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.induction import DiseasePacks, Induction, disease_packs
from services.assessments.domain.packs.mrd.persistence import mrd_persistence
from services.assessments.domain.packs.mrd.sample import Chosen, by_sample
from services.assessments.domain.packs.mrd.status import consensus_class
from services.assessments.domain.packs.relapse import marrow_relapses
from services.assessments.domain.packs.relapse_nci import nci_relapse
from services.assessments.domain.packs.relapse_rqpcr import rqpcr_confirmations
from services.assessments.domain.packs.relapse_sites import relapse_sites
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.spans import Span
from shared.rules.model import Pack

PACKS = ("eot", "response", "mrd", "relapse")
_TREATMENT = {
    "randomization": "randomization_date",
    "dosing": "dose_date",
    "end_of_treatment": "recovery_date",
    "new_anticancer_therapy": "start_date",
    "survival_status": "death_date",
}
_INDUCTION = {
    **_TREATMENT,
    "marrow": "sample_date",
    "marrow_test": "sample_date",
    "blood_count": "sample_date",
    "extramedullary": "assessment_date",
    "mrd": "sample_date",
    "response": "assessment_date",
    "relapse_progression": "event_date",
}
_SITES = {
    "relapse_progression": "event_date",
    "marrow": "sample_date",
    "extramedullary": "assessment_date",
}
_PERSISTENCE = {**_TREATMENT, "hsct": "transplant_date", "mrd": "sample_date"}


def timing_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Day 1 and the end of treatment."""
    pack = packs["eot"]
    return (
        attempt("day1", pack, lambda: day_one(facts, pack)),
        attempt("eot", pack, lambda: end_of_treatment(facts, pack, as_of)),
    )


def sample_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """MRD of every sample (`mrd_status:S1`), and the consensus class of every record.

    An id with several dates is as many samples (`mrd_status:S1:2024-02-25`), and a question.
    """
    pack = packs["mrd"]
    found = _statuses(by_sample(facts.mrd, pack))
    rows = sorted(facts.mrd, key=lambda row: row.record)
    return (
        *found,
        *(
            replace(consensus_class(row, pack), derivation=f"mrd_consensus:{row.record}")
            for row in rows
        ),
    )


def _statuses(samples: Sequence[Chosen]) -> list[Result]:
    dates = Counter(chosen.sample_id for chosen in samples)
    return [
        replace(chosen.result, derivation=f"mrd_status:{chosen.sample_id}")
        if dates[chosen.sample_id] == 1
        else replace(
            chosen.result,
            derivation=f"mrd_status:{chosen.sample_id}:{chosen.sample_date.text}",
            notes=tuple(sorted({*chosen.result.notes, "query_sample_dates"})),
        )
        for chosen in samples
    ]


def induction_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Response, first response and MRD of induction; `as_of` is the day that asks."""
    rules = disease_packs(packs)
    found = for_every_completion(
        facts,
        _INDUCTION,
        lambda completed: Induction(completed, rules, as_of).results(),
        _induction_window(facts, rules),
    )
    return tuple(found.values())


def persistence_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """MRD that is still there before a transplant."""

    def derive(completed: SubjectFacts) -> dict[str, Result]:
        eot = end_of_treatment(completed, packs["eot"], as_of)
        return {"mrd_persistence": mrd_persistence(completed, eot, packs["mrd"])}

    return tuple(for_every_completion(facts, _PERSISTENCE, derive).values())


def relapse_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Relapses by marrow, their confirmation by RQ-PCR, and relapse by the NCI criteria."""
    rules = disease_packs(packs)

    def derive(completed: SubjectFacts) -> dict[str, Result]:
        first = Induction(completed, rules, as_of).first_response
        found = (
            *marrow_relapses(completed, first, rules.relapse),
            *rqpcr_confirmations(completed, first, rules.relapse),
            nci_relapse(completed, first, rules.relapse),
        )
        return {result.derivation: result for result in found}

    return tuple(for_every_completion(facts, _INDUCTION, derive).values())


def site_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], _as_of: date | None = None
) -> tuple[Result, ...]:
    """Where each relapse was."""

    def derive(completed: SubjectFacts) -> dict[str, Result]:
        return {each.derivation: each for each in relapse_sites(completed, packs["relapse"])}

    return tuple(for_every_completion(facts, _SITES, derive).values())


PARTS = (
    (("eot",), timing_results),
    (("mrd",), sample_results),
    (PACKS, induction_results),
    (("eot", "mrd"), persistence_results),
    (PACKS, relapse_results),
    (("relapse",), site_results),
)
"""Each part with the packs that it reads; a fault in one leaves the others."""


def disease_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Day 1, end of treatment, response, MRD and relapse of one subject.

    `packs` holds at least those named in `PACKS`; `as_of` is the day on which the question is
    asked. Results of several samples carry the sample in their name (`mrd_status:S1`).
    """
    return tuple(result for _, derive in PARTS for result in derive(facts, packs, as_of))


def _induction_window(facts: SubjectFacts, rules: DiseasePacks) -> Span | None:
    """The days that may matter for response; None where there is no end to them yet."""
    start, end = day1_span(facts), eot_span(facts)
    if start is None or end is None:
        return None
    reach = rules.response.integer("max_gap_days")
    oldest = max(rules.response.integer("baseline_days"), reach)
    return Span(start.shifted(-oldest - 1).earliest, end.shifted(reach + 1).latest)
