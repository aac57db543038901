"""SQL of runs that are asked for and of results that are read; see also run_repository."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]
OutputClass = Literal["open", "closed"]

_RUN = """
    SELECT CAST(run_id AS text) AS run_id, study_id, number, cutoff, as_of, nightly, state,
           requested_at, started_at, read_at, finished_at, definition_version, inputs_hash,
           code_version, manifest_key, failure
    FROM analytics.run
"""
_FIND_RUN = text(_RUN + " WHERE study_id = :study AND run_id = CAST(:run AS uuid)")
_ADD_RUN = text("""
    INSERT INTO analytics.run (study_id, cutoff, nightly, as_of, state, requested_at)
    VALUES (:study, :cutoff, :nightly, :as_of, 'pending', :at)
    ON CONFLICT (study_id, cutoff) WHERE nightly DO NOTHING
    RETURNING CAST(run_id AS text) AS run_id
""")
_LATEST_DAY = text("""
    SELECT coalesce(max(CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date)),
                    CAST(CAST(:now AS timestamptz) AT TIME ZONE 'UTC' AS date)) AS day
    FROM randomization.site_read WHERE study_id = :study
""")
_CURRENT = text("""
    SELECT CAST(run_id AS text) AS run_id FROM analytics.publication WHERE study_id = :study
""")
# Something newer should be there: a run asked for later, with no earlier cutoff, failed, or,
# where a page of another run is read, was published. A run as of the past is never newer.
_STALE = text("""
    SELECT EXISTS (
        SELECT FROM analytics.run newer
        WHERE newer.study_id = :study AND newer.number > :number AND newer.cutoff >= :cutoff
          AND newer.state = 'failed' AND newer.failure <> 'superseded' AND newer.as_of IS NULL)
      OR :run IS DISTINCT FROM (
        SELECT CAST(run_id AS text) FROM analytics.publication WHERE study_id = :study)
      AS stale
""")
_NEWEST = text(_RUN + """
    WHERE study_id = :study AND number > :number AND state <> 'published'
      AND failure IS DISTINCT FROM 'superseded' AND as_of IS NULL
    ORDER BY number DESC LIMIT 1
""")  # fmt: skip
_PROGRESS = text("""
    SELECT number, stage, reached_at, words FROM analytics.progress
    WHERE study_id = :study AND run_id = CAST(:run AS uuid) ORDER BY number
""")
_LIST_RUNS = text(_RUN + """
    WHERE study_id = :study AND number < :before
      AND (CAST(:state AS text) IS NULL OR state = :state)
    ORDER BY number DESC LIMIT :limit
""")  # fmt: skip
# A result's id holds names and signs; its digest stands in an address.
_RESULT = """
    SELECT sort_key, result,
           left(encode(sha256(convert_to(result_id, 'UTF8')), 'hex'), 32) AS id
    FROM analytics.{table}
    WHERE study_id = :study AND run_id = CAST(:run AS uuid)
"""
_RESULTS = _RESULT + """
      AND sort_key > :after
      AND (CAST(:endpoint AS text) IS NULL OR endpoint = :endpoint)
      AND (CAST(:statistic AS text) IS NULL OR result ->> 'statistic' = :statistic)
      AND (CAST(:population AS text) IS NULL OR result ->> 'population' = :population)
    ORDER BY sort_key LIMIT :limit
"""  # fmt: skip
_ONE_RESULT = _RESULT + """
      AND left(encode(sha256(convert_to(result_id, 'UTF8')), 'hex'), 32) = :id
"""  # fmt: skip
_READ: Mapping[OutputClass, Any] = {
    "open": text(_RESULTS.format(table="result_open")),
    "closed": text(_RESULTS.format(table="result_closed")),
}
_FIND_RESULT: Mapping[OutputClass, Any] = {
    "open": text(_ONE_RESULT.format(table="result_open")),
    "closed": text(_ONE_RESULT.format(table="result_closed")),
}
_ARTEFACT = """
    SELECT name, output_class, media_type, object_key, sha256, size FROM analytics.artefact
    WHERE study_id = :study AND run_id = CAST(:run AS uuid)
"""
_FIND_ARTEFACT = text(_ARTEFACT + " AND output_class = :output_class AND name = :name")
_LIST_ARTEFACTS = text(_ARTEFACT + ' ORDER BY output_class COLLATE "C" DESC, name COLLATE "C"')
_MODE = text("SELECT mode FROM platform.study WHERE study_id = :study")
_AS_OPEN_READER = text("SET LOCAL ROLE induct_analytics_open")
_STUDIES = text("SELECT studies FROM analytics.studies()")


def studies(connection: Connection) -> list[str]:
    """The studies of this deployment; those closed to enrolment are followed up as well."""
    return list(connection.execute(_STUDIES).scalars())


def read_as_blinded(work: UnitOfWork) -> None:
    """Go on, to the end of the transaction, as the role that is granted nothing closed."""
    work.send(_AS_OPEN_READER)


def is_live(work: UnitOfWork) -> bool:
    """Whether the study holds real participants."""
    row = work.one(_MODE, study=work.study)
    return row is not None and row["mode"] == "live"


def latest_day(work: UnitOfWork, at: datetime) -> date:
    """The day at an instant at the site whose day is the latest; in UTC where there is no site."""
    (row,) = work.all(_LATEST_DAY, study=work.study, now=at)
    found: date = row["day"]
    return found


def add_run(
    work: UnitOfWork, cutoff: date, *, nightly: bool, as_of: datetime | None = None
) -> str | None:
    """The id of a new run; None where the night of that cutoff was asked for before."""
    row = work.one(
        _ADD_RUN, study=work.study, cutoff=cutoff, nightly=nightly, as_of=as_of, at=work.now
    )
    return None if row is None else str(row["run_id"])


def find_run(work: UnitOfWork, run: str) -> Row | None:
    return work.one(_FIND_RUN, study=work.study, run=run)


def current_run(work: UnitOfWork) -> str | None:
    """The run that readers see, None before the first."""
    row = work.one(_CURRENT, study=work.study)
    return None if row is None else str(row["run_id"])


def is_stale(work: UnitOfWork, run: Row) -> bool:
    """Whether something newer than this published run should be there, or is."""
    found = work.execute(
        _STALE, study=work.study, run=run["run_id"], number=run["number"], cutoff=run["cutoff"]
    )
    return bool(found.scalar_one())


def newest_unpublished(work: UnitOfWork, run: Row) -> Row | None:
    """The last run asked for after this one that is not published."""
    return work.one(_NEWEST, study=work.study, number=run["number"])


def list_results(
    work: UnitOfWork,
    run: str,
    output_class: OutputClass,
    *,
    wanted: Mapping[str, str | None],
    after: int,
    limit: int,
) -> list[Row]:
    """Rows of a run in their order; ``wanted`` has endpoint, statistic, population, or None."""
    return work.all(
        _READ[output_class],
        study=work.study,
        run=run,
        **wanted,
        after=after,
        limit=limit,
    )


def find_result(work: UnitOfWork, run: str, result: str, output_class: OutputClass) -> Row | None:
    """The row of a run by the digest of its id."""
    return work.one(_FIND_RESULT[output_class], study=work.study, run=run, id=result)


def list_runs(work: UnitOfWork, state: str | None, before: int, limit: int) -> list[Row]:
    """Runs asked for before the one of that number, the last first."""
    return work.all(_LIST_RUNS, study=work.study, state=state, before=before, limit=limit)


def progress_of(work: UnitOfWork, run: str) -> list[Row]:
    """What a run did when, the first first."""
    return work.all(_PROGRESS, study=work.study, run=run)


def find_artefact(work: UnitOfWork, run: str, name: str, output_class: OutputClass) -> Row | None:
    return work.one(_FIND_ARTEFACT, study=work.study, run=run, name=name, output_class=output_class)


def list_artefacts(work: UnitOfWork, run: str) -> list[Row]:
    """The files of a run that the caller's role may know of: row policies see to that."""
    return work.all(_LIST_ARTEFACTS, study=work.study, run=run)
