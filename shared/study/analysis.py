"""Conventions of the statistical analysis and the thresholds of the trial."""

from typing import Annotated, Literal

from pydantic import Field

from shared.study.base import AnchorRef, Model, Name, Number, Sourced, Text, Unit
from shared.study.interim import InterimPlan
from shared.study.subgroups import Subgroup

Comparator = Literal["lt", "le", "gt", "ge", "eq", "ne"]


class Threshold(Sourced):
    """A named limit: a value meets it if `value-under-test COMPARATOR value` holds."""

    id: Name
    label: Text
    value: Number
    unit: Unit
    comparator: Comparator


class TimeUnit(Model):
    """A unit in which times are shown; `days` is its length. Data stay in whole days."""

    name: Literal["days", "weeks", "months", "years"]
    days: Annotated[Number, Field(gt=0)]


class ArmReceived(Sourced):
    """How the arm that a subject received is known: it is the arm of the `product` (an item with
    codes) in the record that dates `anchor`."""

    anchor: AnchorRef
    product: Name


class Resampling(Sourced):
    """Limits by drawing subjects anew within each arm, so often (bootstrap percentiles)."""

    replicates: int = Field(ge=200, le=20_000)


class Analysis(Sourced):
    """Conventions stored on every result row: a number without them is not comparable.

    - `confidence_level` two-sided, `conf_type` the scale of Kaplan-Meier limits, `ties` of the
      Cox model, `sides` and `alpha` of the test of the primary endpoint.
    - `reporting_unit` of medians and times, `axis_unit` of figures; `landmarks` and `tau`
      (restricted mean) are in reporting units. Without `tau` no restricted mean is computed.
    - `results_by_arm`: `closed` = for the monitoring committee until the database is locked;
      `published` = known to the world, so that figures by arm bear no mark of confidence. Who may
      read them through the service is the same in both.
    - `received` tells the arm received, for populations on that basis.
    - `resampling` asks for the difference of medians, which has no limits otherwise.
    - `interim` is the plan of interim looks; without one there are no boundaries.
    - `subgroups` are those in which effects are looked at beside the whole set.
    - an arm with fewer than `minimum_events_for_hazard_ratio` events has no hazard ratio.
    """

    confidence_level: Annotated[Number, Field(gt=0, lt=1)]
    conf_type: Literal["log-log", "log", "plain", "logit"]
    ties: Literal["efron", "breslow"]
    alpha: Annotated[Number, Field(gt=0, lt=1)]
    sides: Literal[1, 2]
    month_length: Annotated[Number, Field(gt=0)]
    reporting_unit: TimeUnit
    axis_unit: TimeUnit
    landmarks: tuple[Annotated[Number, Field(gt=0)], ...] = ()
    tau: Annotated[Number, Field(gt=0)] | None = None
    minimum_events_for_hazard_ratio: int = Field(ge=1, le=1000)
    quantile_rule: Literal["averaged_inverted_cdf"]
    reverse_km_ties: Literal["flip", "prodlim"]
    results_by_arm: Literal["closed", "published"] = "closed"
    received: ArmReceived | None = None
    subgroups: tuple[Subgroup, ...] = ()
    resampling: Resampling | None = None
    interim: InterimPlan | None = None

    @property
    def shows_arms_openly(self) -> bool:
        """Whether what is by arm bears no mark of the closed session."""
        return self.results_by_arm == "published"
