"""The dates of a subject that event rules are bounded by: randomization, first dose, response ...

They agree with the anchors of the same names in the study definition.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from services.assessments.domain.packs.events.picking import (
    NEVER,
    Candidate,
    Occurrence,
    Source,
    earliest,
    pick_first,
    pick_last,
)
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import Record, SurvivalStatus
from services.assessments.domain.packs.spans import Span, Verdict3, every, on_or_before
from shared.rules.model import Pack
from shared.study.dates import PartialDate

DAY_BEFORE = -1
UNDATED = "contact_date"
"""The item that stands in for the date of a death that is not known."""


@dataclass(frozen=True, slots=True)
class Milestones:
    """What a subject went through; ``day1`` is the first dose or, for want of one, randomization.

    ``hsct`` is the first after randomization. ``death`` of somebody who is dead by a contact that
    tells no date lies somewhere between the last sign of life and that contact.
    """

    randomization: Occurrence
    first_dose: Occurrence
    eot: Occurrence
    first_response: Occurrence
    hsct: Occurrence
    death: Occurrence

    @property
    def undated_death(self) -> bool:
        """Whether a contact tells of a death and none tells its date."""
        return any(source.item == UNDATED for source in self.death.sources)

    @property
    def day1(self) -> Occurrence:
        """First dose, else randomization."""
        if self.first_dose.exists:
            return replace(self.first_dose, dated_by="first_dose")
        return replace(self.randomization, dated_by="randomization")

    def by_name(self, name: str) -> Occurrence:
        """The milestone of that name. KeyError for none."""
        if name == "day1":
            return self.day1
        known = {
            "randomization": self.randomization,
            "eot": self.eot,
            "first_response": self.first_response,
        }
        return replace(known[name], dated_by=name)


def milestones(facts: SubjectFacts, pack: Pack) -> Milestones:
    """The milestones in the facts, of whoever is randomized."""
    randomization = pick_first(dated("randomization", facts.randomization, "randomization_date"))
    eot = end_of_treatment(facts, randomization)
    return Milestones(
        randomization,
        pick_first(dated("dosing", (dose for dose in facts.dosing if dose.given), "dose_date")),
        eot,
        pick_first(
            within(
                dated(
                    "response",
                    (
                        each
                        for each in facts.response
                        if each.response in pack.texts("responder_codes")
                    ),
                    "assessment_date",
                ),
                after=randomization,
                until=eot,
            )
        ),
        pick_first(within(dated("hsct", facts.hsct, "transplant_date"), after=randomization)),
        _death(facts, randomization),
    )


def end_of_treatment(facts: SubjectFacts, randomization: Occurrence) -> Occurrence:
    """Recovery or the day before new anticancer therapy, whichever is first."""
    recovery = pick_first(dated("end_of_treatment", facts.end_of_treatment, "recovery_date"))
    therapy = pick_first(
        within(
            dated("new_anticancer_therapy", facts.new_anticancer_therapy, "start_date"),
            after=randomization,
        )
    )
    if therapy.exists is not False:
        therapy = replace(therapy, when=therapy.span.shifted(DAY_BEFORE))
    return earliest([recovery, therapy])


def dated(form: str, records: Iterable[Record], item: str) -> Iterator[Candidate]:
    """Every record that has a date in that item."""
    for record in records:
        when = getattr(record, item)
        if isinstance(when, PartialDate):
            yield Candidate(Source(form, record, item), Span.of(when))


def within(
    candidates: Iterable[Candidate],
    *,
    after: Occurrence | None = None,
    until: Occurrence | None = None,
) -> Iterator[Candidate]:
    """Those on or after one milestone and on or before another.

    Nothing lies after what did not happen; what did not happen limits nothing.
    """
    for each in candidates:
        bounds: list[Verdict3] = [each.counts]
        if after is not None:
            bounds.append(after.exists)
            if after.exists is not False:
                bounds.append(on_or_before(after.span, each.when))
        if until is not None:
            bounds.append(until.bounds_above(each.when))
        yield Candidate(each.source, each.when, every(bounds))


def _death(facts: SubjectFacts, randomization: Occurrence) -> Occurrence:
    """The death that was told last; one without a date lies after the last sign of life."""
    dead = [each for each in facts.survival_status if each.status == "DEAD"]
    known = pick_last(dated("survival_status", dead, "death_date"))
    if known.exists is not False or not dead:
        return known
    return _undated_death(facts, dead, randomization)


def _undated_death(
    facts: SubjectFacts, dead: list[SurvivalStatus], randomization: Occurrence
) -> Occurrence:
    told = min(dead, key=lambda each: (each.contact_date.latest, each.record))
    alive = [
        each.last_known_alive_date.earliest
        for each in facts.survival_status
        if each.last_known_alive_date is not None
    ]
    if randomization.exists is not False:
        alive.append(randomization.span.earliest)
    latest = told.contact_date.latest
    first = min(max(alive, default=latest), latest)
    return Occurrence(True, Span(first, latest), (Source("survival_status", told, UNDATED),))


__all__ = ["NEVER", "Milestones", "dated", "end_of_treatment", "milestones", "within"]
