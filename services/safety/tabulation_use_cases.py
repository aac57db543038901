"""Tabulations of serious adverse events for a DSUR (ICH E2F), pooled and by treatment received."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.safety import dose_repository, obligation_service, report_use_cases
from services.safety.case_life import is_nullified
from services.safety.dictionary_service import loaded_terms
from services.safety.domain.case import Event
from services.safety.domain.codes import code_in_force
from services.safety.domain.dosing import Given
from services.safety.domain.facts import Fact
from services.safety.domain.intake import TERMS
from services.safety.domain.tabulation import (
    ALL,
    Counts,
    Happened,
    Line,
    tabulate,
    treatment_of,
)
from services.safety.e2b.terminology.meddra import Meddra
from services.safety.tabulation_schemas import (
    SafetySummary,
    Subtotal,
    SubtotalByTreatment,
    SummaryByTreatment,
    TermByTreatment,
    TermCount,
    Treatment,
    TreatmentCount,
)
from services.safety.unblinded_repository import note_read
from shared.database.unit_of_work import UnitOfWork
from shared.rules.terms import term_list

UNLISTED: Final = "Unlisted"
POOLED: Final = "POOLED"
UNTREATED: Final = "NONE"
"""The group of the subjects who were given nothing, or what no arm gives."""


def read_summary(work: UnitOfWork, first: date, last: date) -> SafetySummary:
    """Serious adverse events by term: all until ``last``, and those told from ``first`` on.

    Dates are the receivers' calendar dates, both included. Nullified cases do not count. What is a
    SUSAR is counted event by event: a case holds others too.
    """
    terms = loaded_terms()
    lines = tabulate(_happened(work, terms, {}, POOLED), first, last, (POOLED,))
    return SafetySummary(
        unverified_rules=obligation_service.unverified_rules(work.definition()),
        first_day=first,
        last_day=last,
        terminology=None if terms is None else terms.version,
        treated=len(_treated(work, last)),
        totals=[
            Subtotal(organ_class=each.organ_class or None, **_numbers(each.counts[POOLED]))
            for each in lines
            if each.term == ALL
        ],
        items=[
            TermCount(
                organ_class=each.organ_class,
                term=each.term,
                coded=bool(each.coded),
                **_numbers(each.counts[POOLED]),
            )
            for each in lines
            if each.term != ALL
        ],
    )


def read_summary_by_treatment(work: UnitOfWork, first: date, last: date) -> SummaryByTreatment:
    """The same, by the arm of the first dose given. The read is written down."""
    note_read(work, "safety.read_summary_by_treatment", work.study)
    terms, arms = loaded_terms(), work.definition().arms
    received = _received(work, last)
    treatments = (*(arm.code for arm in arms), UNTREATED)
    lines = tabulate(_happened(work, terms, received, UNTREATED), first, last, treatments)
    names = {arm.code: arm.name for arm in arms} | {UNTREATED: "No study treatment received"}
    given = list(received.values())
    return SummaryByTreatment(
        unverified_rules=obligation_service.unverified_rules(work.definition()),
        first_day=first,
        last_day=last,
        terminology=None if terms is None else terms.version,
        treatments=[
            Treatment(code=code, name=names[code], treated=given.count(code)) for code in treatments
        ],
        totals=[
            SubtotalByTreatment(organ_class=each.organ_class or None, counts=_counts(each))
            for each in lines
            if each.term == ALL
        ],
        items=[
            TermByTreatment(
                organ_class=each.organ_class,
                term=each.term,
                coded=bool(each.coded),
                counts=_counts(each),
            )
            for each in lines
            if each.term != ALL
        ],
    )


def _received(work: UnitOfWork, last: date) -> dict[str, str]:
    """The arm received by each subject who was given something by ``last``."""
    arms = {
        arm.code: frozenset(product.code for product in arm.products)
        for arm in work.definition().arms
    }
    return {
        subject: treatment_of(doses, arms, UNTREATED)
        for subject, doses in _treated(work, last).items()
    }


def _treated(work: UnitOfWork, last: date) -> dict[str, list[Given]]:
    """The doses given by ``last`` of each subject who was given any by then."""
    doses = dose_repository.doses(work).items()
    found = {subject: [each for each in own if each.on <= last] for subject, own in doses}
    return {subject: own for subject, own in found.items() if own}


def _happened(
    work: UnitOfWork, terms: Meddra | None, received: Mapping[str, str], other: str
) -> Iterator[Happened]:
    for case in report_use_cases.cases(work):
        if is_nullified(case.facts):
            continue
        subject = case.row["subject_id"]
        for event in case.report.events:
            if not event.serious:
                continue
            code = code_in_force(case.recorded, event.number, work.now)
            organ_class, term, coded = _place(event, code, terms)
            yield Happened(
                subject=subject,
                treatment=received.get(subject, other),
                organ_class=organ_class,
                term=term,
                coded=coded,
                received_on=_told_on(event, case.facts),
                susar_to=frozenset(
                    name for name, events in case.owed.susars.items() if event.number in events
                ),
            )


def _place(
    event: Event, code: Mapping[str, Any] | None, terms: Meddra | None
) -> tuple[str, str, bool]:
    """Class and term, and whether the loaded MedDRA version says so, by the code of the event."""
    term = terms.term(code["code"]) if terms is not None and code is not None else None
    if term is not None:
        return term.organ_class, term.preferred_name, True
    found = None if event.term is None else term_list(TERMS).find(event.term)
    return UNLISTED if found is None else found.organ_class, event.term or UNLISTED, False


def _told_on(event: Event, facts: Sequence[Fact]) -> date:
    """When the event was first told as serious; an event of an old case, with the case."""
    told = [
        fact.received_on
        for fact in facts
        if fact.kind == "serious" and fact.value["event"] == event.number and fact.value["serious"]
    ]
    return min(told or [fact.received_on for fact in facts])


def _counts(line: Line) -> list[TreatmentCount]:
    return [
        TreatmentCount(treatment=name, **_numbers(counts)) for name, counts in line.counts.items()
    ]


def _numbers(counts: Counts) -> dict[str, Any]:
    return {
        "cumulative": counts.events,
        "cumulative_subjects": counts.subjects,
        "interval": counts.interval_events,
        "interval_subjects": counts.interval_subjects,
        "susars_in_interval": dict(counts.susars),
    }
