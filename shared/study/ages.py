"""Age in completed years, of a child whose birth is known in part."""

from datetime import date

from shared.study.dates import PartialDate


def completed_years(born: PartialDate, on: date) -> int | None:
    """The age on a day; None where the part of the date that is missing decides.

    The day of birth is not kept. In tables and reports the birthday counts as past in the month of
    birth: what is decided by an age asks both ends of that month instead.
    """
    ages = {_years(born, day, on) for day in (born.earliest, born.latest)}
    return ages.pop() if len(ages) == 1 else None


def _years(born: PartialDate, day: date, on: date) -> int:
    ahead = (on.month, on.day) < (day.month, day.day)
    if born.precision != "day":
        ahead = on.month < day.month
    return on.year - day.year - ahead
