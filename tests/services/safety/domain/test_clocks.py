"""Day 0 and due dates."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.safety.domain.clocks import Obligation, obligations, weekend_warning
from shared.study import StudyDefinition
from shared.study.loading import load_definition, shipped_definitions
from shared.study.safety import CalendarDaysClock, Safety
from tests.services.safety.domain.cases import by_clock, complete, local, shipped

CASE = uuid.UUID(int=7)


def owed(*reports, definition: StudyDefinition | None = None) -> dict[str, Obligation]:
    return by_clock(obligations(CASE, definition or shipped(), reports))


@pytest.mark.parametrize(
    ("received", "zone", "criterion", "clock", "day_zero", "due_on"),
    [
        # Regulation (EU) 536/2014 Annex III: 7 days for a fatal SUSAR, 8 more to complete it.
        ("2026-04-02T10:00", "Europe/Paris", "death", "eu_susar_fatal", "2026-04-02", "2026-04-09"),
        (
            "2026-04-02T10:00", "Europe/Paris", "death", "eu_susar_fatal_completion", "2026-04-02",
            "2026-04-17",
        ),
        # 23:30 in New York is 04:30 of the next day in UTC.
        (
            "2026-02-20T23:30", "America/New_York", "hospitalisation", "eu_susar_other",
            "2026-02-20", "2026-03-07",
        ),
        # A leap day lies in the window.
        (
            "2028-02-20T12:00", "Europe/Paris", "hospitalisation", "eu_susar_other", "2028-02-20",
            "2028-03-06",
        ),
        # One minute past midnight belongs to the new day, although UTC is still in the old one.
        (
            "2026-03-10T00:01", "Asia/Tokyo", "hospitalisation", "eu_susar_other", "2026-03-10",
            "2026-03-25",
        ),
    ],
)  # fmt: skip
def test_day_zero_is_the_receivers_calendar_date_and_days_are_counted_from_it(
    received: str, zone: str, criterion: str, clock: str, day_zero: str, due_on: str
) -> None:
    found = owed(complete(received, criterion, zone=zone))[clock]
    assert (found.day_zero, found.due_on) == (
        date.fromisoformat(day_zero),
        date.fromisoformat(due_on),
    )


def test_a_due_day_ends_at_its_local_end_on_both_sides_of_a_change_of_clocks() -> None:
    prague = complete("2026-10-20T09:00", "death", zone="Europe/Prague")
    due = owed(prague)["eu_susar_fatal"].due_at
    # Summer time ends on 25 October: the day of 27 October ends an hour later in UTC.
    assert due == datetime(2026, 10, 27, 22, 59, 59, tzinfo=UTC)
    assert due.astimezone(ZoneInfo("Europe/Prague")).hour == 23
    earlier = complete("2026-10-13T09:00", "death", zone="Europe/Prague")
    assert owed(earlier)["eu_susar_fatal"].due_at == datetime(2026, 10, 20, 21, 59, 59, tzinfo=UTC)


def test_elapsed_hours_are_hours_and_not_wall_clock_readings() -> None:
    report = complete("2026-10-24T12:00", zone="Europe/Prague")
    due = owed(report)["site_to_sponsor"]
    # The night of 25 October has 25 hours: 24 hours later the clock on the wall shows 11.
    assert due.due_at.astimezone(ZoneInfo("Europe/Prague")).hour == 11
    assert (due.due_at - report.aware_at.astimezone(UTC)).total_seconds() == 24 * 3600


def test_the_site_clock_counts_from_awareness_and_not_from_receipt() -> None:
    report = replace(complete("2026-04-02T10:00"), aware_at=local("2026-04-01T08:00"))
    assert owed(report)["site_to_sponsor"].due_at == local("2026-04-02T08:00").astimezone(UTC)
    assert owed(report)["eu_susar_other"].day_zero == date(2026, 4, 2)


def test_a_due_date_on_a_weekend_is_warned_of_and_not_moved() -> None:
    due = owed(complete("2026-02-20T12:00"))["eu_susar_other"]
    assert due.due_on == date(2026, 3, 7)
    assert weekend_warning(due.due_on) == (
        "Falls on a Saturday and is not moved: send by Friday 2026-03-06."
    )
    assert weekend_warning(date(2026, 3, 8)) == (
        "Falls on a Sunday and is not moved: send by Friday 2026-03-06."
    )
    assert weekend_warning(date(2026, 3, 6)) is None
    assert weekend_warning(date(2026, 3, 9)) is None


def test_a_case_that_is_not_fatal_has_the_15_day_clock_and_not_the_7_day_one() -> None:
    assert set(owed(complete("2026-06-01T09:00"))) == {"site_to_sponsor", "eu_susar_other"}
    assert set(owed(complete("2026-06-01T09:00", "life_threatening"))) == {
        "site_to_sponsor",
        "eu_susar_fatal",
        "eu_susar_fatal_completion",
    }


@pytest.mark.parametrize(
    ("learned", "seven_days", "governing"),
    [
        ("2026-06-11T09:00", "2026-06-18", "2026-06-16"),
        ("2026-06-03T09:00", "2026-06-10", "2026-06-10"),
    ],
)
def test_a_fatal_outcome_learned_later_starts_its_own_clock_and_the_earlier_due_date_governs(
    learned: str, seven_days: str, governing: str
) -> None:
    found = owed(complete("2026-06-01T09:00"), complete(learned, "hospitalisation", "death"))
    assert found["eu_susar_fatal"].day_zero == local(learned).date()
    assert found["eu_susar_fatal"].due_on == date.fromisoformat(seven_days)
    assert found["eu_susar_other"].due_on == date(2026, 6, 16)
    expedited = [each.due_on for name, each in found.items() if name.startswith("eu_susar_")]
    assert min(expedited) == date.fromisoformat(governing)


def test_day_zero_is_the_day_on_which_the_last_minimum_criterion_arrived() -> None:
    first = replace(complete("2026-06-01T09:00"), suspect_product=None, reporter=None)
    third = replace(first, received_at=local("2026-06-03T09:00"), reporter="Dr Reporter")
    fourth = complete("2026-06-04T09:00")
    found = owed(first, third, fourth)["eu_susar_other"]
    assert found.day_zero == date(2026, 6, 4)
    assert "Minimum criteria missing" not in found.reason


def test_missing_minimum_criteria_hide_no_clock_it_runs_from_receipt_and_says_what_is_missing() -> (
    None
):
    found = owed(replace(complete("2026-06-01T09:00"), suspect_product=None))["eu_susar_other"]
    assert found.provisional
    assert found.day_zero == date(2026, 6, 1)
    assert "Minimum criteria missing: suspect_product." in found.reason


def test_missing_judgements_hide_no_clock_and_delay_no_day_zero() -> None:
    found = owed(complete("2026-06-01T09:00"))["eu_susar_other"]
    assert found.provisional
    assert "suspected, unexpected" in found.reason
    assert not owed(complete("2026-06-01T09:00"))["site_to_sponsor"].provisional


def test_a_serious_case_without_any_criterion_leaves_open_that_the_child_died() -> None:
    unsaid = replace(complete("2026-06-01T09:00"), seriousness=())
    assert {"eu_susar_fatal", "eu_susar_other"} <= set(owed(unsaid))
    assert "death" in owed(unsaid)["eu_susar_fatal"].reason


def test_a_case_that_is_said_not_to_be_serious_any_more_still_owes_what_it_owed() -> None:
    serious = complete("2026-06-01T09:00")
    downgraded = replace(complete("2026-06-05T09:00"), serious=False, seriousness=())
    assert owed(serious, downgraded).keys() == owed(serious).keys()
    assert owed(downgraded) == {}


def test_a_clock_that_asks_for_certainty_does_not_run_on_what_nobody_has_said() -> None:
    definition = _with_clocks(
        lambda clock: clock.model_copy(update={"provisional_when_undetermined": False})
    )
    assert set(owed(complete("2026-06-01T09:00"), definition=definition)) == {"site_to_sponsor"}


def test_the_number_of_days_comes_from_the_definition() -> None:
    definition = _with_clocks(
        lambda clock: (
            clock.model_copy(update={"days": 3}) if isinstance(clock, CalendarDaysClock) else clock
        )
    )
    due = owed(complete("2026-06-01T09:00"), definition=definition)["eu_susar_other"]
    assert due.due_on == date(2026, 6, 4)


def test_every_obligation_names_its_rule_and_who_has_verified_it() -> None:
    for each in owed(complete("2026-06-01T09:00", "death")).values():
        assert each.rule_version == shipped().version
        assert each.regulation
        assert each.authority
        assert each.verified_by is None


def test_obligations_come_earliest_due_first_and_their_ids_are_the_same_every_time() -> None:
    reports = [complete("2026-06-01T09:00", "death")]
    once, twice = (obligations(CASE, shipped(), reports) for _ in range(2))
    assert once == twice
    assert [each.due_at for each in once] == sorted(each.due_at for each in once)
    other = obligations(uuid.UUID(int=8), shipped(), reports)
    assert not {each.obligation_id for each in once} & {each.obligation_id for each in other}


def test_a_study_without_a_safety_section_has_no_clocks_to_ask_for() -> None:
    definition = load_definition(shipped_definitions()["freireich-1963"])
    with pytest.raises(ValueError, match="no reporting clocks"):
        obligations(CASE, definition, [complete("2026-06-01T09:00")])


def _with_clocks(change) -> StudyDefinition:
    safety = shipped().safety
    assert isinstance(safety, Safety)
    clocks = tuple(change(clock) for clock in safety.clocks)
    return shipped().model_copy(update={"safety": safety.model_copy(update={"clocks": clocks})})
