"""Response, MRD and relapse of one subject, one after the other, over full or partial dates."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from services.assessments.domain.packs.calendar import day1_span
from services.assessments.domain.packs.completions import for_every_completion
from services.assessments.domain.packs.eot import day_one, end_of_treatment, eot_span
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.persistence import mrd_persistence
from services.assessments.domain.packs.mrd.primary import lowest_mrd, mrd_negativity
from services.assessments.domain.packs.mrd.sample import by_sample
from services.assessments.domain.packs.mrd.status import consensus_class
from services.assessments.domain.packs.relapse import marrow_relapses
from services.assessments.domain.packs.relapse_nci import nci_relapse
from services.assessments.domain.packs.relapse_rqpcr import rqpcr_confirmations
from services.assessments.domain.packs.relapse_sites import relapse_sites
from services.assessments.domain.packs.remission import consensus_remission
from services.assessments.domain.packs.response.called import (
    chosen_first_response,
    chosen_response,
    investigator_first_response,
    investigator_response,
)
from services.assessments.domain.packs.response.computed import (
    computed_first_response,
    computed_responder,
    computed_response,
)
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


@dataclass(frozen=True, slots=True)
class _Packs:
    eot: Pack
    response: Pack
    mrd: Pack
    relapse: Pack


def disease_results(
    facts: SubjectFacts, packs: Mapping[str, Pack], as_of: date | None = None
) -> tuple[Result, ...]:
    """Day 1, end of treatment, response, MRD and relapse of one subject.

    `packs` holds at least those named in `PACKS`; `as_of` is the day on which the question is
    asked. Results of several samples carry the sample in their name (`mrd_status:S1`).
    """
    rules = _Packs(packs["eot"], packs["response"], packs["mrd"], packs["relapse"])
    results = [
        day_one(facts, rules.eot),
        end_of_treatment(facts, rules.eot, as_of),
        *_samples(facts, rules),
    ]
    window = _induction_window(facts, rules)
    groups = (
        for_every_completion(facts, _INDUCTION, lambda f: _induction(f, rules, as_of), window),
        for_every_completion(facts, _PERSISTENCE, lambda f: _persistence(f, rules, as_of)),
        for_every_completion(facts, _INDUCTION, lambda f: _relapses(f, rules, as_of)),
        for_every_completion(facts, _SITES, lambda f: _relapse_sites(f, rules)),
    )
    results.extend(result for group in groups for result in group.values())
    return tuple(results)


def _samples(facts: SubjectFacts, rules: _Packs) -> list[Result]:
    found = [
        replace(chosen.result, derivation=f"mrd_status:{chosen.sample_id}")
        for chosen in by_sample(facts.mrd, rules.mrd)
    ]
    rows = sorted(facts.mrd, key=lambda row: row.record)
    return found + [
        replace(consensus_class(row, rules.mrd), derivation=f"mrd_consensus:{row.record}")
        for row in rows
    ]


def _induction_window(facts: SubjectFacts, rules: _Packs) -> Span | None:
    """The days that may matter for response; None where there is no end to them yet."""
    start, end = day1_span(facts), eot_span(facts)
    if start is None or end is None:
        return None
    reach = rules.response.integer("max_gap_days")
    oldest = max(rules.response.integer("baseline_days"), reach)
    return Span(start.shifted(-oldest - 1).earliest, end.shifted(reach + 1).latest)


def _induction(facts: SubjectFacts, rules: _Packs, as_of: date | None) -> dict[str, Result]:
    pack = rules.response
    eot = end_of_treatment(facts, rules.eot, as_of)
    computed = computed_response(facts, eot, pack)
    called = investigator_response(facts, eot, pack)
    computed_first = computed_first_response(facts, eot, pack)
    called_first = investigator_first_response(facts, eot, pack)
    response = chosen_response(computed, called, pack)
    first = chosen_first_response(computed_first, called_first, pack)
    lowest = lowest_mrd(facts, first, eot, rules.mrd)
    among, everyone = mrd_negativity(lowest, response, pack.texts("responders"), rules.mrd)
    results = (
        computed,
        computed_responder(facts, eot, pack),
        computed_first,
        called,
        called_first,
        response,
        first,
        consensus_remission(facts, eot, pack, rules.relapse),
        lowest,
        among,
        everyone,
    )
    return {result.derivation: result for result in results}


def _persistence(facts: SubjectFacts, rules: _Packs, as_of: date | None) -> dict[str, Result]:
    eot = end_of_treatment(facts, rules.eot, as_of)
    return {"mrd_persistence": mrd_persistence(facts, eot, rules.mrd)}


def _relapses(facts: SubjectFacts, rules: _Packs, as_of: date | None) -> dict[str, Result]:
    pack = rules.response
    eot = end_of_treatment(facts, rules.eot, as_of)
    first = chosen_first_response(
        computed_first_response(facts, eot, pack),
        investigator_first_response(facts, eot, pack),
        pack,
    )
    found = (
        *marrow_relapses(facts, first, rules.relapse),
        *rqpcr_confirmations(facts, first, rules.relapse),
        nci_relapse(facts, first, rules.relapse),
    )
    return {result.derivation: result for result in found}


def _relapse_sites(facts: SubjectFacts, rules: _Packs) -> dict[str, Result]:
    return {result.derivation: result for result in relapse_sites(facts, rules.relapse)}
