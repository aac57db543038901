"""An event that becomes reportable beside one that was reported or waived has its own clock."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.domain.classification import _is_susar, _verdicts
from services.safety.domain.episodes import last_verdicts
from services.safety.domain.facts import known
from services.safety.domain.reports import Report
from tests.services.safety.domain.story import LATER, PREFIX, Story, local, rule_set

AUTHORITY = {"eu_ctr": "EU", "uk_ctr": "UK", "us_ind": "US", "fr_csp": "FR"}
FIRST_REPORTS = ("fatal", "other", "exempt_period")


def judged(story: Story, at: str, event: str, related: bool) -> Story:
    story.causality(at, "investigator", related, event=event)
    return story.causality(at, "sponsor", related, event=event)


def two_events(criterion: str, other: str = "hospitalisation") -> Story:
    """A SUSAR, and a second serious event that neither party suspects."""
    story = Story().susar("2026-06-01", criterion).report("2026-06-01", other, event="2")
    return judged(story, "2026-06-01", "2", False).expectedness("2026-06-01", False, event="2")


def waive(story: Story, at: str, rules: str, kind: str) -> None:
    (found,) = (o for o in story.classify(rules).obligations if o.kind == kind)
    story.tell("waiver", at, obligation=str(found.obligation_id))


@pytest.mark.parametrize("rules", PREFIX)
def test_an_event_that_is_suspected_after_the_report_of_a_fatal_one_is_owed_in_fifteen_days(
    rules: str,
) -> None:
    story = two_events("death").sent("2026-06-05", AUTHORITY[rules], "fatal")
    assert f"{PREFIX[rules]}_susar_other" not in story.owes(rules)
    owed = judged(story, "2026-06-10", "2", True).owes(rules)[f"{PREFIX[rules]}_susar_other"]
    assert (owed.day_zero, owed.due_on) == (date(2026, 6, 10), date(2026, 6, 25))
    assert owed.reason.startswith("Event 2:")
    assert not owed.provisional


def test_it_is_met_by_a_report_of_that_event_and_not_by_the_one_before() -> None:
    story = two_events("death").sent("2026-06-05", "EU", "fatal")
    judged(story, "2026-06-10", "2", True).sent("2026-06-12", "EU", "other")
    assert story.states("eu_ctr")["eu_susar_other"] == "submitted"


def test_it_ends_with_its_own_event_while_the_one_before_goes_on() -> None:
    story = two_events("death").sent("2026-06-05", "EU", "fatal")
    judged(story, "2026-06-10", "2", True)
    judged(story, "2026-06-11", "2", False)
    states = story.states("eu_ctr")
    assert states["eu_susar_other"] == "superseded"
    assert states["eu_susar_fatal_completion"] == "open"
    # The first one is still a SUSAR: a later end of it owes a last follow-up.
    judged(story, "2026-06-13", "1", False)
    assert story.states("eu_ctr")["eu_downgrade"] == "open"


@pytest.mark.parametrize(("criterion", "kind"), [("death", "fatal"), ("disability", "other")])
def test_what_comes_after_a_waiver_is_not_waived_by_it(criterion: str, kind: str) -> None:
    story = two_events(criterion)
    waive(story, "2026-06-03", "eu_ctr", kind)
    assert kind not in {each.kind for each in story.owes("eu_ctr").values()}
    judged(story, "2026-06-10", "2", True)
    owed = [each for each in story.owes("eu_ctr").values() if each.kind == "other"]
    assert [each.day_zero for each in owed] == [date(2026, 6, 10)]
    assert story.states("eu_ctr")["eu_susar_other"] == "open"


def test_what_was_known_when_something_was_waived_is_waived_with_it() -> None:
    story = judged(two_events("disability"), "2026-06-02", "2", True)
    waive(story, "2026-06-03", "eu_ctr", "other")
    assert story.owes("eu_ctr") == {}


def test_a_waiver_towards_one_authority_says_nothing_to_another() -> None:
    story = two_events("disability")
    waive(story, "2026-06-03", "us_ind", "other")
    judged(story, "2026-06-10", "2", True)
    # Not reported yet: it joins what runs, and the earlier due date governs.
    owed = [each for each in story.classify("eu_ctr").obligations if each.kind == "other"]
    assert [each.day_zero for each in owed] == [date(2026, 6, 1)]


days = st.integers(1, 20).map(lambda n: (date(2026, 6, 1) + timedelta(days=n)).isoformat())
what = st.sampled_from(("related", "fatal", "expected", "send one", "send all", "waive"))
steps = st.lists(
    st.tuples(days, what, st.sampled_from("12"), st.booleans()), max_size=7,
    unique_by=lambda step: step[0],
)  # fmt: skip
criteria = st.sampled_from(("death", "hospitalisation"))


@settings(deadline=None)
@given(st.sampled_from(sorted(AUTHORITY)), criteria, criteria, steps)
def test_what_is_reportable_and_was_neither_reported_nor_waived_has_a_clock_that_runs(
    rules: str, criterion: str, other: str, taken: list[tuple[str, str, str, bool]]
) -> None:
    story = two_events(criterion, other)
    closings = [_take(story, rules, *step) for step in sorted(taken)]
    told = [each for each in closings if each is not None]
    running = [
        each for each in story.owes(rules).values() if each.kind in FIRST_REPORTS
    ]  # fmt: skip
    for verdict in last_verdicts(known(story.facts, LATER), rule_set(rules)):
        if _is_susar(verdict) and not running:
            assert any(report.tells(verdict.pair, _is_susar) for report in told), verdict.pair


def _take(story: Story, rules: str, at: str, name: str, event: str, yes: bool) -> Report | None:
    """One step; what closes something, with what was known by then."""
    match name:
        case "related":
            judged(story, at, event, yes)
        case "fatal":
            story.seriousness(at, "death", yes, event=event)
        case "expected":
            story.expectedness(at, yes, event=event)
        case _:
            return _close(story, rules, at, name, yes)
    return None


def _close(story: Story, rules: str, at: str, name: str, yes: bool) -> Report | None:
    owed = [o for o in story.classify(rules).obligations if o.state == "open"]
    if not owed:
        return None
    verdicts = _verdicts(rule_set(rules), story.facts, local(at))
    if name == "waive":
        story.tell("waiver", at, obligation=str(owed[0].obligation_id))
        closed = owed[:1]
    else:
        closed = owed[:1] if name == "send one" else owed
        names = [str(each.obligation_id) for each in closed]
        kinds = sorted({each.kind for each in closed})
        story.sent(at, AUTHORITY[rules], *kinds, obligations=names, accepted=yes or None)
    first = any(each.kind in FIRST_REPORTS for each in closed)
    return Report(story.facts[-1], True, verdicts) if first and (yes or name == "waive") else None
