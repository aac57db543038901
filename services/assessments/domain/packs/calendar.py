"""Days of one subject that several packs count from: doses, Day 1, new therapy, death."""

from collections.abc import Iterable
from datetime import date, timedelta

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.records import Dose, NewTherapy, SurvivalStatus
from services.assessments.domain.packs.spans import Span, before, first_of, last_of
from shared.study.dates import PartialDate


def day_number(day1: date, when: date) -> int:
    """The study day of a date: Day 1 is 1, the day before it is -1, there is no day 0."""
    days = (when - day1).days
    return days + 1 if days >= 0 else days


def date_of_day(day1: date, number: int) -> date:
    """The date of a study day. ValueError for day 0, which does not exist."""
    if number == 0:
        raise ValueError("there is no study day 0")
    return day1 + timedelta(days=number - 1 if number > 0 else number)


def doses_given(facts: SubjectFacts) -> tuple[Dose, ...]:
    """Doses of study treatment that were given."""
    return tuple(dose for dose in facts.dosing if dose.given)


def randomization_span(facts: SubjectFacts) -> Span | None:
    """When the subject was randomized; None where it was not."""
    return _first(entry.randomization_date for entry in facts.randomization)


def first_dose_span(facts: SubjectFacts) -> Span | None:
    """When the first dose was given; None where none was."""
    return _first(dose.dose_date for dose in doses_given(facts))


def last_dose_span(facts: SubjectFacts) -> Span | None:
    """When the last dose was given; None where none was."""
    spans = [Span.of(dose.dose_date) for dose in doses_given(facts)]
    return last_of(spans) if spans else None


def day1_span(facts: SubjectFacts) -> Span | None:
    """First dose, or randomization where there was none."""
    return first_dose_span(facts) or randomization_span(facts)


def new_therapies(facts: SubjectFacts) -> tuple[list[NewTherapy], list[NewTherapy]]:
    """New therapies from randomization on: those that are so for certain, and those perhaps."""
    start = randomization_span(facts)
    if start is None:
        return list(facts.new_anticancer_therapy), []
    certain, possible = [], []
    for therapy in facts.new_anticancer_therapy:
        earlier = before(Span.of(therapy.start_date), start)
        if earlier is False:
            certain.append(therapy)
        elif earlier is None:
            possible.append(therapy)
    return certain, possible


def deaths(facts: SubjectFacts) -> tuple[SurvivalStatus, ...]:
    """Contacts that told a death, with its date or without."""
    return tuple(contact for contact in facts.survival_status if contact.status == "DEAD")


def death_span(facts: SubjectFacts) -> Span | None:
    """When the child died; None where no date of death is known."""
    return _first(death.death_date for death in deaths(facts) if death.death_date is not None)


def _first(days: Iterable[PartialDate]) -> Span | None:
    spans = [Span.of(day) for day in days]
    return first_of(spans) if spans else None
