from datetime import UTC, datetime

import pytest

from infra.topology.errors import ScheduleError, ScheduleExhaustedError
from infra.topology.schedule import next_fire

MAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "every day",
        "at(2026-05-01T00:00:00)",
        "rate(0 minutes)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(-5 minutes)",
        "rate(1.5 hours)",
        "rate(5 weeks)",
        "rate( 5 minutes)",
        "RATE(5 minutes)",
        "cron(0 2 * * *)",
        "cron(0 2 * * ? * *)",
        "cron(0  2 * * ? *)",
        "cron(0 2 * * * *)",
        "cron(0 2 ? * ? *)",
        "cron(0 2 1 * 1 *)",
        "cron(? 2 * * ? *)",
        "cron(60 2 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 2 0 * ? *)",
        "cron(0 2 32 * ? *)",
        "cron(0 2 1 13 ? *)",
        "cron(0 2 ? * 0 *)",
        "cron(0 2 ? * 8 *)",
        "cron(0 2 1 * ? 1969)",
        "cron(0 2 1 * ? 2200)",
        "cron(0 2 L * ? *)",
        "cron(0 2 15W * ? *)",
        "cron(0 2 ? * 2#1 *)",
        "cron(0 2 ? * 6L *)",
        "cron(0 2 ? * */2 *)",
        "cron(0 2 ? * FRI-MON *)",
        "cron(30-10 2 * * ? *)",
        "cron(0/0 2 * * ? *)",
        "cron(0/60 2 * * ? *)",
        "cron(0, 2 * * ? *)",
        "cron(,0 2 * * ? *)",
        "cron(1- 2 * * ? *)",
        "cron(-1 2 * * ? *)",
        "cron(0 2 1 Jan ? *)",
        "cron(0 2 1 MON ? *)",
        "cron(0 2 30 FEB ? *)",
        "cron(0 2 31 4,6,9,11 ? *)",
        "cron(\u0660 2 * * ? *)",
        "cron(0 2 * * ? *)\n",
    ],
)
def test_a_malformed_or_unsupported_expression_is_refused(expression: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        next_fire(expression, "UTC", MAY)
    assert not isinstance(refused.value, ScheduleExhaustedError)


@pytest.mark.parametrize("timezone", ["", "Europe/Atlantis", "/etc/localtime", "../UTC", "Europe"])
def test_an_unknown_time_zone_is_refused(timezone: str) -> None:
    with pytest.raises(ScheduleError, match="time zone"):
        next_fire("rate(1 day)", timezone, MAY)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ScheduleError, match="aware"):
        next_fire("rate(1 day)", "UTC", datetime(2026, 5, 1))  # noqa: DTZ001


def test_a_schedule_whose_years_are_over_is_exhausted() -> None:
    with pytest.raises(ScheduleExhaustedError):
        next_fire("cron(0 0 1 1 ? 2020-2024)", "UTC", MAY)
