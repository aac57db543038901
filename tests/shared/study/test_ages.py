"""An age in completed years is told where the known part of the birth date decides it."""

from datetime import date

import pytest

from shared.study.ages import completed_years
from shared.study.dates import PartialDate


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2015-06-15", date(2024, 6, 14), 8),
        ("2015-06-15", date(2024, 6, 15), 9),
        ("2016-02-29", date(2024, 2, 28), 7),
        ("2016-02-29", date(2023, 3, 1), 7),
        ("2015-06", date(2024, 5, 31), 8),
        ("2015-06", date(2024, 6, 1), 9),
        ("2015-12", date(2024, 1, 1), 8),
        ("2015", date(2024, 6, 1), None),
    ],
)
def test_the_birthday_counts_as_past_in_a_month_of_birth_without_a_day(
    born: str, on: date, age: int | None
) -> None:
    assert completed_years(PartialDate.parse(born), on) == age
