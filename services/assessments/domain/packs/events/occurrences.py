"""What event and censoring rules find in a subject's facts: one function per rule of the pack."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from services.assessments.domain.packs.events.milestones import Milestones, dated, within
from services.assessments.domain.packs.events.persistence import mrd_persistence
from services.assessments.domain.packs.events.picking import (
    NEVER,
    Occurrence,
    pick_first,
    pick_last,
)
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.spans import Verdict3, every, negation
from shared.rules.model import Pack


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject's facts with the milestones in them."""

    facts: SubjectFacts
    pack: Pack
    mrd: Pack
    milestones: Milestones


def occurrence(rule: str, subject: Subject) -> Occurrence:
    """What the rule finds. KeyError for a rule without code: a fault of the pack."""
    return _RULES[rule](subject)


def forms_read(rule: str) -> frozenset[str]:
    """The forms whose records can change what the rule finds, its milestones' included."""
    return frozenset({"randomization", *_FORMS[rule]})


def _progression(subject: Subject) -> Occurrence:
    return _called(subject, "PROGRESSION", subject.milestones.randomization)


def _progression_after_response(subject: Subject) -> Occurrence:
    return _called(subject, "PROGRESSION", subject.milestones.first_response)


def _relapse(subject: Subject) -> Occurrence:
    return _called(subject, "RELAPSE", subject.milestones.first_response)


def _called(subject: Subject, event: str, after: Occurrence) -> Occurrence:
    called = (each for each in subject.facts.relapse_progression if each.event == event)
    return pick_first(within(dated("relapse_progression", called, "event_date"), after=after))


def _failure_day1(subject: Subject) -> Occurrence:
    return _failure(subject, "randomization")


def _failure_eot(subject: Subject) -> Occurrence:
    return _failure(subject, "eot")


def _failure(subject: Subject, dated_by: str) -> Occurrence:
    known = subject.milestones
    assessed = _without_response(subject)
    exists = every([known.eot.exists, negation(known.first_response.exists), assessed.exists])
    if exists is False:
        return NEVER
    at = known.by_name(dated_by)
    return Occurrence(exists, at.span, assessed.sources, dated_by)


def _without_response(subject: Subject) -> Occurrence:
    """The last adequate assessment without response by the end of treatment."""
    known, codes = subject.milestones, subject.pack.texts("failure_codes")
    adequate = (each for each in subject.facts.response if each.response in codes)
    return pick_last(
        within(
            dated("response", adequate, "assessment_date"),
            after=known.randomization,
            until=known.eot,
        )
    )


def _mrd_persistence(subject: Subject) -> Occurrence:
    return mrd_persistence(subject.facts, subject.mrd, subject.milestones)


def _second_malignancy(subject: Subject) -> Occurrence:
    found = dated("second_malignancy", subject.facts.second_malignancy, "diagnosis_date")
    return pick_first(within(found, after=subject.milestones.randomization))


def _death(subject: Subject) -> Occurrence:
    return subject.milestones.death


def _early_death_day1(subject: Subject) -> Occurrence:
    if subject.pack.text("early_death_dated_at") != "day1":
        return NEVER
    known = subject.milestones
    exists = every(
        [
            known.death.exists,
            negation(known.first_response.exists),
            negation(_without_response(subject).exists),
            _by_end_of_treatment(known),
        ]
    )
    if exists is False:
        return NEVER
    at = known.by_name("randomization")
    return Occurrence(exists, at.span, known.death.sources, "randomization")


def _by_end_of_treatment(known: Milestones) -> Verdict3:
    return True if known.death.exists is False else known.eot.bounds_above(known.death.span)


def _hsct_after_treatment(subject: Subject) -> Occurrence:
    found = dated("hsct", subject.facts.hsct, "transplant_date")
    return pick_first(within(found, after=subject.milestones.first_dose))


def _car_t_after_treatment(subject: Subject) -> Occurrence:
    found = dated("car_t", subject.facts.car_t, "infusion_date")
    return pick_first(within(found, after=subject.milestones.first_dose))


def _last_response_assessment(subject: Subject) -> Occurrence:
    adequate = (each for each in subject.facts.response if each.response != "NE")
    found = dated("response", adequate, "assessment_date")
    return pick_last(within(found, after=subject.milestones.randomization))


def _last_known_alive(subject: Subject) -> Occurrence:
    living = (each for each in subject.facts.survival_status if each.status != "DEAD")
    found = dated("survival_status", living, "last_known_alive_date")
    return pick_last(within(found, after=subject.milestones.randomization))


def _hsct_ends_follow_up(subject: Subject) -> Occurrence:
    return subject.milestones.hsct


_RULES: Mapping[str, Callable[[Subject], Occurrence]] = {
    "progression": _progression,
    "progression_after_response": _progression_after_response,
    "relapse": _relapse,
    "induction_failure_day1": _failure_day1,
    "induction_failure_eot": _failure_eot,
    "mrd_persistence": _mrd_persistence,
    "second_malignancy": _second_malignancy,
    "early_death_day1": _early_death_day1,
    "death": _death,
    "hsct_after_treatment": _hsct_after_treatment,
    "car_t_after_treatment": _car_t_after_treatment,
    "last_response_assessment": _last_response_assessment,
    "last_known_alive": _last_known_alive,
    "hsct_ends_follow_up": _hsct_ends_follow_up,
}

_EOT = ("end_of_treatment", "new_anticancer_therapy")
_RESPONSE = ("response", *_EOT)
_FORMS: Mapping[str, tuple[str, ...]] = {
    "day1": ("dosing",),
    "eot": _EOT,
    "first_response": _RESPONSE,
    "progression": ("relapse_progression",),
    "progression_after_response": ("relapse_progression", *_RESPONSE),
    "relapse": ("relapse_progression", *_RESPONSE),
    "induction_failure_day1": _RESPONSE,
    "induction_failure_eot": _RESPONSE,
    "mrd_persistence": ("mrd", "hsct", *_EOT),
    "second_malignancy": ("second_malignancy",),
    "early_death_day1": ("survival_status", *_RESPONSE),
    "death": ("survival_status",),
    "hsct_after_treatment": ("hsct", "dosing"),
    "car_t_after_treatment": ("car_t", "dosing"),
    "last_response_assessment": ("response",),
    "last_known_alive": ("survival_status",),
    "hsct_ends_follow_up": ("hsct",),
    "randomization": (),
}
