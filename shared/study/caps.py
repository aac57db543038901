"""Caps: how many may be allocated in the study, a site, a country, a stratum."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.study.base import Name, Sourced, Text

Percent = Annotated[int, Field(ge=1, le=100)]
_TARGETS: Mapping[str, tuple[str, str]] = {
    "site": (r"[A-Z0-9][A-Z0-9-]{0,19}", "the code of a site"),
    "country": (r"[A-Z]{2}", "a country code of two capital letters"),
    "stratum": (
        r"[a-z][a-z0-9_]{0,39}=[a-z0-9_.-]{1,40}(;[a-z][a-z0-9_]{0,39}=[a-z0-9_.-]{1,40})*",
        "factor=level, several joined by ;",
    ),
}


class Cap(Sourced):
    """A limit on allocations: cap N admits N and refuses N+1.

    - `scope`: what is counted, `target` which one of them: a site, a country, or a stratum by its
      label or a part of it (`age_group=lt10` counts every stratum with that level together).
      Without a target each site, country or stratum is counted for itself.
    - `counts_in_error`: whether a child randomized in error keeps its place under the cap.
    - `alerts`: percentages of the limit at which the trial is told, ascending.
    """

    id: Name
    scope: Literal["study", "site", "country", "stratum"]
    target: Text | None = None
    limit: int = Field(ge=1, le=100_000)
    counts_in_error: bool = True
    alerts: tuple[Percent, ...] = (80, 100)

    @model_validator(mode="after")
    def _target_fits_scope(self) -> Self:
        if self.target is None:
            return self
        if self.scope == "study":
            raise ValueError("a cap of the study has no target")
        pattern, words = _TARGETS[self.scope]
        if not re.fullmatch(pattern, self.target):
            raise ValueError(f"the target of a {self.scope} cap is {words}")
        return self

    @model_validator(mode="after")
    def _alerts_ascend(self) -> Self:
        if list(self.alerts) != sorted(set(self.alerts)):
            raise ValueError("alerts must ascend, each percentage once")
        return self

    @property
    def levels(self) -> dict[str, str]:
        """Factor to level of a stratum cap's target; empty without one."""
        if self.scope != "stratum" or self.target is None:
            return {}
        return dict(pair.split("=", 1) for pair in self.target.split(";"))

    def group(self, *, site: str, country: str, stratum: str) -> str | None:
        """What an allocation at that place is counted under: the site, the country, the stratum
        label, the target, or `*` for the study; None where this cap does not concern it."""
        if self.scope == "stratum" and self.target is not None:
            concerned = set(self.target.split(";")) <= set(stratum.split(";"))
            return self.target if concerned else None
        found = {"study": "*", "site": site, "country": country, "stratum": stratum}[self.scope]
        return found if self.target in (None, found) else None

    def alert_counts(self) -> tuple[tuple[int, int], ...]:
        """Each alert percentage with the number of allocations that first reaches it."""
        return tuple((percent, -(-self.limit * percent // 100)) for percent in self.alerts)
