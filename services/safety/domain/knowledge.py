"""What the facts say at an instant of receipt, event by event and product by product.

Every answer is True, False, or None where nobody has said: what None is taken for is decided in
``verdicts``, once. Words about the same thing may stand beside each other (see
``Fact.takes_the_place_of``); then the worse counts, so that no order of arrival hides a clock.
"""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from services.safety.domain.facts import FATAL, Fact
from services.safety.domain.judged import Of, of_no_milder_event, of_same_event, of_same_onset

Said = bool | None
Key = tuple[str, ...]
_NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "serious": ("event",),
    "seriousness": ("event", "criterion"),
    "onset": ("event",),
    "description": ("event",),
    "suspect": ("product",),
    "causality": ("party", "product", "event"),
    "anticipated": ("event",),
    "exemption": ("event",),
}
"""What a word is about, by kind. Expectedness is about a region more."""
_JUDGED = frozenset({"causality", "expectedness", "anticipated", "exemption"})


class Knowledge:
    """What stands of what was said, after so many facts in the order of receipt."""

    def __init__(self) -> None:
        self._said: dict[Key, list[Fact]] = {}
        self._events: set[str] = set()
        self._products: set[str] = set()
        self._criteria: set[tuple[str, str]] = set()
        self._of: dict[uuid.UUID, Of] = {}

    def learn(self, facts: Iterable[Fact]) -> None:
        """Take facts in, in the order of their receipt."""
        arrived = tuple(facts)
        for fact in arrived:
            for key in _keys(fact):
                before = self._said.get(key, ())
                standing = [each for each in before if not fact.takes_the_place_of(each)]
                self._said[key] = [*standing, fact]
            self._note(fact)
        for fact in arrived:
            if fact.kind in _JUDGED:
                self._of[fact.fact_id] = fact.value.get("of") or self._picture(fact)

    def _note(self, fact: Fact) -> None:
        match fact.kind:
            case "serious":
                self._events.add(fact.value["event"])
            case "suspect":
                self._products.add(fact.value["product"])
            case "seriousness":
                self._criteria.add((fact.value["event"], fact.value["criterion"]))

    def events(self) -> tuple[str, ...]:
        return tuple(sorted(self._events))

    def products(self) -> tuple[str | None, ...]:
        """The suspect products; one unnamed product where none is known yet."""
        named = (name for name in self._products if self._any("suspect", "suspect", name))
        return tuple(sorted(named)) or (None,)

    def serious(self, event: str) -> Said:
        return self._any("serious", "serious", event)

    def held(self, event: str) -> tuple[str, ...]:
        """The seriousness criteria that are met."""
        asked = (name for of, name in self._criteria if of == event)
        return tuple(sorted(name for name in asked if self.criterion(event, name)))

    def criterion(self, event: str, name: str) -> Said:
        """Whether a seriousness criterion is met."""
        return self._any("held", "seriousness", event, name)

    def fatal(self, event: str) -> Said:
        """Whether the event was fatal or life-threatening."""
        return either(self.criterion(event, name) for name in FATAL)

    def suspected(self, event: str, product: str | None, suspected_by: str) -> Said:
        """Whether a causal relation is suspected, by the party whose judgement counts.

        ``either``: one suspicion is enough, and only two denials are none.
        """
        if product is None:
            return None
        sponsor = self._related("sponsor", product, event)
        if suspected_by == "sponsor":
            return sponsor
        return either((self._related("investigator", product, event), sponsor))

    def unexpected(self, event: str, product: str | None, region: str) -> Said:
        """Whether the event is not expected, by a judgement that counts in the region.

        A judgement of another onset, another term or a milder event is none.
        """
        if product is None:
            return None
        judged = [
            fact
            for fact in self._words("expectedness", product, event, region)
            if of_same_onset(fact, self._words("onset", event))
            and self._counts(fact, event)
            and of_no_milder_event(
                fact, self._of[fact.fact_id], self._words("description", event), self._fatal(event)
            )
        ]
        return any(not fact.value["expected"] for fact in judged) if judged else None

    def anticipated(self, event: str) -> bool:
        """Whether the event is listed as anticipated, by every word that stands."""
        words = self._words("anticipated", event)
        # What a version's own term told needs no check: it is told anew when the term changes.
        counting = [w.value["listed"] and ("of" not in w.value or self._counts(w, event))
                    for w in words]  # fmt: skip
        return bool(counting) and all(counting)

    def exemption(self, event: str, rule_set: str) -> Mapping[str, Any] | None:
        """The protocol exemption that applies to the event under a rule set; where several stand,
        the one that asks for a report soonest."""
        words = self._words("exemption", event)
        if not words or not all(self._exempts(word, event, rule_set) for word in words):
            return None
        return min((w.value for w in words), key=lambda v: (v["days"] is None, v["days"] or 0))

    def _exempts(self, word: Fact, event: str, rule_set: str) -> bool:
        value = word.value
        if not value["applies"] or rule_set not in value["rule_sets"]:
            return False
        # An exemption that does not say whether it covers a suspected event does not.
        if value.get("unless_suspected", True) and self._somebody_suspects(event):
            return False
        return self._counts(word, event)

    def _somebody_suspects(self, event: str) -> bool:
        """Whether either party suspects some product. The sponsor who signs an exemption without a
        suspicion says that it has none; an investigator who says nothing is taken for the worse."""
        products = self.products()
        return None in products or any(
            self._related("investigator", str(product), event) is not False
            or self._related("sponsor", str(product), event) is True
            for product in products
        )

    def _related(self, party: str, product: str, event: str) -> Said:
        words = self._words("causality", party, product, event)
        counting = [word.value["related"] for word in words if self._counts(word, event)]
        return any(counting) if counting else None

    def _counts(self, judged: Fact, event: str) -> bool:
        of = self._of[judged.fact_id]
        return of_same_event(judged, of, self._words("description", event))

    def _picture(self, judged: Fact) -> Of:
        """The event as it was known: what a judgement is of that does not say. What was received
        before it and recorded after it, nobody who judged could know."""
        event = judged.value["event"]
        words = self._words("description", event, by=judged.recorded_at)
        said = words[-1].value if words else {"term": None, "grade": None}
        fatal = [
            name
            for name in FATAL
            if any(w.value["held"] for w in self._words("seriousness", event, name,
                                                        by=judged.recorded_at))
        ]  # fmt: skip
        return {"term": said["term"], "grade": said["grade"], "fatal": fatal}

    def _fatal(self, event: str) -> list[str]:
        return [name for name in FATAL if self.criterion(event, name)]

    def _words(self, *key: str, by: datetime | None = None) -> list[Fact]:
        """The words that stand; of them those that were recorded ``by`` an instant."""
        words = self._said.get(key, [])
        return words if by is None else [word for word in words if word.recorded_at <= by]

    def _any(self, name: str, *key: str) -> Said:
        """The worse of the words that stand."""
        words = self._words(*key)
        return any(word.value[name] for word in words) if words else None


def _keys(fact: Fact) -> list[Key]:
    value = fact.value
    if fact.kind == "expectedness":
        return [(fact.kind, value["product"], value["event"], each) for each in value["regions"]]
    if fact.kind not in _NAMED_BY:
        return []
    return [(fact.kind, *(str(value[name]) for name in _NAMED_BY[fact.kind]))]


def either(said: Iterable[Said]) -> Said:
    """True where one is, False where all are, else not said."""
    words = list(said)
    if True in words:
        return True
    return None if None in words or not words else False
