"""Tells a case fact by fact, for tests of the pure rules."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from services.safety.domain import rule_sets
from services.safety.domain.classification import Classification, classify
from services.safety.domain.facts import MINIMUM_CRITERIA, Fact, Kind
from services.safety.domain.obligations import Obligation
from shared.study import StudyDefinition
from shared.study.loading import load_definition, shipped_definitions

CASE = uuid.UUID(int=7)
PARIS = "Europe/Paris"
ALL_CRITERIA = (
    "death", "life_threatening", "hospitalisation", "disability", "congenital_anomaly",
    "medically_important",
)  # fmt: skip
LATER = datetime(2030, 1, 1, tzinfo=UTC)
REGIONS = ("EU", "GB", "US")
PREFIX = {"eu_ctr": "eu", "uk_ctr": "uk", "us_ind": "us"}
"""How the clocks of a rule set are called."""


@cache
def shipped() -> StudyDefinition:
    return load_definition(shipped_definitions()["NCT05748171"])


def local(text: str, zone: str = PARIS) -> datetime:
    """An instant from a local date and time; a date alone means nine in the morning."""
    return datetime.fromisoformat(text if "T" in text else f"{text}T09:00").replace(
        tzinfo=ZoneInfo(zone)
    )


class Story:
    """A case as it is told; every method adds facts received at a local time and returns self."""

    def __init__(self, zone: str = PARIS) -> None:
        self.facts: list[Fact] = []
        self._zone = zone
        self._number = 0

    def tell(
        self, kind: Kind, received: str, *, recorded: str | None = None, **value: Any
    ) -> "Story":
        self._number += 1
        zone = value.pop("zone", self._zone)
        at = local(received, zone)
        self.facts.append(
            Fact(
                fact_id=uuid.UUID(int=self._number),
                kind=kind,
                value=value,
                received_at=at,
                received_zone=zone,
                recorded_at=at if recorded is None else local(recorded, zone),
                source="test",
                actor="test",
                true_at=at if kind == "site_awareness" else None,
            )
        )
        return self

    def report(
        self,
        received: str,
        *held: str,
        criteria: Sequence[str] = MINIMUM_CRITERIA,
        event: str = "1",
        **options: Any,
    ) -> "Story":
        """A serious event; what is not among ``held`` is said not to be."""
        self.tell("site_awareness", received, **options)
        self.tell("receipt", received, party="desk", reference=None, **options)
        self.tell("serious", received, event=event, serious=True, **options)
        for criterion in ALL_CRITERIA:
            self.seriousness(received, criterion, criterion in held, event=event, **options)
        for name in criteria:
            self.tell("criterion", received, criterion=name, held=True, **options)
        if "suspect_product" in criteria:
            self.tell("suspect", received, product="INO", suspect=True, **options)
        return self

    def seriousness(
        self, received: str, criterion: str, held: bool, *, event: str = "1", **options: Any
    ) -> "Story":
        return self.tell(
            "seriousness", received, event=event, criterion=criterion, held=held, **options
        )

    def causality(
        self, received: str, party: str, related: bool, *, event: str = "1", **options: Any
    ) -> "Story":
        value = {"party": party, "product": "INO", "event": event, "related": related}
        return self.tell("causality", received, **value, **options)

    def expectedness(
        self,
        received: str,
        expected: bool,
        *,
        event: str = "1",
        regions: Sequence[str] = REGIONS,
        **options: Any,
    ) -> "Story":
        value = {
            "product": "INO", "event": event, "expected": expected, "rsi": "IB 1",
            "regions": list(regions), "onset_on": None,
        }  # fmt: skip
        return self.tell("expectedness", received, **value, **options)

    def susar(self, received: str, *held: str, **options: Any) -> "Story":
        """Serious, suspected by both, unexpected: nothing is left unsaid."""
        self.report(received, *(held or ("hospitalisation",)), **options)
        self.causality(received, "investigator", True, **options)
        self.causality(received, "sponsor", True, **options)
        return self.expectedness(received, False, **options)

    def sent(
        self,
        when: str,
        authority: str,
        *kinds: str,
        accepted: bool | None = True,
        complete: bool = False,
        obligations: Sequence[str] = (),
        answered: str | None = None,
        sealed: str | None = None,
    ) -> "Story":
        name = f"{authority}/{when}"
        self.tell(
            "submission", when, submission=name, authority=authority, kinds=list(kinds),
            obligations=list(obligations), complete=complete,
            sealed_at=None if sealed is None else local(sealed, self._zone).isoformat(),
        )  # fmt: skip
        if accepted is not None:
            at = answered or when
            self.tell("acknowledgement", at, submission=name, accepted=accepted)
        return self

    def classify(self, rules: str, as_of: datetime = LATER) -> Classification:
        return classify(CASE, self.facts, rule_set(rules), as_of)

    def owes(self, rules: str, as_of: datetime = LATER) -> dict[str, Obligation]:
        """What is owed and still to be met, by clock; the last one where a clock runs twice."""
        found = self.classify(rules, as_of).obligations
        return {each.clock_id: each for each in found if each.state in ("open", "handed_off")}

    def states(self, rules: str, as_of: datetime = LATER) -> dict[str, str]:
        return {each.clock_id: each.state for each in self.classify(rules, as_of).obligations}


def rule_set(name: str) -> rule_sets.RuleSet:
    return rule_sets.load(name, "1.0.0")


def dues(obligations: dict[str, Obligation]) -> dict[str, str]:
    return {name: each.due_on.isoformat() for name, each in obligations.items()}
