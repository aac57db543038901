"""SQL of interim looks that were held: closed, and never changed."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import text

from services.analytics.domain.looks_held import HeldLook
from shared.database.unit_of_work import UnitOfWork, advisory_key

Row = Mapping[str, Any]

_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
# What a look rests on, of each comparison of the run.
_STANDING = text("""
    SELECT i.endpoint, i.result ->> 'contrast' AS contrast,
           CAST(i.result -> 'convention' ->> 'information' AS integer) AS information,
           i.result -> 'convention' ->> 'information_unit' AS information_unit,
           CAST(i.result -> 'convention' ->> 'planned' AS integer) AS planned,
           CAST(z.result ->> 'value' AS double precision) AS z
    FROM analytics.result_closed i
    JOIN analytics.result_closed z
      ON z.run_id = i.run_id AND z.endpoint = i.endpoint
     AND z.result ->> 'statistic' = 'interim_z'
     AND z.result ->> 'contrast' = i.result ->> 'contrast'
    WHERE i.study_id = :study AND i.run_id = CAST(:run AS uuid)
      AND i.result ->> 'statistic' = 'interim_information'
    ORDER BY i.sort_key
""")
_LIST = text("""
    SELECT number, contrast, endpoint, CAST(run_id AS text) AS run_id, data_cutoff, held_on,
           information, information_unit, planned, z, decision, reason, recorded_by, recorded_at,
           salt
    FROM analytics.look WHERE study_id = :study
    ORDER BY number, contrast COLLATE "C"
""")
_ADD = text("""
    INSERT INTO analytics.look (study_id, number, contrast, endpoint, run_id, data_cutoff, held_on,
        information, information_unit, planned, z, decision, reason, recorded_by, recorded_at,
        salt)
    VALUES (:study, :number, :contrast, :endpoint, CAST(:run AS uuid), :data_cutoff, :held_on,
        :information, :information_unit, :planned, :z, :decision, :reason, :by, :at,
        CAST(:salt AS uuid))
""")


def lock_looks(work: UnitOfWork) -> None:
    """Let one look of the study be recorded at a time."""
    work.execute(_LOCK, key=advisory_key(f"analytics look\x1f{work.study}"))


def standing_of(work: UnitOfWork, run: str) -> list[Row]:
    """Where each comparison stood between looks in a run; empty without a plan of looks."""
    found = work.execute(_STANDING, study=work.study, run=run).mappings()
    return [dict(row) for row in found]


def list_looks(work: UnitOfWork) -> list[Row]:
    """Every look held, a row a comparison, in their order."""
    return [dict(row) for row in work.execute(_LIST, study=work.study).mappings()]


def looks_held(work: UnitOfWork, as_of: datetime | None = None) -> tuple[HeldLook, ...]:
    """The same as a night takes them; with ``as_of`` those recorded by then."""
    return tuple(
        HeldLook(
            row["number"], row["endpoint"], row["contrast"], row["held_on"], row["data_cutoff"],
            row["information"], row["z"], row["decision"],
        )
        for row in list_looks(work)
        if as_of is None or row["recorded_at"] <= as_of
    )  # fmt: skip


def add_look(work: UnitOfWork, standing: Row, **told: int | str | date) -> None:
    """Keep a look at one comparison."""
    work.execute(_ADD, study=work.study, at=work.now, **standing, **told)
