"""Simulates children of NCT05748171 over five years. Nothing in it is a result of the trial.

Rates are made up, chosen near what paediatric relapse trials report, so that figures have a shape.
Each child's chances are drawn once from the seed, before its arm is known; the arm then decides
what they mean. So one seed and one list always make the same trial.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

STUDY = "NCT05748171"
OPENED = date(2023, 5, 17)
ENROLLED_OVER_DAYS = 730
CUTOFF = date(2030, 6, 30)
HORIZON_DAYS = 1826

SITES = (
    ("D01", "Demo hospital Prague", "CZ", "Europe/Prague"),
    ("D02", "Demo hospital Paris", "FR", "Europe/Paris"),
    ("D03", "Demo hospital Boston", "US", "America/New_York"),
    ("D04", "Demo hospital Tokyo", "JP", "Asia/Tokyo"),
    ("D05", "Demo hospital Berlin", "DE", "Europe/Berlin"),
    ("D06", "Demo hospital Rome", "IT", "Europe/Rome"),
    ("D07", "Demo hospital London", "GB", "Europe/London"),
    ("D08", "Demo hospital Sydney", "AU", "Australia/Sydney"),
)


@dataclass(frozen=True)
class Rates:
    """Made-up chances of an arm."""

    response: float
    mrd_negative: float
    hsct: float
    car_t: float
    relapse_per_year: float
    death_after_relapse_per_year: float
    serious_event: float


RATES: Mapping[str, Rates] = {
    "INO": Rates(0.82, 0.72, 0.68, 0.10, 0.16, 0.45, 0.45),
    "ALLR3": Rates(0.64, 0.42, 0.52, 0.16, 0.30, 0.50, 0.40),
}


@dataclass(frozen=True)
class Chances:
    """Uniform numbers of one child, one for each thing that may happen to it."""

    response: float
    depth: float
    mrd: float
    hsct: float
    car_t: float
    relapse: float
    death: float
    serious: float
    lost: float
    detail: float


@dataclass(frozen=True)
class Child:
    subject: str
    site: str
    born: date
    sex: str
    first_diagnosis_on: date
    relapse_on: date
    randomized_on: date
    blasts: str
    chances: Chances

    @property
    def consented_on(self) -> date:
        return self.randomized_on - timedelta(days=3)

    def age_years(self) -> int:
        """Completed years at randomization."""
        on = self.randomized_on
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


def simulate(seed: int, count: int) -> list[Child]:
    """``count`` children in the order of their randomization."""
    draw = random.Random(seed)  # noqa: S311 (a simulation must be repeatable)
    days = sorted(draw.randrange(ENROLLED_OVER_DAYS) for _ in range(count))
    children = []
    for number, day in enumerate(days, start=1):
        site = draw.choice(SITES)[0]
        randomized_on = OPENED + timedelta(days=30 + day)
        relapse_on = randomized_on - timedelta(days=draw.randrange(10, 35))
        born = randomized_on - timedelta(days=draw.randrange(1200, 6400))
        children.append(
            Child(
                subject=f"{site}-{number:03}",
                site=site,
                born=born,
                sex=draw.choice(("female", "male")),
                first_diagnosis_on=relapse_on - timedelta(days=draw.randrange(570, 880)),
                relapse_on=relapse_on,
                randomized_on=randomized_on,
                blasts=f"{draw.uniform(8, 95):.1f}",
                chances=Chances(*(draw.random() for _ in range(10))),
            )
        )
    return children


def gate_values(child: Child) -> dict[str, Any]:
    """What the allocation request brings: every value of the gate that a site must give."""
    return {
        "age_years": child.age_years(),
        "bcp_all": True,
        "relapse_number": 1,
        "marrow_relapse": True,
        "first_diagnosis_date": child.first_diagnosis_on.isoformat(),
        "relapse_date": child.relapse_on.isoformat(),
        "kmt2a_aff1": False,
        "tcf3_hlf": False,
        "tcf3_pbx1": False,
        "hypodiploidy": False,
        "tp53_alteration": False,
        "marrow_blasts": child.blasts,
        "cd22_positive": True,
        "ast": "31",
        "ast_uln": "40",
        "alt": "45",
        "alt_uln": "40",
        "bilirubin": "9.5",
        "bilirubin_uln": "21",
        "gilbert_syndrome": False,
        "egfr": "95",
        "creatinine_clearance": "95",
        "shortening_fraction": "36",
        "philadelphia_positive": False,
        "isolated_extramedullary_relapse": False,
        "prior_allogeneic_hsct": False,
        "prior_car_t": False,
        "prior_calicheamicin_conjugate": False,
        "sos_vod_history": False,
        "uncontrolled_infection": False,
        "assent_due": False,
    }
