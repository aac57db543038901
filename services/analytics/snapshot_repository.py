"""SQL that reads a study's data for a run, through the read views, as of one instant."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text

from services.analytics import look_repository
from services.analytics.domain.study_data import (
    Allocated,
    KeptRecord,
    Refusal,
    Registered,
    StudyData,
)
from services.analytics.errors import BadData
from services.analytics.statements_repository import AS_OF, EVERYTHING
from shared.database.unit_of_work import Origin, UnitOfWork, begin

_TAKEN = text("""
    SELECT clock_timestamp() AS read_at, CAST(pg_current_snapshot() AS text) AS snapshot
""")


@dataclass(frozen=True, slots=True)
class Taken:
    """A snapshot: all that it shows was recorded by ``read_at``, and ``snapshot`` is its name."""

    read_at: datetime
    snapshot: str


@contextmanager
def snapshot(engine: Engine, origin: Origin) -> Iterator[UnitOfWork]:
    """A transaction that reads everything as of one instant, and can write nothing."""
    with engine.connect() as connection:
        still = connection.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        with begin(still, origin) as work:
            yield work


def taken(work: UnitOfWork) -> Taken:
    """Which snapshot the transaction reads."""
    (row,) = work.all(_TAKEN)
    return Taken(**row)


def read_study(work: UnitOfWork, as_of: datetime | None = None) -> StudyData:
    """All that a run reads, in canonical order; with ``as_of`` what was recorded by that instant.

    Raises ``BadData`` where an allocated subject's site has no time zone.
    """
    sql = EVERYTHING if as_of is None else AS_OF
    told = {"study": work.study} | ({} if as_of is None else {"as_of": as_of})
    allocated = tuple(_allocated(row) for row in work.execute(sql.allocations, **told).mappings())
    registered = {
        row["subject_id"]: Registered(row["consented_on"], row["site_id"])
        for row in work.execute(sql.subjects, **told).mappings()
    }
    items = work.execute(sql.items, **told).mappings()
    records = (_record(list(rows)) for _, rows in groupby(items, key=_place))
    # A record all of whose values were taken back says nothing any more, not even its day.
    said = tuple(each for each in records if any(v is not None for v in each.items.values()))
    refusals = tuple(
        Refusal(
            row["subject_id"],
            local_date(row["attempted_at"], row["time_zone"]),
            tuple(row["rules"]),
        )
        for row in work.execute(sql.refusals, **told).mappings()
    )
    looks = look_repository.looks_held(work, as_of)
    return StudyData(work.study, registered, allocated, said, refusals, looks)


def local_date(instant: datetime, time_zone: str) -> date:
    """The calendar date of an instant at a site."""
    return instant.astimezone(ZoneInfo(time_zone)).date()


def _allocated(row: Mapping[Any, Any]) -> Allocated:
    if row["time_zone"] is None:
        raise BadData(f"subject {row['subject_id']}: its site has no time zone")
    return Allocated(
        subject=row["subject_id"],
        site=row["site_id"],
        arm=row["arm"],
        stratum=row["stratum"],
        randomized_on=local_date(row["randomized_at"], row["time_zone"]),
        corrected_stratum=row["corrected_stratum"],
        in_error=row["in_error"],
    )


def _place(row: Mapping[Any, Any]) -> tuple[str, str, str, int]:
    return row["subject_id"], row["form"], row["visit"], row["repeat"]


def _record(rows: list[Mapping[Any, Any]]) -> KeptRecord:
    # A correction names the items it changes; the record's date is that of its last version.
    last = max(rows, key=lambda row: row["version"])
    return KeptRecord(
        subject=last["subject_id"],
        form=last["form"],
        visit=last["visit"],
        repeat=last["repeat"],
        record_id=last["record_id"],
        observed_on=last["observed_on"],
        items={row["item"]: row["value"] for row in rows},
        versions={row["item"]: row["version"] for row in rows},
    )
