"""What the site owes the sponsor: a report within so many hours of its awareness.

It runs for every serious event, and for an event of special interest also where it is not serious.
It is met when the sponsor's side has the report and the investigator's opinion on causality.
Regulation (EU) 536/2014 Art. 41; 21 CFR 312.64(b).
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.safety.domain.facts import Fact, known
from services.safety.domain.obligations import Obligation, State, obligation_id
from services.safety.domain.reasons import ended_words, fact_words
from services.safety.domain.site_runs import Run, known_at, runs
from shared.study import StudyDefinition
from shared.study.safety import SiteClock

RULE_SET: Final = "site"
SPONSOR: Final = "Sponsor"


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
        for run in runs(definition, safety, clock, standing)
    )
    return tuple(sorted(found, key=lambda each: (each.due_at, each.clock_id)))


def _obligation(
    case_id: uuid.UUID,
    definition: StudyDefinition,
    clock: SiteClock,
    run: Run,
    facts: Sequence[Fact],
) -> Obligation:
    awareness = run.awareness
    started = known_at(awareness).astimezone(UTC)
    zone = ZoneInfo(awareness.received_zone)
    due_at = started + timedelta(hours=clock.hours)
    name = obligation_id(case_id, RULE_SET, clock.id, awareness.fact_id, due_at)
    state, words = _state(str(name), facts, run)
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


def _opinion(facts: Sequence[Fact], run: Run) -> tuple[Fact | None, tuple[str, ...]]:
    """The opinion by which the investigator has judged every event of the run, and the events that
    are not judged yet. Where only the special interest runs, any opinion will do."""
    first: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind == "causality" and fact.value["party"] == "investigator":
            first.setdefault(fact.value["event"], fact)
    asked = run.running or run.events
    missing = tuple(event for event in asked if event not in first)
    given = [first[event] for event in asked if event in first] or list(first.values())[:1]
    if missing or not given:
        return None, missing
    return max(given, key=lambda fact: fact.received_at), ()


def _state(name: str, facts: Sequence[Fact], run: Run) -> tuple[State, str]:
    if any(fact.kind == "waiver" and fact.value["obligation"] == name for fact in facts):
        return "waived", "Waived."
    opinion, missing = _opinion(facts, run)
    if opinion is not None:
        return "submitted", f"Met by the report and {fact_words(opinion)}."
    gone = run.ended or next((fact for fact in facts if fact.kind == "nullification"), None)
    if gone is not None:
        return "superseded", ended_words(gone)
    of = f" of event {', '.join(missing)}" if missing else ""
    return "open", f"The investigator's opinion on causality{of} is missing."
