"""Reports to an authority: which were sent, how each was answered, and what each covers."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.safety.domain.facts import Fact
from services.safety.domain.rule_sets import INITIAL, ClockKind


@dataclass(frozen=True)
class Report:
    """A report that was handed off. ``accepted`` is None until it is acknowledged; a rejected one
    counts as if it had never been sent: its obligations stay open on their Day 0."""

    fact: Fact
    accepted: bool | None

    @property
    def sent_at(self) -> datetime:
        return self.fact.received_at

    @property
    def complete(self) -> bool:
        return bool(self.fact.value["complete"])

    @property
    def is_initial(self) -> bool:
        return any(kind in INITIAL for kind in self.fact.value["kinds"])

    def covers(
        self, obligation: uuid.UUID, kind: ClockKind, trigger: Fact, since: datetime
    ) -> bool:
        """Whether the report meets an obligation: it names it, or is of its kind and was sent after
        what it tells was known. So a Day 0 that moves later does not open again what was met.

        A follow-up must have been made after its information was recorded: what an agent received
        and nobody had told the desk of was not in it.
        """
        if str(obligation) in self.fact.value["obligations"]:
            return True
        if kind not in self.fact.value["kinds"]:
            return False
        if kind in INITIAL or kind in {"every", "completion"}:
            return self.sent_at >= since
        return self.fact.recorded_at >= trigger.recorded_at


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
