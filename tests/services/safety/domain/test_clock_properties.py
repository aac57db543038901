"""What holds for the clocks of any case."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.safety.domain.case import Report
from services.safety.domain.clocks import obligations
from tests.services.safety.domain.cases import shipped

CASE = uuid.UUID(int=7)
ZONES = ("Europe/Paris", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Asia/Kathmandu")
CRITERIA = ("death", "life_threatening", "hospitalisation", "disability")
start = datetime(2020, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=5500)).map(start.__add__)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    return Report(
        serious=True,
        seriousness=tuple(draw(st.sets(st.sampled_from(CRITERIA)))),
        aware_at=draw(instants),
        received_at=draw(instants),
        received_zone=draw(st.sampled_from(ZONES)),
        event_term="Event",
        reporter=draw(st.sampled_from([None, "Dr Reporter"])),
        suspect_product=draw(st.sampled_from([None, "INO"])),
    )


@settings(deadline=None)
@given(reports())
def test_a_calendar_due_date_is_day_zero_plus_its_days_to_the_end_of_the_local_day(
    report: Report,
) -> None:
    days = {"eu_susar_fatal": 7, "eu_susar_fatal_completion": 15, "eu_susar_other": 15}
    for each in obligations(CASE, shipped(), [report]):
        zone = ZoneInfo(each.zone)
        if each.clock_id in days:
            assert each.day_zero == report.received_at.astimezone(zone).date()
            assert each.due_on - each.day_zero == timedelta(days=days[each.clock_id])
            assert each.due_at.astimezone(zone).time() == time(23, 59, 59)
        assert each.due_at.astimezone(zone).date() == each.due_on


@settings(deadline=None)
@given(reports(), st.sets(st.sampled_from(CRITERIA)), st.timedeltas(timedelta(0), timedelta(60)))
def test_a_worse_fact_never_postpones_the_governing_due_date(
    report: Report, worse: set[str], later: timedelta
) -> None:
    before = obligations(CASE, shipped(), [report])
    follow_up = replace(
        report,
        seriousness=tuple({*report.seriousness, *worse}),
        received_at=report.received_at + later,
        aware_at=report.aware_at + later,
    )
    after = obligations(CASE, shipped(), [report, follow_up])
    assert {each.obligation_id for each in before} <= {each.obligation_id for each in after}
    assert min(each.due_at for each in after) <= min(each.due_at for each in before)


@settings(deadline=None)
@given(reports())
def test_a_serious_case_is_never_without_a_due_date(report: Report) -> None:
    assert obligations(CASE, shipped(), [report])
