"""SQL that counts: times of endpoints go in by subject, and come out by arm, stratum and day.

Row-level security refuses COPY, so rows go in as arrays.
"""

import json
from collections.abc import Sequence

from sqlalchemy import text

from services.analytics.domain.tally import Cell, CountKey, EndpointRecord
from shared.database.unit_of_work import UnitOfWork

_ATTEMPT = text("""
    SELECT coalesce(max(attempt), 0) + 1 AS attempt FROM analytics.endpoint_time
    WHERE study_id = :study AND run_id = CAST(:run AS uuid)
""")
_STORE = text("""
    INSERT INTO analytics.endpoint_time (run_id, attempt, study_id, paramcd, population, subject_id,
        arm, stratum, aval, cause, levels)
    SELECT CAST(:run AS uuid), :attempt, :study, paramcd, population, subject, arm, stratum, aval,
           cause, CAST(levels AS jsonb)
    FROM unnest(CAST(:paramcd AS text[]), CAST(:population AS text[]), CAST(:subject AS text[]),
                CAST(:arm AS text[]), CAST(:stratum AS text[]), CAST(:aval AS integer[]),
                CAST(:cause AS smallint[]), CAST(:levels AS text[]))
         AS sent (paramcd, population, subject, arm, stratum, aval, cause, levels)
""")
# The benchmark of the night counts by these very words.
COUNT = """
    SELECT arm, stratum, aval,
           count(*) FILTER (WHERE cause = 1) AS events,
           count(*) FILTER (WHERE cause = 2) AS competing,
           count(*) FILTER (WHERE cause = 0) AS censored
    FROM analytics.endpoint_time
    WHERE study_id = :study AND run_id = CAST(:run AS uuid) AND attempt = :attempt
      AND paramcd = :paramcd AND population = :population
    GROUP BY arm, stratum, aval
"""
_COUNT = text(COUNT)
_COUNT_BY_LEVEL = text("""
    SELECT levels ->> :subgroup AS level, arm, stratum, aval,
           count(*) FILTER (WHERE cause = 1) AS events,
           count(*) FILTER (WHERE cause = 2) AS competing,
           count(*) FILTER (WHERE cause = 0) AS censored
    FROM analytics.endpoint_time
    WHERE study_id = :study AND run_id = CAST(:run AS uuid) AND attempt = :attempt
      AND paramcd = :paramcd AND population = :population
      AND levels ->> :subgroup IS NOT NULL
    GROUP BY levels ->> :subgroup, arm, stratum, aval
""")


def next_attempt(work: UnitOfWork, run: str) -> int:
    """The number of this attempt at a run; one of a study is at work at a time."""
    (row,) = work.all(_ATTEMPT, study=work.study, run=run)
    return int(row["attempt"])


def store(work: UnitOfWork, run: str, attempt: int, records: Sequence[EndpointRecord]) -> None:
    """Keep the times of a run, to be counted."""
    work.send(
        _STORE,
        study=work.study,
        run=run,
        attempt=attempt,
        paramcd=[each.endpoint for each in records],
        population=[each.population for each in records],
        subject=[each.subject for each in records],
        arm=[each.arm for each in records],
        stratum=[each.stratum for each in records],
        aval=[each.days for each in records],
        cause=[each.cause for each in records],
        levels=[json.dumps(dict(each.levels)) for each in records],
    )


def count(work: UnitOfWork, run: str, attempt: int, asked: Sequence[CountKey]) -> list[list[Cell]]:
    """The counts of each that is asked for, all in one trip."""
    wanted = [
        (
            _COUNT if each.subgroup is None else _COUNT_BY_LEVEL,
            {
                "study": work.study,
                "run": run,
                "attempt": attempt,
                "paramcd": each.endpoint,
                "population": each.population,
            }
            | ({} if each.subgroup is None else {"subgroup": each.subgroup}),
        )
        for each in asked
    ]
    return [
        [
            Cell(row.get("level", ""), row["arm"], row["stratum"], row["aval"], row["events"],
                 row["competing"], row["censored"])
            for row in rows
        ]
        for rows in work.together(*wanted)
    ]  # fmt: skip
