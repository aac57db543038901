"""The replayed trial: published weeks come back as days between records, censoring included."""

from datetime import date, timedelta

from shared.study import StudyDefinition
from shared.study.derivation import Record, anchor_dates, occurrence
from tests.shared.study.test_shipped import read_remissions


def test_every_published_remission_is_one_event_or_one_censoring_date(
    freireich: StudyDefinition,
) -> None:
    allocated = date(1960, 1, 4)
    for row in read_remissions():
        weeks, relapsed = int(row["remission_weeks"]), row["relapsed"] == "1"
        seen = allocated + timedelta(weeks=weeks)
        records = [Record("remission_status", "1", {"status_date": seen, "relapsed": relapsed})]
        anchors = anchor_dates(freireich, records, allocated)
        event, censored = (
            occurrence(freireich, freireich.event_source(source), records, anchors)
            for source in ("relapse", "last_seen_in_remission")
        )
        assert (event is not None, censored is not None) == (relapsed, not relapsed)
        found = event or censored
        assert found is not None
        assert (found.date - anchors["randomization"]).days == 7 * weeks
