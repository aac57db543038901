"""The gate: what an allocation request brings, and the rules it must meet."""

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from shared.study.base import Model, Sourced, Text
from shared.study.criteria import Predicate
from shared.study.forms import Item

SERVICE_ITEMS = frozenset({"randomization_date", "consent_date"})
"""What the randomization service itself brings to the gate."""

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}-[0-9]{2,3}[A-Z]?$")]


class EligibilityItem(Item):
    """An item of the gate. `randomization_date` (today's local date at the site) and
    `consent_date` (as registered) may be provided by the service: then never by the caller."""

    provided_by: Literal["request", "service"] = "request"

    @model_validator(mode="after")
    def _service_knows_it(self) -> Self:
        if self.provided_by == "service" and self.id not in SERVICE_ITEMS:
            raise ValueError(f"the service provides only {', '.join(sorted(SERVICE_ITEMS))}")
        return self


class EligibilityRule(Sourced):
    """One rule of the gate. A child is eligible if every rule is TRUE; a rule that a missing value
    leaves undetermined refuses just as a false one does, and names the missing values."""

    id: RuleId
    text: Text
    predicate: Predicate


class Eligibility(Model):
    """Items and rules of the gate at randomization."""

    items: tuple[EligibilityItem, ...] = ()
    rules: tuple[EligibilityRule, ...] = ()
