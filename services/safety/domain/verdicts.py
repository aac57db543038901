"""What an event is to an authority, for one suspect product: the first row that holds.

The conservative default lives here: what nobody has said is taken for the worse, and shown as
provisional; an empty field never hides a clock.
"""

from dataclasses import dataclass
from typing import Final, Literal

from services.safety.domain.knowledge import Knowledge, Said
from services.safety.domain.rule_sets import Outcome, RuleSet, VerdictRule

Ruling = Outcome | Literal["unclassified"]
WORST_FIRST: Final[tuple[Ruling, ...]] = (
    "susar", "unclassified", "exempt_period", "aggregate_watch", "exempt", "not_expedited",
)  # fmt: skip
UNSAID: Final = {
    "serious": "whether it is serious",
    "suspected": "causality",
    "unexpected": "expectedness",
    "fatal": "whether it was fatal or life-threatening",
}


@dataclass(frozen=True)
class Pair:
    """One event with one suspect product; None: no product is known yet."""

    event: str
    product: str | None


@dataclass(frozen=True)
class Verdict:
    """How a pair is classified. ``unsaid`` names what was taken for the worse; ``criteria`` are the
    seriousness criteria met; ``days`` an exemption's own period."""

    pair: Pair
    outcome: Ruling
    rule: VerdictRule | None
    fatal: Said
    unsaid: tuple[str, ...]
    criteria: tuple[str, ...]
    days: int | None = None

    @property
    def rank(self) -> int:
        return WORST_FIRST.index(self.outcome)


def judge(knowledge: Knowledge, rules: RuleSet) -> tuple[Verdict, ...]:
    """The verdict on every pair, in the order of events and products."""
    return tuple(
        _verdict(knowledge, rules, Pair(event, product))
        for event in knowledge.events()
        for product in knowledge.products()
    )


def _verdict(knowledge: Knowledge, rules: RuleSet, pair: Pair) -> Verdict:
    said: dict[str, Said] = {
        "serious": knowledge.serious(pair.event),
        "suspected": knowledge.suspected(pair.event, pair.product, rules.suspected_by),
        "unexpected": knowledge.unexpected(pair.event, pair.product, rules.region),
    }
    exemption = knowledge.exemption(pair.event, rules.id)
    taken = {name: True if word is None else word for name, word in said.items()} | {
        "anticipated": knowledge.anticipated(pair.event),
        "exempt": exemption is not None,
        "exempt_period": exemption is not None and exemption["days"] is not None,
    }
    rule = _first(rules, taken)
    return Verdict(
        pair=pair,
        outcome="unclassified" if rule is None else rule.outcome,
        rule=rule,
        fatal=knowledge.fatal(pair.event),
        unsaid=tuple(name for name, word in said.items() if word is None and _asks(rule, name)),
        criteria=knowledge.held(pair.event),
        days=None if exemption is None else exemption["days"],
    )


def _first(rules: RuleSet, taken: dict[str, bool]) -> VerdictRule | None:
    for rule in rules.verdicts:
        if all(taken[name] is wanted for name, wanted in rule.when.items()):
            return rule
    return None


def _asks(rule: VerdictRule | None, name: str) -> bool:
    return rule is None or name in rule.when
