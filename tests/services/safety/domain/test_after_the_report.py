"""What follows a report: follow-up, upgrade, downgrade, rejection, nullification."""

from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest

from tests.services.safety.domain.story import PREFIX, Story, dues


def test_significant_information_after_the_report_starts_fifteen_days_at_its_receipt() -> None:
    story = Story().susar("2026-06-01").sent("2026-06-10", "EU", "other")
    story.tell("follow_up", "2026-06-20", significant=True, version=2)
    assert dues(story.owes("eu_ctr")) == {"eu_follow_up": "2026-07-05"}
    assert story.states("eu_ctr")["eu_susar_other"] == "submitted"
    story.sent("2026-06-25", "EU", "follow_up")
    assert story.owes("eu_ctr") == {}


def test_information_that_is_not_significant_or_came_before_the_report_starts_no_clock() -> None:
    story = Story().susar("2026-06-01")
    story.tell("follow_up", "2026-06-05", significant=True, version=2)
    story.sent("2026-06-10", "EU", "other")
    story.tell("follow_up", "2026-06-20", significant=False, version=3)
    assert story.owes("eu_ctr") == {}


def test_what_an_agent_received_and_nobody_recorded_was_not_in_the_report_sent_meanwhile() -> None:
    story = Story().susar("2026-06-01").sent("2026-06-10", "EU", "other")
    story.tell("follow_up", "2026-06-12", recorded="2026-06-20", significant=True, version=2)
    story.sent("2026-06-15", "EU", "follow_up")
    assert dues(story.owes("eu_ctr")) == {"eu_follow_up": "2026-06-27"}


def test_a_rejected_report_leaves_the_obligation_open_on_its_day_zero() -> None:
    story = Story().susar("2026-06-01", "death").sent("2026-06-07", "EU", "fatal", accepted=None)
    handed = story.owes("eu_ctr")["eu_susar_fatal"]
    assert handed.state == "handed_off"
    story.tell("acknowledgement", "2026-06-07T20:00", submission="EU/2026-06-07", accepted=False)
    rejected = story.owes("eu_ctr")["eu_susar_fatal"]
    assert rejected == replace(handed, state="open")
    story.sent("2026-06-08", "EU", "fatal")
    assert story.states("eu_ctr")["eu_susar_fatal"] == "submitted"


def test_what_was_not_reportable_and_becomes_so_counts_from_that_information() -> None:
    story = Story().report("2026-06-01", "hospitalisation").expectedness("2026-06-01", True)
    assert story.owes("eu_ctr") == {}
    story.expectedness("2026-06-20", False)
    for rules in PREFIX:
        found = story.owes(rules)[f"{PREFIX[rules]}_susar_other"]
        assert found.day_zero == date(2026, 6, 20)


def test_a_downgrade_before_the_report_ends_the_obligation_and_says_why() -> None:
    story = Story().report("2026-06-01", "hospitalisation").expectedness("2026-06-04", True)
    assert story.owes("eu_ctr") == {}
    (closed,) = story.classify("eu_ctr").obligations
    assert closed.state == "superseded"
    assert "No longer owed since a judgement of expectedness" in closed.reason


def test_a_downgrade_after_the_report_owes_a_last_follow_up_and_no_nullification() -> None:
    story = Story().susar("2026-06-01").sent("2026-06-10", "EU", "other")
    story.expectedness("2026-06-20", True)
    assert dues(story.owes("eu_ctr")) == {"eu_downgrade": "2026-07-05"}
    assert "eu_nullification" not in story.states("eu_ctr")


def test_an_upgrade_after_the_report_has_a_clock_of_its_own() -> None:
    story = Story().susar("2026-06-01").sent("2026-06-10", "EU", "other")
    story.seriousness("2026-06-20", "death", True)
    assert dues(story.owes("eu_ctr"))["eu_susar_fatal"] == "2026-06-27"
    # A second event of the case that turns out reportable is an upgrade too.
    story = Story().susar("2026-06-01").sent("2026-06-10", "EU", "other")
    story.report("2026-06-20", "disability", event="2")
    assert dues(story.owes("eu_ctr")) == {"eu_susar_other": "2026-07-05"}


def test_a_nullified_case_owes_its_nullification_to_whom_it_was_reported_and_nothing_else() -> None:
    story = Story().susar("2026-06-01").sent("2026-06-10", "EU", "other")
    story.tell("nullification", "2026-06-20", reason="duplicate", duplicate_of="X-0001")
    assert dues(story.owes("eu_ctr")) == {"eu_nullification": "2026-07-05"}
    assert story.owes("us_ind") == {}


@pytest.mark.parametrize("ended", ["serious", "nullification"])
def test_what_takes_back_a_report_without_an_answer_is_owed_until_the_report_is_rejected(
    ended: str,
) -> None:
    story = Story().susar("2026-06-01").sent("2026-06-05", "EU", "other", accepted=None)
    if ended == "serious":
        clock = "eu_downgrade"
        story.tell("serious", "2026-06-08", event="1", serious=False)
    else:
        clock = "eu_nullification"
        story.tell("nullification", "2026-06-08", reason="invalid", duplicate_of=None)
    owed = story.owes("eu_ctr")
    assert dues(owed) == {clock: "2026-06-23"}
    assert owed[clock].provisional
    assert "not answered yet" in owed[clock].reason
    accepted, rejected = deepcopy(story), deepcopy(story)
    for told, answer in ((accepted, True), (rejected, False)):
        told.tell("acknowledgement", "2026-06-09", submission="EU/2026-06-05", accepted=answer)
    assert not accepted.owes("eu_ctr")[clock].provisional
    assert dues(accepted.owes("eu_ctr")) == dues(owed)
    assert rejected.owes("eu_ctr") == {}
