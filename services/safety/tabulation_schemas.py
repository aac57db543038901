"""Serious adverse events counted for a DSUR (ICH E2F): pooled, and by treatment."""

from datetime import date
from typing import Annotated

from pydantic import Field

from services.safety.report_schemas import ByRules
from shared.http.models import Model

OrganClass = Annotated[
    str,
    Field(
        description="Of a coded term MedDRA's primary SOC, else the CTCAE v4.03 class of the term "
        "as reported, Unlisted where there is none"
    ),
]
Term = Annotated[str, Field(description="MedDRA preferred term, or the term as reported")]
Coded = Annotated[
    bool,
    Field(description="By the loaded MedDRA version; false: not coded, the term is as reported"),
]
Dictionary = Annotated[
    str | None, Field(description="MedDRA version; null: none is loaded, so nothing is coded")
]


class TermCount(Model):
    """Serious adverse events of one term, pooled over the arms."""

    organ_class: OrganClass
    term: Term
    coded: Coded
    cumulative: Annotated[int, Field(description="Events")]
    cumulative_subjects: Annotated[int, Field(description="Subjects who had them")]
    interval: int
    interval_subjects: int
    susars_in_interval: Annotated[dict[str, int], Field(description="By authority")]


class Subtotal(Model):
    """The same counts over a whole organ class, or over everything."""

    organ_class: Annotated[str | None, Field(description="Null: everything")]
    cumulative: int
    cumulative_subjects: int
    interval: int
    interval_subjects: int
    susars_in_interval: dict[str, int]


class SafetySummary(ByRules):
    """Cumulative and interval tabulation of serious adverse events, never by arm."""

    first_day: date
    last_day: date
    terminology: Dictionary
    treated: Annotated[int, Field(description="Subjects who were given a first dose by last_day")]
    totals: list[Subtotal]
    items: list[TermCount]


class Treatment(Model):
    """A column of the tabulation: an arm as received, or those who were given nothing."""

    code: str
    name: str
    treated: Annotated[int, Field(description="Subjects who were given a first dose by last_day")]


class TreatmentCount(Model):
    """The counts of one treatment."""

    treatment: str
    cumulative: int
    cumulative_subjects: int
    interval: int
    interval_subjects: int
    susars_in_interval: dict[str, int]


class TermByTreatment(Model):
    organ_class: OrganClass
    term: Term
    coded: Coded
    counts: list[TreatmentCount]


class SubtotalByTreatment(Model):
    organ_class: Annotated[str | None, Field(description="Null: everything")]
    counts: list[TreatmentCount]


class SummaryByTreatment(ByRules):
    """The same tabulation by treatment received: for those who may know results by arm."""

    first_day: date
    last_day: date
    terminology: Dictionary
    treatments: list[Treatment]
    totals: list[SubtotalByTreatment]
    items: list[TermByTreatment]
