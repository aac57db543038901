"""Reports to an authority: which were sent, how each was answered, and what each covers."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.safety.domain.facts import Fact
from services.safety.domain.rule_sets import INITIAL, ClockKind
from services.safety.domain.verdicts import Pair, Verdict


@dataclass(frozen=True)
class Report:
    """A report that was handed off. ``accepted`` is None until it is acknowledged; a rejected one
    counts as if it had never been sent: its obligations stay open on their Day 0. ``verdicts`` are
    those of the case as it was recorded when the content of the report was fixed."""

    fact: Fact
    accepted: bool | None
    verdicts: tuple[Verdict, ...] = ()

    @property
    def sent_at(self) -> datetime:
        return self.fact.received_at

    @property
    def fixed_at(self) -> datetime:
        """When its content was fixed. What was recorded between seal and delivery is not in it. A
        report without a seal, sent by portal or letter, tells what was recorded until it was
        sent."""
        sealed = self.fact.value.get("sealed_at")
        return self.sent_at if sealed is None else datetime.fromisoformat(sealed)

    def knew(self, fact: Fact) -> bool:
        """Whether the fact was recorded before the content was fixed."""
        return fact.recorded_at < self.fixed_at

    def tells(self, pair: Pair, wanted: Callable[[Verdict], bool]) -> bool:
        """Whether the pair was reportable by what the report rests on; a product that was not named
        then, or is not now, is the same."""
        told = (each.pair for each in self.verdicts if wanted(each))
        return any(
            each.event == pair.event
            and (each.product == pair.product or None in (each.product, pair.product))
            for each in told
        )

    @property
    def complete(self) -> bool:
        return bool(self.fact.value["complete"])

    @property
    def is_initial(self) -> bool:
        return any(kind in INITIAL for kind in self.fact.value["kinds"])

    def covers(self, obligation: uuid.UUID, kind: ClockKind, owed: "Owing") -> bool:
        """Whether the report meets an obligation: it names it, or is of its kind and tells what is
        to be told. So a Day 0 that moves does not open again what was met.

        What an agent received and nobody had told the desk of was not in it.
        """
        if str(obligation) in self.fact.value["obligations"]:
            return True
        kinds = self.fact.value["kinds"]
        # What went out as fatal in seven days is the first report of the event, fatal or not.
        if kind not in kinds and not (kind == "other" and "fatal" in kinds):
            return False
        if kind == "completion":
            return self.fixed_at >= owed.since
        if kind in INITIAL or kind == "every":
            told = all(self.tells(pair, owed.wanted) for pair in owed.pairs)
            return told and self.fixed_at >= owed.since
        return self.fixed_at >= owed.trigger.recorded_at


@dataclass(frozen=True)
class Owing:
    """What an obligation is for: the fact that triggers it, since when it is known, and the pairs
    that are ``wanted`` and made it."""

    trigger: Fact
    since: datetime
    pairs: frozenset[Pair] = frozenset()
    wanted: Callable[[Verdict], bool] = lambda _: True


def reports_to(authority: str, facts: Sequence[Fact]) -> tuple[Report, ...]:
    """The reports to an authority, in the order in which they were sent.

    The answers are a set: order and repetition do not matter. One that was accepted stays accepted;
    a rejection beside it is a conflict, for a person to look at.
    """
    answers: dict[str, set[bool]] = {}
    for fact in facts:
        if fact.kind == "acknowledgement":
            answers.setdefault(fact.value["submission"], set()).add(fact.value["accepted"])
    return tuple(
        Report(fact, _answered(answers.get(fact.value["submission"], set())))
        for fact in facts
        if fact.kind == "submission" and fact.value["authority"] == authority
    )


def _answered(said: set[bool]) -> bool | None:
    return True in said if said else None
