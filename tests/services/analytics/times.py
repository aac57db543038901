"""Children of the shipped trial, by study day, and their times."""

from datetime import date, timedelta

from services.analytics.domain.endpoint_times import EndpointTime, endpoint_times
from services.analytics.domain.study_data import KeptRecord
from shared.study import StudyDefinition
from shared.study.endpoints import TimeToEventEndpoint
from tests.services.analytics.dated import DAY0, FAR, one
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")


def day(number: int) -> date:
    """Study day: randomization is day 1."""
    return DAY0 + timedelta(days=number - 1)


def endpoint(paramcd: str, definition: StudyDefinition = NCT) -> TimeToEventEndpoint:
    found = definition.endpoint(paramcd)
    assert isinstance(found, TimeToEventEndpoint)
    return found


def time_of(paramcd: str, *records: KeptRecord, cutoff: date = FAR) -> EndpointTime:
    (found,) = endpoint_times(NCT, endpoint(paramcd), "ITT", [one(NCT, records, cutoff)], cutoff)
    return found
