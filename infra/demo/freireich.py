"""Replays a real randomized trial: 6-mercaptopurine v placebo in acute leukaemia.

Freireich EJ et al., Blood 1963;21:699-716: 42 children in 21 pairs, one of each pair on either
treatment. What is replayed are the published lengths of remission; the calendar dates are made up.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files

from infra.demo import plan
from infra.demo.plan import Step

STUDY = "freireich-1963"
SITE = "F01"
LIST = "published-pairs"
OPENED = date(1959, 4, 1)
CUTOFF = date(1961, 12, 31)


@dataclass(frozen=True)
class Child:
    """One child as published; ``place`` is its place in the pair, 1 or 2."""

    pair: str
    place: int
    arm: str
    weeks: int
    relapsed: bool

    @property
    def subject(self) -> str:
        return f"{SITE}-{self.pair}-{self.place}"

    @property
    def randomized_on(self) -> date:
        """A week lies between one pair and the next."""
        return OPENED + timedelta(weeks=int(self.pair))


def children() -> list[Child]:
    """The published table, in its order."""
    place: dict[str, int] = {}
    found = []
    source = files("shared.study.definitions").joinpath("freireich-1963-remissions.csv")
    lines = [line for line in source.read_text().splitlines() if not line.startswith("#")]
    for row in csv.DictReader(lines):
        place[row["pair"]] = place.get(row["pair"], 0) + 1
        found.append(
            Child(
                row["pair"],
                place[row["pair"]],
                row["arm"],
                int(row["remission_weeks"]),
                row["relapsed"] == "1",
            )
        )
    return found


def opening() -> Step:
    """Open the site."""
    return plan.site(SITE, "Acute Leukemia Group B", "US", "America/New_York", OPENED)


def pairs(table: Sequence[Child]) -> Step:
    """Seal the list that gave each child of a pair its treatment."""
    rows = [f"{number},{child.pair},{child.arm}" for number, child in enumerate(table, start=1)]
    content = "\n".join(["sequence,pair,arm", *rows]) + "\n"
    body = {
        "method": "uploaded_list",
        "list_id": LIST,
        "csv": content,
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "rows": len(table),
    }
    return plan.sealing(body, OPENED)


def enrolment(child: Child) -> list[Step]:
    """Register the child and ask for its allocation."""
    on = child.randomized_on
    return [
        plan.registration(child.subject, SITE, "1955-01", "unknown", on, on),
        plan.allocation(child.subject, SITE, {}, {"pair": child.pair}, on, signed=False),
    ]


def follow_up(child: Child) -> list[Step]:
    """When and how the child was last seen."""
    seen = child.randomized_on + timedelta(weeks=child.weeks)
    items = {"status_date": seen.isoformat(), "relapsed": child.relapsed}
    return [plan.assessment(child.subject, SITE, "remission_status", items, seen)]
