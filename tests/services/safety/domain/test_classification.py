"""Classification and clocks, authority by authority: the vectors of the regulations' texts."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.safety.domain.classification import classify
from services.safety.domain.obligations import governing, weekend_warning
from tests.services.safety.domain.story import CASE, LATER, PREFIX, Story, dues, local, rule_set

THREE = tuple(PREFIX)


@pytest.mark.proves("SAF-1", kind="positive")
@pytest.mark.parametrize("rules", THREE)
def test_a_fatal_susar_is_due_seven_days_after_day_zero(rules: str) -> None:
    story = Story().susar("2026-04-02", "death")
    found = story.owes(rules)[f"{PREFIX[rules]}_susar_fatal"]
    assert (found.day_zero, found.due_on) == (date(2026, 4, 2), date(2026, 4, 9))
    assert f"{PREFIX[rules]}_susar_other" not in story.owes(rules)


def test_a_completion_is_due_eight_days_after_the_seventh_in_the_eu() -> None:
    story = Story().susar("2026-04-02", "death").sent("2026-04-07", "EU", "fatal")
    assert dues(story.owes("eu_ctr")) == {"eu_susar_fatal_completion": "2026-04-17"}


def test_a_completion_is_due_eight_days_after_the_report_as_sent_in_the_uk() -> None:
    story = Story().susar("2026-04-02", "death")
    waiting = story.owes("uk_ctr")["uk_susar_fatal_completion"]
    assert (waiting.due_on, waiting.provisional) == (date(2026, 4, 17), True)
    story.sent("2026-04-07", "UK", "fatal")
    assert dues(story.owes("uk_ctr")) == {"uk_susar_fatal_completion": "2026-04-15"}


def test_a_late_report_does_not_put_off_its_completion_in_the_uk() -> None:
    story = Story().susar("2026-04-02", "death").sent("2026-04-14", "UK", "fatal")
    assert dues(story.owes("uk_ctr")) == {"uk_susar_fatal_completion": "2026-04-17"}


def test_a_first_report_that_was_complete_leaves_nothing_to_complete() -> None:
    story = Story().susar("2026-04-02", "death").sent("2026-04-07", "EU", "fatal", complete=True)
    assert story.owes("eu_ctr") == {}
    assert story.states("eu_ctr")["eu_susar_fatal_completion"] == "superseded"


@pytest.mark.parametrize(
    ("received", "zone", "day_zero", "due_on"),
    [
        # A receipt late in the evening belongs to its local day, though UTC is in the next.
        ("2026-02-20T23:30", "America/New_York", "2026-02-20", "2026-03-07"),
        # A leap day lies in the window.
        ("2028-02-20T12:00", "Europe/Paris", "2028-02-20", "2028-03-06"),
        # One minute past midnight belongs to the new day, although UTC is still in the old one.
        ("2026-03-10T00:01", "Asia/Tokyo", "2026-03-10", "2026-03-25"),
        # Summer time begins inside the window.
        ("2026-03-20T23:59", "Europe/Paris", "2026-03-20", "2026-04-04"),
        # Half an hour of it, on the other side of the world.
        ("2026-10-03T22:00", "Australia/Lord_Howe", "2026-10-03", "2026-10-18"),
        # Fourteen hours ahead of UTC, which is in the day before.
        ("2026-06-01T00:30", "Pacific/Kiritimati", "2026-06-01", "2026-06-16"),
        ("2028-02-14T12:00", "Europe/Lisbon", "2028-02-14", "2028-02-29"),
        ("2027-02-14T12:00", "Europe/Lisbon", "2027-02-14", "2027-03-01"),
        ("2028-02-29T00:00", "Europe/Prague", "2028-02-29", "2028-03-15"),
        ("2026-12-20T12:00", "Europe/Prague", "2026-12-20", "2027-01-04"),
    ],
)
def test_day_zero_is_the_receivers_calendar_date_and_days_are_counted_from_it(
    received: str, zone: str, day_zero: str, due_on: str
) -> None:
    for rules in THREE:
        found = Story(zone).susar(received).owes(rules)[f"{PREFIX[rules]}_susar_other"]
        assert (found.day_zero.isoformat(), found.due_on.isoformat()) == (day_zero, due_on)
        assert found.due_at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S") == "23:59:59"


def test_a_due_day_ends_at_its_local_end_on_both_sides_of_a_change_of_clocks() -> None:
    after = Story("Europe/Prague").susar("2026-10-20", "death").owes("eu_ctr")["eu_susar_fatal"]
    assert after.due_at == datetime(2026, 10, 27, 22, 59, 59, tzinfo=UTC)
    before = Story("Europe/Prague").susar("2026-10-13", "death").owes("eu_ctr")["eu_susar_fatal"]
    assert before.due_at == datetime(2026, 10, 20, 21, 59, 59, tzinfo=UTC)


def test_a_due_day_whose_end_comes_twice_ends_when_it_comes_first() -> None:
    # In Cairo the last hour of 29 October 2026 is lived through twice.
    found = Story("Africa/Cairo").susar("2026-10-22T12:00", "death").owes("eu_ctr")
    assert found["eu_susar_fatal"].due_at == datetime(2026, 10, 29, 20, 59, 59, tzinfo=UTC)


def test_who_received_it_an_hour_later_but_on_an_earlier_date_moves_day_zero_forward() -> None:
    story = Story("Asia/Tokyo").susar("2026-04-02T08:00")
    assert story.owes("eu_ctr")["eu_susar_other"].day_zero == date(2026, 4, 2)
    story.tell("receipt", "2026-04-01T20:00", zone="America/New_York", party="cro", reference=None)
    found = story.owes("eu_ctr")["eu_susar_other"]
    assert (found.day_zero, found.due_on) == (date(2026, 4, 1), date(2026, 4, 16))


def test_a_due_date_on_a_weekend_is_warned_of_and_not_moved() -> None:
    found = Story("America/New_York").susar("2026-02-20T23:30").owes("us_ind")["us_susar_other"]
    assert found.due_on == date(2026, 3, 7)
    assert weekend_warning(found.due_on, found.day_zero) == (
        "Falls on a Saturday and is not moved: send by Friday 2026-03-06."
    )
    friday = date(2026, 3, 6)
    assert "Friday 2026-03-06" in str(weekend_warning(date(2026, 3, 8), friday))
    assert weekend_warning(friday, friday) is None
    assert weekend_warning(date(2026, 3, 9), friday) is None


def test_a_clock_that_begins_on_a_weekend_is_not_told_to_have_been_met_before_it() -> None:
    assert weekend_warning(date(2026, 3, 8), date(2026, 3, 7)) == (
        "Falls on a Sunday and is not moved: there is no working day before it."
    )


@pytest.mark.parametrize(
    ("learned", "seven_days", "governs"),
    [("2026-06-11", "2026-06-18", "2026-06-16"), ("2026-06-03", "2026-06-10", "2026-06-10")],
)
def test_a_death_learned_before_the_report_has_its_own_clock_and_the_earlier_date_governs(
    learned: str, seven_days: str, governs: str
) -> None:
    story = Story().susar("2026-06-01").seriousness(learned, "death", True)
    for rules in THREE:
        prefix = PREFIX[rules]
        found = dues(story.owes(rules))
        assert found[f"{prefix}_susar_other"] == "2026-06-16"
        assert found[f"{prefix}_susar_fatal"] == seven_days
        assert story.owes(rules)[f"{prefix}_susar_fatal"].day_zero.isoformat() == learned
        expected = local(f"{governs}T23:59:59")
        assert governing(story.classify(rules).obligations) == expected


def test_one_combined_report_meets_both_obligations() -> None:
    story = Story().susar("2026-06-01").seriousness("2026-06-11", "death", True)
    story.sent("2026-06-15", "EU", "fatal", "other", complete=True)
    assert story.owes("eu_ctr") == {}
    assert set(story.states("eu_ctr").values()) == {"submitted", "superseded"}


def test_day_zero_is_the_day_on_which_the_last_minimum_criterion_was_held() -> None:
    first = ("identifiable_patient", "event")
    story = Story().report("2026-06-01", "hospitalisation", criteria=first)
    early = story.owes("eu_ctr")["eu_susar_other"]
    assert (early.day_zero, early.provisional) == (date(2026, 6, 1), True)
    assert "identifiable_reporter, suspect_product" in early.reason
    for name in ("identifiable_reporter", "suspect_product"):
        story.tell("criterion", "2026-06-04", criterion=name, held=True)
    found = story.owes("eu_ctr")["eu_susar_other"]
    assert (found.day_zero, found.due_on) == (date(2026, 6, 4), date(2026, 6, 19))
    assert "missing" not in found.reason


def test_the_earliest_receipt_anywhere_counts_whenever_it_is_recorded() -> None:
    story = Story().susar("2026-04-03")
    assert story.owes("eu_ctr")["eu_susar_other"].day_zero == date(2026, 4, 3)
    story.report("2026-04-01", "hospitalisation", recorded="2026-04-05")
    found = story.owes("eu_ctr")["eu_susar_other"]
    assert (found.day_zero, found.due_on) == (date(2026, 4, 1), date(2026, 4, 16))
    yesterday = story.owes("eu_ctr", as_of=local("2026-04-04"))
    assert yesterday["eu_susar_other"].day_zero == date(2026, 4, 3)


def test_missing_judgements_hide_no_clock_and_delay_no_day_zero() -> None:
    story = Story().report("2026-06-01", "hospitalisation")
    for rules in THREE:
        found = story.owes(rules)[f"{PREFIX[rules]}_susar_other"]
        assert (found.day_zero, found.provisional) == (date(2026, 6, 1), True)
        assert "causality, expectedness" in found.reason
    story.causality("2026-06-05", "sponsor", True).expectedness("2026-06-05", False)
    found = story.owes("us_ind")["us_susar_other"]
    assert (found.day_zero, found.provisional) == (date(2026, 6, 1), False)


def test_the_sponsor_cannot_take_back_the_investigators_suspicion_in_the_eu() -> None:
    story = Story().report("2026-06-01", "hospitalisation").expectedness("2026-06-01", False)
    story.causality("2026-06-02", "investigator", True)
    story.causality("2026-06-02", "sponsor", False)
    for rules in ("eu_ctr", "uk_ctr"):
        ruled = story.classify(rules).ruled
        assert (ruled.outcome, ruled.provisional) == ("susar", False)
    assert story.classify("us_ind").ruled.outcome == "not_expedited"
    assert story.owes("us_ind") == {}
    story = Story().report("2026-06-01", "hospitalisation").expectedness("2026-06-01", False)
    story.causality("2026-06-02", "investigator", False)
    story.causality("2026-06-02", "sponsor", True)
    assert story.classify("us_ind").ruled.outcome == "susar"


def test_an_anticipated_event_is_watched_in_aggregate_in_the_us_and_reported_in_the_eu() -> None:
    story = Story().susar("2026-06-01").tell("anticipated", "2026-06-01", event="1", listed=True)
    assert story.classify("us_ind").ruled.outcome == "aggregate_watch"
    assert story.owes("us_ind") == {}
    assert "eu_susar_other" in story.owes("eu_ctr")
    # A person who takes it off the list starts the clock then and there.
    story.tell("anticipated", "2026-06-09", event="1", listed=False)
    assert story.owes("us_ind")["us_susar_other"].day_zero == date(2026, 6, 9)


def _exempt(story: Story, when: str, days: int | None, *rules: str) -> Story:
    value = {
        "event": "1", "exemption": "progression", "applies": True, "days": days,
        "unless_suspected": False,
    }  # fmt: skip
    return story.tell("exemption", when, **value, rule_sets=list(rules))


def test_a_protocol_exemption_leaves_no_obligation_and_its_reason() -> None:
    story = _exempt(Story().susar("2026-06-01"), "2026-06-01", None, "eu_ctr", "uk_ctr")
    for rules in ("eu_ctr", "uk_ctr"):
        assert story.owes(rules) == {}
        ruled = story.classify(rules).ruled
        assert ruled.outcome == "exempt"
        assert "protocol takes this event out" in ruled.reason
    assert "us_susar_other" in story.owes("us_ind")


def test_a_protocol_may_give_an_exempt_event_a_period_of_its_own() -> None:
    story = _exempt(Story().susar("2026-06-01"), "2026-06-01", 90, "uk_ctr")
    assert dues(story.owes("uk_ctr")) == {"uk_own_period": "2026-08-30"}


def test_a_serious_case_without_any_criterion_leaves_open_that_the_child_died() -> None:
    story = (
        Story()
        .tell("receipt", "2026-06-01", party="desk")
        .tell("serious", "2026-06-01", event="1", serious=True)
    )
    found = story.owes("eu_ctr")
    assert {"eu_susar_fatal", "eu_susar_other"} <= set(found)
    assert "whether it was fatal or life-threatening" in found["eu_susar_fatal"].reason


def test_expectedness_counts_only_where_that_reference_information_is_approved() -> None:
    story = Story().report("2026-06-01", "hospitalisation")
    story.expectedness("2026-06-01", True, regions=("EU",))
    assert story.classify("eu_ctr").ruled.outcome == "not_expedited"
    assert story.classify("uk_ctr").ruled.outcome == "susar"
    assert story.classify("us_ind").ruled.outcome == "susar"


def test_expectedness_judged_for_another_onset_does_not_count() -> None:
    story = Story().report("2026-06-01", "hospitalisation").expectedness("2026-06-01", True)
    story.tell("onset", "2026-06-03", event="1", on="2026-05-20")
    ruled = story.classify("eu_ctr").ruled
    assert (ruled.outcome, ruled.provisional) == ("susar", True)


def test_the_investigators_are_told_beside_the_authority_in_the_us() -> None:
    story = Story().susar("2026-06-01", "death")
    found = story.owes("us_ind")
    assert found["us_investigators"].recipient == "All participating investigators"
    assert dues(found) == {"us_susar_fatal": "2026-06-08", "us_investigators": "2026-06-16"}


def test_the_overlay_of_france_is_data_beside_the_rules_of_the_eu() -> None:
    story = Story().susar("2026-06-01", "death")
    assert dues(story.owes("fr_csp")) == {
        "fr_susar_fatal": "2026-06-02", "fr_susar_fatal_completion": "2026-06-10",
    }  # fmt: skip


def test_a_case_that_no_rule_classifies_is_called_unclassified() -> None:
    rules = rule_set("eu_ctr")
    fewer = replace(rules, verdicts=tuple(r for r in rules.verdicts if r.id != "eu_expected"))
    story = Story().report("2026-06-01", "hospitalisation").expectedness("2026-06-01", True)
    story.causality("2026-06-01", "investigator", True)
    ruled = classify(CASE, story.facts, fewer, LATER).ruled
    assert (ruled.outcome, ruled.rule_id) == ("unclassified", None)


def test_a_case_without_an_event_is_not_ruled_on() -> None:
    assert Story().tell("receipt", "2026-06-01").classify("eu_ctr").ruled is None
