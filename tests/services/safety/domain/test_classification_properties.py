"""What holds for the classification of any case."""

import random
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.domain.classification import classify
from services.safety.domain.facts import MINIMUM_CRITERIA, Fact, Kind
from services.safety.domain.obligations import governing
from services.safety.domain.postponing import put_off
from tests.services.safety.domain.story import CASE, LATER, Story, local, rule_set

RULES = ("eu_ctr", "fr_csp", "uk_ctr", "us_ind")
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Asia/Kathmandu")
days = st.integers(0, 40).map(lambda n: (date(2026, 3, 1) + timedelta(days=n)).isoformat())
lags = st.sampled_from((0, 0, 0, 1, 3, 20))
"""Days from receipt to recording: most is recorded at once, some much later."""
moments = st.tuples(days, st.times().map(lambda t: t.strftime("%H:%M"))).map("T".join)


@st.composite
def stories(draw: st.DrawFn, *, reports: bool = True) -> Story:
    """A serious case, then anything: judgements, seriousness, criteria, follow-ups, reports."""
    story = Story(draw(st.sampled_from(ZONES)))
    criteria = draw(st.sets(st.sampled_from(MINIMUM_CRITERIA)))
    held = draw(st.sets(st.sampled_from(("death", "hospitalisation"))))
    at = draw(moments)
    story.report(at, *held, criteria=sorted(criteria), recorded=later(at, draw(lags)))
    for _ in range(draw(st.integers(0, 8))):
        _something(draw, story, reports=reports)
    return story


def later(at: str, lag: int) -> str:
    """The same time of day, days later."""
    return (datetime.fromisoformat(at) + timedelta(days=lag)).isoformat()


def _something(draw: st.DrawFn, story: Story, *, reports: bool) -> None:
    at, yes = draw(moments), draw(st.booleans())
    zone, recorded = draw(st.sampled_from(ZONES)), later(at, draw(lags))
    event = draw(st.sampled_from(("1", "2")))
    match draw(st.integers(0, 7 if reports else 5)):
        case 0:
            party = draw(st.sampled_from(("investigator", "sponsor")))
            story.causality(at, party, yes, event=event, zone=zone)
        case 1:
            story.expectedness(at, yes, event=event, zone=zone)
        case 2:
            name = draw(st.sampled_from(("death", "disability")))
            story.seriousness(at, name, yes, event=event, recorded=recorded)
        case 3:
            story.tell("serious", at, event=event, serious=yes, zone=zone, recorded=recorded)
        case 4:
            name = draw(st.sampled_from(MINIMUM_CRITERIA))
            story.tell("criterion", at, criterion=name, held=True, zone=zone, recorded=recorded)
        case 5:
            story.tell("follow_up", at, significant=yes, version=2, recorded=recorded)
        case 6:
            authority = draw(st.sampled_from(("EU", "UK", "US", "FR")))
            accepted = draw(st.sampled_from((True, False, None)))
            kinds = draw(st.sets(st.sampled_from(("fatal", "other", "follow_up")), min_size=1))
            story.sent(at, authority, *sorted(kinds), accepted=accepted)
        case _:
            story.tell("nullification", at, reason="invalid", duplicate_of=None)


@pytest.mark.proves("SAF-1", kind="property")
@settings(deadline=None)
@given(stories(), st.integers(0, 2**16), st.sampled_from(RULES))
def test_the_order_in_which_facts_are_given_changes_nothing(
    story: Story, seed: int, rules: str
) -> None:
    shuffled = list(story.facts)
    random.Random(seed).shuffle(shuffled)
    assert classify(CASE, shuffled, rule_set(rules), LATER) == story.classify(rules)


@settings(deadline=None)
@given(stories(), st.sampled_from(RULES))
def test_as_of_the_last_fact_and_ever_after_the_answer_is_todays(story: Story, rules: str) -> None:
    last = max(fact.recorded_at for fact in story.facts)
    assert story.classify(rules, as_of=last) == story.classify(rules)


@settings(deadline=None)
@given(stories(), st.sampled_from(RULES), moments)
def test_what_was_answered_at_an_instant_is_answered_again_whatever_came_later(
    story: Story, rules: str, at: str
) -> None:
    as_of = datetime.fromisoformat(at).replace(tzinfo=UTC)
    by_then = [fact for fact in story.facts if fact.recorded_at <= as_of]
    assert classify(CASE, by_then, rule_set(rules), LATER) == story.classify(rules, as_of=as_of)


HEARD = st.sampled_from(("death", "disability", "serious", "description"))


@settings(deadline=None)
@given(stories(), st.sampled_from(RULES), HEARD, st.booleans(), st.integers(0, 9), st.data())
def test_what_was_received_first_and_is_recorded_last_never_takes_a_due_date_away(
    story: Story, rules: str, heard: str, yes: bool, days_before: int, data: st.DataObject
) -> None:
    """Whatever it says, and whoever says it: the words that came after it are not contradicted."""
    event = data.draw(st.sampled_from(sorted(_spoken_of(story, heard))))
    first = min(f.received_at for f in _words(story, heard, event))
    at = (first - timedelta(days=days_before)).isoformat()
    before = story.classify(rules).obligations
    match heard:
        case "serious":
            value: dict[str, Any] = {"event": event, "serious": yes}
        case "description":
            value = {"event": event, "term": "Sepsis" if yes else None, "grade": 5}
        case criterion:
            value = {"event": event, "criterion": criterion, "held": yes}
    kind: Kind = "seriousness" if heard in ("death", "disability") else cast("Kind", heard)
    story.facts.append(
        replace(
            story.facts[0], fact_id=uuid.UUID(int=10_000), kind=kind, value=value,
            received_at=datetime.fromisoformat(at), recorded_at=local("2026-08-01"),
            received_zone=data.draw(st.sampled_from(ZONES)),
        )
    )  # fmt: skip
    assert put_off(before, story.classify(rules).obligations) == ()


def _words(story: Story, heard: str, event: str) -> list[Fact]:
    """What was said of it: of a description, anything."""
    return [
        fact
        for fact in story.facts
        if fact.value.get("event") == event
        and (heard in (fact.kind, fact.value.get("criterion")) or heard == "description")
    ]


def _spoken_of(story: Story, heard: str) -> set[str]:
    return {event for event in ("1", "2") if _words(story, heard, event)}


TOGGLED = {"seriousness": "held", "serious": "serious", "suspect": "suspect", "criterion": "held"}


@settings(deadline=None)
@given(stories(reports=False), st.sampled_from(("eu_ctr", "us_ind")), st.data())
def test_what_was_reported_stays_submitted_whatever_is_said_or_corrected_afterwards(
    story: Story, rules: str, data: st.DataObject
) -> None:
    authority, sent = {"eu_ctr": "EU", "us_ind": "US"}[rules], "2026-05-01"
    owed = [each for each in story.classify(rules).obligations if each.state == "open"]
    names = {str(each.obligation_id) for each in owed}
    kinds = {each.kind for each in owed}
    story.sent(sent, authority, *sorted(kinds), obligations=sorted(names))
    for _ in range(data.draw(st.integers(0, 3))):
        wrong = data.draw(st.sampled_from([f for f in story.facts if f.kind in TOGGLED]))
        if wrong.fact_id not in {fact.supersedes for fact in story.facts}:
            name, number = TOGGLED[wrong.kind], len(story.facts)
            story.facts.append(
                replace(
                    wrong, fact_id=uuid.UUID(int=20_000 + number), supersedes=wrong.fact_id,
                    value={**wrong.value, name: not wrong.value[name]},
                    recorded_at=local("2026-05-02") + timedelta(days=number),
                )
            )  # fmt: skip
    so_far = len(story.facts)
    for _ in range(data.draw(st.integers(0, 3))):
        _something(data.draw, story, reports=True)
    afterwards = local("2026-06-01")
    story.facts[so_far:] = [replace(f, recorded_at=afterwards) for f in story.facts[so_far:]]
    # A nullified case keeps it as well.
    after = {str(e.obligation_id): e.state for e in story.classify(rules).obligations}
    assert {name: after.get(name) for name in names} == dict.fromkeys(names, "submitted")


WORSE = st.sampled_from(("death", "related", "unexpected", "serious", "received"))


@settings(deadline=None)
@given(stories(reports=False), st.sampled_from(RULES), WORSE, moments, st.sampled_from(ZONES))
def test_a_worse_fact_never_postpones_the_governing_due_date(
    story: Story, rules: str, worse: str, at: str, zone: str
) -> None:
    before = governing(story.classify(rules).obligations)
    match worse:
        case "death":
            story.seriousness(at, "death", True, zone=zone, recorded="2026-08-01")
        case "related":
            story.causality(at, "investigator", True, zone=zone, recorded="2026-08-01")
            story.causality(at, "sponsor", True, zone=zone, recorded="2026-08-01")
        case "unexpected":
            story.expectedness(at, False, zone=zone, recorded="2026-08-01")
        case "received":
            story.report(at, "death", criteria=(), zone=zone, recorded="2026-08-01")
        case _:
            story.tell("serious", at, event="1", serious=True, zone=zone, recorded="2026-08-01")
    after = governing(story.classify(rules).obligations)
    assert before is None or (after is not None and after <= before)


@settings(deadline=None)
@given(stories(), st.sampled_from(RULES))
def test_every_obligation_names_its_rule_its_text_and_a_reason(story: Story, rules: str) -> None:
    known = {clock.id for clock in rule_set(rules).clocks}
    ids = {fact.fact_id for fact in story.facts}
    for each in story.classify(rules).obligations:
        assert each.clock_id in known
        assert (each.rule_set, each.rule_version) == (rules, "1.0.0")
        assert each.regulation
        assert each.day_zero.isoformat() in each.reason
        assert {each.trigger, *each.trace} <= ids
        assert "INO" not in each.reason


@settings(deadline=None)
@given(stories(), st.sampled_from(RULES))
def test_a_calendar_due_date_ends_with_the_local_day_and_ids_are_unique(
    story: Story, rules: str
) -> None:
    found = story.classify(rules).obligations
    for each in found:
        due = each.due_at.astimezone(ZoneInfo(each.zone))
        assert (due.date(), due.time()) == (each.due_on, time(23, 59, 59))
    assert len({each.obligation_id for each in found}) == len(found)


@settings(deadline=None)
@given(stories(), st.sampled_from(RULES), st.data())
def test_a_repeated_or_later_acknowledgement_never_takes_an_acceptance_back(
    story: Story, rules: str, data: st.DataObject
) -> None:
    sent = [fact for fact in story.facts if fact.kind == "submission"]
    before = story.states(rules)
    for fact in sent:
        accepted = any(
            f.kind == "acknowledgement"
            and f.value["submission"] == fact.value["submission"]
            and f.value["accepted"]
            for f in story.facts
        )
        if accepted:
            name, again = fact.value["submission"], data.draw(st.booleans())
            story.tell("acknowledgement", "2026-12-01", submission=name, accepted=again)
    assert story.states(rules) == before
