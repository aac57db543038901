"""What the facts say at an instant of receipt, event by event and product by product.

Every answer is True, False, or None where nobody has said: what None is taken for is decided in
``verdicts``, once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.safety.domain.facts import Fact

FATAL = ("death", "life_threatening")
Said = bool | None


@dataclass
class Knowledge:
    """The newest word on everything, after so many facts in the order of receipt."""

    onset: dict[str, str | None] = field(default_factory=dict)
    _serious: dict[str, bool] = field(default_factory=dict)
    _criteria: dict[tuple[str, str], bool] = field(default_factory=dict)
    _suspects: dict[str, bool] = field(default_factory=dict)
    _causality: dict[tuple[str, str, str], bool] = field(default_factory=dict)
    _expected: dict[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)
    _anticipated: dict[str, bool] = field(default_factory=dict)
    _exemptions: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def learn(self, facts: Iterable[Fact]) -> None:
        """Take facts in, in the order of their receipt."""
        for fact in facts:
            self._learn(fact.kind, fact.value)

    def _learn(self, kind: str, value: Mapping[str, Any]) -> None:
        match kind:
            case "serious":
                self._serious[value["event"]] = value["serious"]
            case "seriousness":
                self._criteria[value["event"], value["criterion"]] = value["held"]
            case "onset":
                self.onset[value["event"]] = value["on"]
            case "suspect":
                self._suspects[value["product"]] = value["suspect"]
            case "causality":
                key = value["party"], value["product"], value["event"]
                self._causality[key] = value["related"]
            case "expectedness":
                for region in value["regions"]:
                    self._expected[value["product"], value["event"], region] = value
            case "anticipated":
                self._anticipated[value["event"]] = value["listed"]
            case "exemption":
                self._exemptions[value["event"]] = value

    def events(self) -> tuple[str, ...]:
        return tuple(sorted(self._serious))

    def products(self) -> tuple[str | None, ...]:
        """The suspect products; one unnamed product where none is known yet."""
        named = tuple(sorted(name for name, suspect in self._suspects.items() if suspect))
        return named or (None,)

    def serious(self, event: str) -> Said:
        return self._serious.get(event)

    def held(self, event: str) -> tuple[str, ...]:
        """The seriousness criteria that are met."""
        return tuple(sorted(c for (e, c), held in self._criteria.items() if e == event and held))

    def fatal(self, event: str) -> Said:
        """Whether the event was fatal or life-threatening."""
        said = [self._criteria.get((event, criterion)) for criterion in FATAL]
        if True in said:
            return True
        return None if None in said else False

    def suspected(self, event: str, product: str | None, suspected_by: str) -> Said:
        """Whether a causal relation is suspected, by the party whose judgement counts.

        ``either``: one suspicion is enough, and only two denials are none.
        """
        if product is None:
            return None
        sponsor = self._causality.get(("sponsor", product, event))
        if suspected_by == "sponsor":
            return sponsor
        said = (self._causality.get(("investigator", product, event)), sponsor)
        if True in said:
            return True
        return None if None in said else False

    def unexpected(self, event: str, product: str | None, region: str) -> Said:
        """Whether the event is not expected, by a judgement that counts in the region.

        A judgement made for another onset is none: another version may have been in force.
        """
        if product is None:
            return None
        said = self._expected.get((product, event, region))
        if said is None or said["onset_on"] != self.onset.get(event):
            return None
        return not said["expected"]

    def anticipated(self, event: str) -> bool:
        return self._anticipated.get(event, False)

    def exemption(self, event: str, rule_set: str) -> Mapping[str, Any] | None:
        """The protocol exemption that applies to the event under a rule set."""
        found = self._exemptions.get(event)
        if found is None or not found["applies"] or rule_set not in found["rule_sets"]:
            return None
        return found
