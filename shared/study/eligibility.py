"""The gate: what an allocation request brings, and the rules it must meet."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.study.base import Model, Sourced, Text
from shared.study.criteria import Predicate
from shared.study.forms import Item

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}-[0-9]{2,3}[A-Z]?$")]


class EligibilityItem(Item):
    """An item of the gate. `randomization_date` and its like are provided by the service (today's
    local date at the site), never by the caller."""

    provided_by: Literal["request", "service"] = "request"


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
