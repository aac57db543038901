"""The course of a simulated child once its arm is known: dates of what happened to it."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from infra.demo.cohort import CUTOFF, HORIZON_DAYS, RATES, Child

DAYS_A_YEAR = 365.25
NEVER = 10**6


@dataclass(frozen=True)
class Course:
    """What happened, as dates; None where it did not."""

    first_dose_on: date
    assessed_on: date
    response: str
    mrd_fraction: str | None
    recovered_on: date
    new_therapy_on: date
    hsct_on: date | None
    car_t_on: date | None
    relapse_on: date | None
    died_on: date | None
    last_seen_on: date
    serious_event_on: date | None

    @property
    def responded(self) -> bool:
        return self.response in {"CR", "CRp", "CRi"}


def course(child: Child, arm: str) -> Course:
    """The course that the child's chances make under this arm."""
    rates, chance = RATES[arm], child.chances
    first_dose = child.randomized_on + timedelta(days=1 + int(chance.detail * 3))
    assessed = first_dose + timedelta(days=26 + int(chance.depth * 4))
    responded = chance.response < rates.response
    negative = responded and chance.mrd < rates.mrd_negative
    therapy = assessed + timedelta(days=4 + int(chance.detail * 10))
    hsct = responded and chance.hsct < rates.hsct
    hsct_on = therapy + timedelta(days=45 + int(chance.depth * 60)) if hsct else None
    relapse_on = _relapse(assessed, responded, negative, rates.relapse_per_year, chance.relapse)
    start = relapse_on or (None if responded else assessed)
    died_on = _after(start, rates.death_after_relapse_per_year, chance.death)
    end = _last_seen(child, died_on)
    serious = chance.serious < rates.serious_event
    return Course(
        first_dose_on=first_dose,
        assessed_on=assessed,
        response=_response(responded, chance.depth),
        mrd_fraction=_fraction(negative, chance.mrd) if responded else None,
        recovered_on=assessed,
        new_therapy_on=therapy,
        hsct_on=_if_before(hsct_on, relapse_on, end),
        car_t_on=_if_before(therapy + timedelta(days=60), None, end)
        if chance.car_t < rates.car_t
        else None,
        relapse_on=_if_before(relapse_on, None, end),
        died_on=_if_before(died_on, None, end),
        last_seen_on=end,
        serious_event_on=first_dose + timedelta(days=5 + int(chance.depth * 15))
        if serious
        else None,
    )


def _relapse(
    assessed: date, responded: bool, negative: bool, per_year: float, chance: float
) -> date | None:
    if not responded:
        return None
    return _after(assessed + timedelta(days=20), per_year * (0.6 if negative else 1.6), chance)


def _after(start: date | None, per_year: float, chance: float) -> date | None:
    """Exponential waiting time from ``start`` by inversion; None beyond any follow-up."""
    if start is None:
        return None
    days = int(-math.log(max(chance, 1e-9)) / per_year * DAYS_A_YEAR) + 1
    return start + timedelta(days=days) if days < NEVER else None


def _last_seen(child: Child, died_on: date | None) -> date:
    planned = min(child.randomized_on + timedelta(days=HORIZON_DAYS), CUTOFF)
    # One child in ten is lost to follow-up somewhere on the way.
    if child.chances.lost < 0.1:
        planned = child.randomized_on + timedelta(days=200 + int(child.chances.lost * 12_000))
    return planned if died_on is None else min(planned, died_on)


def _if_before(day: date | None, other: date | None, end: date) -> date | None:
    if day is None or day > end or (other is not None and day >= other):
        return None
    return day


def _response(responded: bool, chance: float) -> str:
    if responded:
        return "CR" if chance < 0.7 else "CRp" if chance < 0.85 else "CRi"
    return "PR" if chance < 0.3 else "SD" if chance < 0.8 else "PD"


def _fraction(negative: bool, chance: float) -> str:
    """An MRD fraction on the right side of 1e-4, as the decimal text a laboratory sends."""
    return f"{(0.00001 + chance * 0.00008) if negative else (0.0002 + chance * 0.01):.6f}"
