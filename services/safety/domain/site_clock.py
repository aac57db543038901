"""What the site owes the sponsor: a report within so many hours of its awareness.

It runs for a serious event, and for an event of special interest also where it is not serious. It
is met when the sponsor's side has the report and the investigator's opinion on causality.
Regulation (EU) 536/2014 Art. 41; 21 CFR 312.64(b).
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from services.safety.domain.case import SERIOUS
from services.safety.domain.facts import Fact, known
from services.safety.domain.knowledge import Knowledge, either
from services.safety.domain.obligations import Obligation, State, obligation_id
from services.safety.domain.reasons import ended_words, fact_words
from shared.study import StudyDefinition
from shared.study.predicate import Truth, evaluate
from shared.study.safety import Safety, SiteClock

RULE_SET: Final = "site"
SPONSOR: Final = "Sponsor"


@dataclass(frozen=True)
class _Run:
    """From which awareness a clock counts, and what ended it, if anything."""

    awareness: Fact
    ended: Fact | None


def site_obligations(
    case_id: uuid.UUID, facts: Iterable[Fact], definition: StudyDefinition, as_of: datetime
) -> tuple[Obligation, ...]:
    """What the site owes or owed by what was recorded until ``as_of``.

    Raises ``ValueError`` where the study takes no safety cases.
    """
    safety = definition.safety
    if safety is None:
        raise ValueError("a study without a safety section has no site clock")
    standing = known(facts, as_of)
    found = (
        _obligation(case_id, definition, clock, run, standing)
        for clock in safety.clocks
        for run in _runs(definition, safety, clock, standing)
    )
    return tuple(sorted(found, key=lambda each: (each.due_at, each.clock_id)))


def _runs(
    definition: StudyDefinition, safety: Safety, clock: SiteClock, facts: Sequence[Fact]
) -> Iterator[_Run]:
    """One run: it begins with the first awareness of what starts it."""
    knowledge = Knowledge()
    aware: Fact | None = None
    began: Fact | None = None
    ended: Fact | None = None
    special = False
    for _, together in groupby(facts, key=lambda fact: fact.received_at):
        arrived = tuple(together)
        aware = next((fact for fact in arrived if fact.kind == "site_awareness"), aware)
        special = special or any(fact.kind == "special_interest" for fact in arrived)
        knowledge.learn(arrived)
        items = _items(safety, knowledge)
        truth = evaluate(clock.trigger, items, definition.thresholds_by_id())
        running = truth is Truth.TRUE or special
        if running and began is None:
            began = aware
        ended = None if running or began is None else ended or arrived[0]
    if began is not None:
        yield _Run(began, ended)


def _items(safety: Safety, knowledge: Knowledge) -> dict[str, bool | None]:
    """The case items that triggers may name: so where it is so of some event."""
    events = knowledge.events()
    items = {
        each.item: either([knowledge.criterion(event, each.code) for event in events])
        for each in safety.seriousness
    }
    return items | {SERIOUS: either([knowledge.serious(event) for event in events])}


def _obligation(
    case_id: uuid.UUID,
    definition: StudyDefinition,
    clock: SiteClock,
    run: _Run,
    facts: Sequence[Fact],
) -> Obligation:
    awareness = run.awareness
    # Who told the sponsor was aware by then, whatever is written.
    known_at = awareness.true_at or awareness.received_at
    started = min(known_at, awareness.received_at).astimezone(UTC)
    zone = ZoneInfo(awareness.received_zone)
    due_at = started + timedelta(hours=clock.hours)
    name = obligation_id(case_id, RULE_SET, clock.id, awareness.fact_id, due_at)
    opinion = _opinion(facts)
    state, words = _state(str(name), facts, opinion, run.ended)
    return Obligation(
        obligation_id=name,
        rule_set=RULE_SET,
        rule_version=definition.version,
        clock_id=clock.id,
        kind="site",
        label=clock.label,
        authority=clock.authority,
        recipient=SPONSOR,
        regulation=clock.regulation,
        verified_by=clock.verified_by,
        day_zero=started.astimezone(zone).date(),
        due_on=due_at.astimezone(zone).date(),
        due_at=due_at,
        began_at=started,
        zone=zone.key,
        provisional=False,
        reason=f"Counts from the site's awareness, told with {fact_words(awareness)}. {words}",
        state=state,
        trigger=awareness.fact_id,
        trace=tuple(
            fact.fact_id
            for fact in facts
            if fact.fact_id == awareness.fact_id or fact.kind in {"serious", "special_interest"}
        ),
    )


def _opinion(facts: Sequence[Fact]) -> Fact | None:
    """The investigator's first opinion on causality."""
    said = (f for f in facts if f.kind == "causality" and f.value["party"] == "investigator")
    return next(said, None)


def _state(
    name: str, facts: Sequence[Fact], opinion: Fact | None, ended: Fact | None
) -> tuple[State, str]:
    if any(fact.kind == "waiver" and fact.value["obligation"] == name for fact in facts):
        return "waived", "Waived."
    if opinion is not None:
        return "submitted", f"Met by the report and {fact_words(opinion)}."
    gone = ended or next((fact for fact in facts if fact.kind == "nullification"), None)
    if gone is not None:
        return "superseded", ended_words(gone)
    return "open", "The investigator's opinion on causality is missing."
