"""From which awareness the site's clock counts: for every event from the one that made it serious.

An event that becomes serious, or is told, later has a clock of its own. Who learns later that the
site was aware earlier (by a duplicate, say) moves the clock forward, and nothing moves it back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from services.safety.domain.case import SERIOUS
from services.safety.domain.facts import Fact
from services.safety.domain.knowledge import Knowledge
from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate
from shared.study.safety import Safety, SiteClock

SPECIAL = ""
"""Stands for an event of special interest, which is the case's and no single event's."""


@dataclass(frozen=True)
class Run:
    """What counts from one awareness: ``running`` are the events of it that are still serious,
    ``events`` all of them, ``ended`` the fact that ended the last; None while something runs."""

    awareness: Fact
    events: tuple[str, ...]
    running: tuple[str, ...]
    ended: Fact | None


@dataclass
class _Course:
    """How it went with one event. ``before``: when the case was known and this was not of it."""

    began: Fact | None = None
    before: datetime | None = None
    ended: Fact | None = None

    def step(self, at: datetime, aware: Fact | None, arrived: Sequence[Fact], *, running: bool
             ) -> None:  # fmt: skip
        if running:
            self.ended = None
            self.began = self._earlier(self.began, arrived) if self.began else aware
        elif self.began is not None:
            self.ended = self.ended or arrived[0]
        else:
            self.before = at

    def _earlier(self, began: Fact, arrived: Sequence[Fact]) -> Fact:
        """An awareness of a time at which the case was known to be none does not speak of this."""
        told = [
            fact
            for fact in arrived
            if fact.kind == "site_awareness"
            and (self.before is None or known_at(fact) > self.before)
        ]
        return min((began, *told), key=known_at)


@dataclass
class _Courses:
    """The courses of a case's events, and of the special interest."""

    found: dict[str, _Course] = field(default_factory=dict)
    told: list[datetime] = field(default_factory=list)

    def of(self, event: str) -> _Course:
        if event not in self.found:
            self.found[event] = _Course(before=self.told[-1] if self.told else None)
        return self.found[event]


def known_at(awareness: Fact) -> datetime:
    """When the site was aware: who told the sponsor was by then, whatever is written."""
    return min(awareness.true_at or awareness.received_at, awareness.received_at)


def runs(
    definition: StudyDefinition, safety: Safety, clock: SiteClock, facts: Sequence[Fact]
) -> Iterator[Run]:
    """The runs of a clock, in the order in which they began; ``facts`` in the order of receipt."""
    knowledge, courses = Knowledge(), _Courses()
    aware: Fact | None = None
    special = False
    for at, together in groupby(facts, key=lambda fact: fact.received_at):
        arrived = tuple(together)
        told = [fact for fact in arrived if fact.kind == "site_awareness"]
        aware = min(told, key=known_at) if told else aware
        special = special or any(fact.kind == "special_interest" for fact in arrived)
        knowledge.learn(arrived)
        courses.of(SPECIAL).step(at, aware, arrived, running=special)
        for event in knowledge.events():
            serious = _is_triggered(definition, safety, clock, knowledge, event)
            courses.of(event).step(at, aware, arrived, running=serious)
        courses.told.append(at)
    return _by_awareness(courses.found)


def _is_triggered(
    definition: StudyDefinition,
    safety: Safety,
    clock: SiteClock,
    knowledge: Knowledge,
    event: str,
) -> bool:
    items = {each.item: knowledge.criterion(event, each.code) for each in safety.seriousness}
    items[SERIOUS] = knowledge.serious(event)
    return evaluate(clock.trigger, items, definition.thresholds_by_id()) is Truth.TRUE


def _by_awareness(found: Mapping[str, _Course]) -> Iterator[Run]:
    began = {course.began.fact_id: course.began for course in found.values() if course.began}
    for name, awareness in began.items():
        own = {
            event: course
            for event, course in found.items()
            if course.began is not None and course.began.fact_id == name
        }
        running = _events(event for event, course in own.items() if course.ended is None)
        ends = [course.ended for course in own.values() if course.ended is not None]
        over = len(ends) == len(own)
        last = max(ends, key=lambda fact: fact.received_at) if over else None
        yield Run(awareness, _events(own), running, last)


def _events(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if name != SPECIAL))
