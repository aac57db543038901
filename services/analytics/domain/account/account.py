"""The account of a data set, under the names that users of R's survival know."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.analytics.domain.account.causes import competing_risks
from services.analytics.domain.account.comparison import (
    equality,
    hazards,
    median_follow_up,
    restricted,
)
from services.analytics.domain.account.data_set import DataSet
from services.analytics.domain.account.survival import survival

EVERYBODY = "all"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the data do not tell: the times to look at (of single arms where they differ), and how
    far a restricted mean goes. Units are those of the data."""

    times: tuple[float, ...] = ()
    tau: float | None = None
    times_of: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def at(self, arm: str) -> tuple[float, ...]:
        """The times for an arm."""
        return self.times_of.get(arm, self.times)


def account(name: str, data: DataSet, wanted: Wanted) -> dict[str, Any]:
    """Every quantity that can be asked of the data; null is not estimable.

    What cannot be asked is absent: tests of one arm, strata and causes that the data lack, and what
    ``wanted`` leaves open.
    """
    found: dict[str, Any] = {
        "name": name,
        "n": data.counts.n,
        "reference_arm": data.arms[0],
        "arms": list(data.arms),
        "km": {arm: survival(table, wanted.at(arm)) for arm, table in data.tables().items()},
        "km_all": {EVERYBODY: survival(data.pooled(), wanted.at(EVERYBODY))},
    }
    if len(data.arms) > 1:
        found |= equality(data) | hazards(data)
    found["reverse_km"] = median_follow_up(data)
    if wanted.tau is not None:
        found["rmst"] = restricted(data, wanted.tau)
    if data.causes:
        found["competing_risks"] = competing_risks(data, wanted.times)
    return found


def wanted_like(answers: Mapping[str, Any]) -> tuple[Wanted, tuple[str, ...]]:
    """What another program was asked, and its arms, read off its answers to the same data.

    Raises ``ValueError`` where the answers have another shape.
    """
    try:
        groups = {**answers["km"], **answers.get("km_all", {})}
        times = {arm: _numbers(group.get("times", ())) for arm, group in groups.items()}
        arms = tuple(str(arm) for arm in answers["arms"])
        reference = str(answers.get("reference_arm", arms[0]))
        tau = answers.get("rmst", {}).get("tau")
        ordered = (reference, *(arm for arm in arms if arm != reference))
        every = times.get(arms[0], ())
        return Wanted(every, None if tau is None else float(tau), times), ordered
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"no answers of the known shape: {error}") from None


def _numbers(values: Sequence[float] | float) -> tuple[float, ...]:
    return (values,) if isinstance(values, int | float) else tuple(values)
