"""The site's own clock: hours from awareness, until the sponsor has the report and an opinion."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.safety.domain.obligations import Obligation
from services.safety.domain.site_clock import site_obligations
from shared.study.loading import load_definition, shipped_definitions
from tests.services.safety.domain.story import CASE, LATER, Story, local, shipped


def site(story: Story, as_of: datetime = LATER) -> list[Obligation]:
    return list(site_obligations(CASE, story.facts, shipped(), as_of))


def test_elapsed_hours_are_hours_and_not_wall_clock_readings() -> None:
    (found,) = site(Story("Europe/Prague").report("2026-10-24T12:00", "disability"))
    # The night of 25 October has 25 hours: 24 hours later the clock on the wall shows 11.
    assert found.due_at.astimezone(ZoneInfo("Europe/Prague")).hour == 11
    assert found.due_at - found.began_at == timedelta(hours=24)
    assert (found.day_zero, found.due_on) == (date(2026, 10, 24), date(2026, 10, 25))


def test_it_counts_from_awareness_and_not_from_receipt() -> None:
    story = Story().report("2026-04-02T10:00", "disability")
    aware = datetime(2026, 4, 1, 8, 0, tzinfo=UTC)
    object.__setattr__(story.facts[0], "true_at", aware)
    (found,) = site(story)
    assert (found.began_at, found.due_at) == (aware, aware + timedelta(hours=24))


def test_it_runs_only_for_what_is_serious_or_of_special_interest() -> None:
    quiet = (
        Story()
        .tell("site_awareness", "2026-04-02")
        .tell("serious", "2026-04-02", event="1", serious=False)
    )
    assert site(quiet) == []
    (found,) = site(quiet.tell("special_interest", "2026-04-02", code="SOS_VOD"))
    assert found.state == "open"


def test_an_event_that_becomes_serious_counts_from_the_awareness_told_with_that() -> None:
    story = (
        Story()
        .tell("site_awareness", "2026-04-02")
        .tell("serious", "2026-04-02", event="1", serious=False)
    )
    story.report("2026-04-09T10:00", "disability")
    (found,) = site(story)
    assert found.began_at == local("2026-04-09T10:00")


def test_it_is_met_by_the_investigators_opinion_whatever_that_says() -> None:
    story = Story().report("2026-04-02", "disability").causality("2026-04-02", "sponsor", True)
    assert [each.state for each in site(story)] == ["open"]
    story.causality("2026-04-03", "investigator", False)
    assert [each.state for each in site(story)] == ["submitted"]
    assert [each.state for each in site(story, as_of=local("2026-04-02T12:00"))] == ["open"]


@pytest.mark.parametrize("criterion", ["disability", "death"])
def test_it_ends_where_the_event_is_said_not_to_be_serious_or_is_no_case(criterion: str) -> None:
    story = Story().report("2026-04-02", criterion)
    (one,) = site(story.tell("serious", "2026-04-03", event="1", serious=False))
    assert (one.state, "No longer owed since" in one.reason) == ("superseded", True)
    story = Story().report("2026-04-02", criterion)
    story.tell("nullification", "2026-04-03", reason="invalid", duplicate_of=None)
    assert [each.state for each in site(story)] == ["superseded"]


def test_another_event_that_is_still_serious_keeps_it_running() -> None:
    story = Story().report("2026-04-02", "disability").report("2026-04-02", "death", event="2")
    story.tell("serious", "2026-04-03", event="1", serious=False)
    assert [each.state for each in site(story)] == ["open"]


def aware(story: Story, received: str, since: str) -> Story:
    """Word of the site's awareness, received later than it was."""
    story.tell("site_awareness", received)
    story.facts[-1] = replace(story.facts[-1], true_at=local(since))
    return story


def test_an_earlier_awareness_that_is_learned_later_counts_as_where_a_duplicate_had_it() -> None:
    story = Story().report("2026-04-03T10:00", "disability")
    (found,) = site(aware(story, "2026-04-03T12:00", since="2026-04-01T08:00"))
    assert found.began_at == local("2026-04-01T08:00")
    # Told once more, and later: nothing moves it back.
    (still,) = site(aware(story, "2026-04-05T12:00", since="2026-04-04T08:00"))
    assert still.began_at == found.began_at


def test_an_awareness_of_what_was_not_serious_yet_is_none_of_the_serious_event() -> None:
    story = aware(Story(), "2026-04-02T10:00", since="2026-04-01T08:00")
    story.tell("serious", "2026-04-02T10:00", event="1", serious=False)
    story.report("2026-04-09T10:00", "disability")
    # The whole content is given again, with the awareness of the first report.
    (found,) = site(aware(story, "2026-04-12T10:00", since="2026-04-01T08:00"))
    assert found.began_at == local("2026-04-09T10:00")


def test_another_serious_event_has_a_clock_of_its_own_met_by_an_opinion_of_that_event() -> None:
    story = Story().report("2026-04-02T10:00", "disability")
    story.causality("2026-04-02T11:00", "investigator", True)
    story.report("2026-04-09T10:00", "death", event="2")
    first, second = site(story)
    assert (first.state, second.state) == ("submitted", "open")
    assert second.began_at == local("2026-04-09T10:00")
    assert "event 2 is missing" in second.reason
    story.causality("2026-04-09T20:00", "investigator", False, event="2")
    assert [each.state for each in site(story)] == ["submitted", "submitted"]


def test_events_told_together_have_one_clock_and_need_an_opinion_each() -> None:
    story = Story().report("2026-04-02", "disability")
    story.tell("serious", "2026-04-02", event="2", serious=True)
    story.causality("2026-04-02T11:00", "investigator", True)
    assert [each.state for each in site(story)] == ["open"]
    story.causality("2026-04-02T12:00", "investigator", True, event="2")
    assert [each.state for each in site(story)] == ["submitted"]


def test_an_opinion_on_an_event_that_is_not_serious_any_more_is_not_waited_for() -> None:
    story = Story().report("2026-04-02", "disability")
    story.tell("serious", "2026-04-02", event="2", serious=True)
    story.causality("2026-04-02T11:00", "investigator", True)
    story.tell("serious", "2026-04-03", event="2", serious=False)
    assert [each.state for each in site(story)] == ["submitted"]


def test_a_waived_one_stays_waived() -> None:
    story = Story().report("2026-04-02", "disability")
    (found,) = site(story)
    story.tell("waiver", "2026-04-03", obligation=str(found.obligation_id))
    assert [each.state for each in site(story)] == ["waived"]


def test_a_study_without_a_safety_section_has_no_site_clock() -> None:
    definition = load_definition(shipped_definitions()["freireich-1963"])
    with pytest.raises(ValueError, match="no site clock"):
        site_obligations(CASE, [], definition, LATER)
