"""MRD persistence before HSCT: what the last evaluable sample between treatment and HSCT says."""

from collections.abc import Iterator, Sequence

from services.assessments.domain.packs.events.milestones import Milestones
from services.assessments.domain.packs.events.picking import (
    NEVER,
    Candidate,
    Occurrence,
    Source,
    pick_last,
    possible_last,
)
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.mrd.sample import by_sample
from services.assessments.domain.packs.spans import Span, before, every, on_or_before
from shared.rules.model import Pack

POSITIVE = "POSITIVE"


def mrd_persistence(facts: SubjectFacts, mrd: Pack, known: Milestones) -> Occurrence:
    """The last evaluable MRD from the end of treatment to the day before HSCT, if it is positive.

    One result stands for each sample (reflex from RQ-PCR to flow cytometry), by the MRD pack.
    """
    if every([known.eot.exists, known.hsct.exists]) is False:
        return NEVER
    samples = list(_samples(facts, mrd, known))
    statuses = {candidate.source: positive for candidate, positive in samples}
    last = possible_last(candidate for candidate, _ in samples)
    positive = [candidate for candidate in last if statuses[candidate.source]]
    if not positive:
        return NEVER
    if len(positive) == len(last):
        return pick_last(last)
    return Occurrence(None, _hull(positive), tuple(each.source for each in positive))


def _samples(facts: SubjectFacts, mrd: Pack, known: Milestones) -> Iterator[tuple[Candidate, bool]]:
    for chosen in by_sample(facts.mrd, mrd):
        if chosen.row is None:
            continue
        when = Span.of(chosen.sample_date)
        counts = every(
            [
                known.eot.exists,
                known.hsct.exists,
                on_or_before(known.eot.span, when),
                before(when, known.hsct.span),
            ]
        )
        source = Source("mrd", chosen.row, "sample_date")
        yield Candidate(source, when, counts), chosen.result.value == POSITIVE


def _hull(positive: Sequence[Candidate]) -> Span:
    return Span(
        min(each.when.earliest for each in positive), max(each.when.latest for each in positive)
    )
