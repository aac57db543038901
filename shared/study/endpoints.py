"""Outcome rows of the record and the endpoints computed for them."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.study.analysis import TimeUnit
from shared.study.base import (
    AnchorRef,
    ArmRef,
    EndpointRef,
    EventSourceRef,
    FormRef,
    Model,
    Name,
    Number,
    OutcomeRef,
    PopulationRef,
    Sourced,
    Text,
    VisitRef,
)
from shared.study.criteria import Predicate
from shared.study.missing import MissingData
from shared.study.weighting import WeightedTests

ParamCode = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9]{0,7}$")]
"""PARAMCD: at most 8 characters (SAS transport version 5)."""

TimeToEventTest = Literal["logrank", "logrank_stratified", "peto_peto", "peto_peto_stratified"]
ProportionTest = Literal[
    "miettinen_nurminen",
    "miettinen_nurminen_stratified",
    "cochran_mantel_haenszel",
    "fisher",
    "exact_unconditional",
]


class Outcome(Sourced):
    """A row of the registry's outcome table, in own words."""

    row: Annotated[str, StringConstraints(pattern=r"^[PS][1-9][0-9]?$")]
    name: Text
    time_frame: Text


class Horizon(Model):
    """Follow-up counts for so many years from an anchor; later dates are censored there. An anchor
    without a date sets no horizon."""

    anchor: AnchorRef
    years: int = Field(ge=1, le=50)


class _Endpoint(Sourced):
    """What all endpoints share. The first population is the main one. `comparison` says whether a
    difference between arms is protected by randomization; results of a `descriptive` one carry
    that warning. `variant_of` marks a sensitivity version of another endpoint."""

    paramcd: ParamCode
    outcome: OutcomeRef
    label: Annotated[Text, StringConstraints(max_length=40)]
    description: Text
    populations: Annotated[tuple[PopulationRef, ...], Field(min_length=1)]
    comparison: Literal["randomized", "descriptive", "none"]
    variant_of: EndpointRef | None = None


class TimeToEventEndpoint(_Endpoint):
    """Time from `origin` to the earliest of `events`; without one, censored at the latest date of
    `censoring` (where none exists, at the origin). A same-day event beats censoring.

    - `day_rule`: `plus_one` = ADT - STARTDT + 1, `difference` = ADT - STARTDT.
    - `censor_at`: anchors at which follow-up ends early (a sensitivity analysis at transplant).
    - `tests`: log-rank tests, and Peto-Peto ones, which weigh early events more; the first is the
      main one.
    - `weighted`: tests that weigh late events more, or choose their weights (MaxCombo).
    """

    kind: Literal["time_to_event"]
    origin: AnchorRef
    day_rule: Literal["plus_one", "difference"]
    horizon: Horizon | None = None
    events: Annotated[tuple[EventSourceRef, ...], Field(min_length=1)]
    censoring: Annotated[tuple[EventSourceRef, ...], Field(min_length=1)]
    censor_at: tuple[AnchorRef, ...] = ()
    tests: tuple[TimeToEventTest, ...] = ()
    weighted: WeightedTests | None = None


class ProportionEndpoint(_Endpoint):
    """Number and percent with at least one of `successes`; a subject of the population without one
    is a failure, missing data included.

    `tests` compare each arm with the reference; those over strata take the strata of
    randomization, the exact ones (`fisher` given the margins, `exact_unconditional` of Suissa and
    Shuster) none. `competing` are the events that preclude a success (cumulative incidence),
    counted from `origin` by `day_rule`; who has had neither is censored at the latest of
    `censoring`. Those two belong to `competing`: all three or none. `hazards` asks for ratios of
    the hazard of a success: `cause_specific` (competing events censor) or of its subdistribution
    (`fine_gray`: who had a competing event stays at risk); they need `competing`. `missing` tells
    of whom a result is expected; without it nothing is said of missing data.
    """

    kind: Literal["proportion"]
    successes: Annotated[tuple[EventSourceRef, ...], Field(min_length=1)]
    origin: AnchorRef
    horizon: Horizon | None = None
    competing: tuple[EventSourceRef, ...] = ()
    censoring: tuple[EventSourceRef, ...] = ()
    day_rule: Literal["plus_one", "difference"] | None = None
    tests: tuple[ProportionTest, ...] = ()
    hazards: tuple[Literal["cause_specific", "fine_gray"], ...] = ()
    missing: MissingData | None = None

    @model_validator(mode="after")
    def _competing_events_need_times(self) -> Self:
        given = (bool(self.competing), bool(self.censoring), self.day_rule is not None)
        if len(set(given)) > 1:
            raise ValueError("competing, censoring and day_rule are given together or not at all")
        if self.hazards and not self.competing:
            raise ValueError("hazards need competing events")
        return self


class AdverseEventSummary(Model):
    """Subjects with at least one event of this kind; no `where` = any adverse event. With `since`
    only events count that may have begun on that anchor's day or later (treatment-emergent)."""

    id: Name
    label: Text
    where: Predicate | None = None
    since: AnchorRef | None = None


class Exposure(Sourced):
    """The time a subject is watched for a first event: from `start` to `days_after` days after
    `end`, the first of the anchors in `ends_at`, or the cutoff, whichever is first. Rates are told
    per `per` of `unit`."""

    start: AnchorRef
    end: AnchorRef
    days_after: int = Field(ge=0, le=3650)
    ends_at: tuple[AnchorRef, ...] = ()
    per: Annotated[Number, Field(gt=0)]
    unit: TimeUnit


class AdverseEventEndpoint(_Endpoint):
    """Subjects (never events) with adverse events inside the safety window, by worst grade
    (`by: worst_grade`) or by term and grade (`by: term`). Without `exposure` there are no rates per
    time watched."""

    kind: Literal["adverse_events"]
    form: FormRef
    term: Name
    grade: Name
    start: Name
    by: Literal["worst_grade", "term"]
    summaries: Annotated[tuple[AdverseEventSummary, ...], Field(min_length=1)]
    exposure: Exposure | None = None


class ConcentrationEndpoint(_Endpoint):
    """Descriptive statistics of a concentration at scheduled times, in `arms` only.

    `blq_rule`: what a value below quantification counts as. `zero`: 0 in arithmetic summaries,
    and the geometric mean is then not estimable; `excluded`: left out. `visits` are those whose
    samples count: a trough is no sample before the first dose. `reported_unit` is the item with the
    laboratory's unit; a sample in another unit than that of `value` is left out and counted.
    """

    kind: Literal["concentration"]
    form: FormRef
    where: Predicate | None = None
    value: Name
    below_quantification: Name
    timepoint: Name
    reported_unit: Name | None = None
    visits: Annotated[tuple[VisitRef, ...], Field(min_length=1)]
    arms: Annotated[tuple[ArmRef, ...], Field(min_length=1)]
    blq_rule: Literal["zero", "excluded"]


Endpoint = Annotated[
    TimeToEventEndpoint | ProportionEndpoint | AdverseEventEndpoint | ConcentrationEndpoint,
    Field(discriminator="kind"),
]
