"""SQL of a run's course: claimed under a lock, published in one transaction, or failed."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from services.analytics.errors import RunBusy
from shared.database.errors import sqlstate
from shared.database.unit_of_work import UnitOfWork, advisory_key

Row = Mapping[str, Any]
LOCK_NOT_AVAILABLE = "55P03"

_PATIENCE = text("SELECT set_config('lock_timeout', :patience, false)")
_LOCK = text("SELECT pg_advisory_lock(:key)")
_HOLD = text("""
    SELECT CAST(run_id AS text) AS run_id, number, cutoff, as_of, state FROM analytics.run
    WHERE study_id = :study AND run_id = CAST(:run AS uuid) FOR NO KEY UPDATE
""")
_PUBLISHED = text("""
    SELECT r.number, r.cutoff FROM analytics.publication p JOIN analytics.run r USING (run_id)
    WHERE p.study_id = :study FOR NO KEY UPDATE OF p
""")
_START = text("""
    UPDATE analytics.run SET state = 'running', started_at = :at, finished_at = NULL, failure = NULL
    WHERE study_id = :study AND run_id = CAST(:run AS uuid)
""")
_FAIL = text("""
    UPDATE analytics.run SET state = 'failed', finished_at = :at, failure = :kind
    WHERE study_id = :study AND run_id = CAST(:run AS uuid) AND state <> 'published'
""")
_READ = text("""
    UPDATE analytics.run SET read_at = :read_at, snapshot = :snapshot
    WHERE study_id = :study AND run_id = CAST(:run AS uuid)
""")
_ADD_FAULT = text("""
    INSERT INTO analytics.fault (run_id, failed_at, study_id, kind, detail)
    VALUES (CAST(:run AS uuid), :at, :study, :kind, :detail) ON CONFLICT DO NOTHING
""")
_ADD_ROWS = """
    INSERT INTO analytics.{table} (run_id, result_id, study_id, endpoint, sort_key, result)
    SELECT CAST(:run AS uuid), entry ->> 'id', :study, entry -> 'row' ->> 'endpoint', place,
           entry -> 'row'
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS sent (entry, place)
"""
_ADD_OPEN = text(_ADD_ROWS.format(table="result_open"))
_ADD_CLOSED = text(_ADD_ROWS.format(table="result_closed"))
_ADD_ARTEFACTS = text("""
    INSERT INTO analytics.artefact
        (run_id, name, study_id, output_class, media_type, object_key, sha256, size)
    SELECT CAST(:run AS uuid), name, :study, output_class, media_type, object_key, sha256, size
    FROM jsonb_to_recordset(CAST(:artefacts AS jsonb)) AS sent
        (name text, output_class text, media_type text, object_key text, sha256 text, size bigint)
""")
_FINISH = text("""
    UPDATE analytics.run SET state = 'published', finished_at = :at, failure = NULL,
        definition_version = :definition, inputs_hash = :inputs_hash, code_version = :code,
        manifest_key = :manifest
    WHERE study_id = :study AND run_id = CAST(:run AS uuid)
""")
_POINT = text("""
    INSERT INTO analytics.publication VALUES (:study, CAST(:run AS uuid), :at)
    ON CONFLICT (study_id) DO UPDATE SET run_id = excluded.run_id,
        published_at = excluded.published_at
""")
_REACH = text("""
    INSERT INTO analytics.progress (run_id, study_id, stage, words)
    VALUES (CAST(:run AS uuid), :study, :stage, :words)
""")
_HANDLED = text("""
    INSERT INTO platform.inbox (consumer, event_id) VALUES ('analytics', CAST(:event AS uuid))
    ON CONFLICT DO NOTHING
""")


@contextmanager
def study_lock(engine: Engine, study: str, patience_seconds: int) -> Iterator[None]:
    """Let one run of a study be at work at a time. Raises ``RunBusy`` after the patience.

    The lock belongs to a session of its own outside any transaction: it lasts as long as the run,
    and ends with the process, however that ends.
    """
    with engine.connect() as pooled:
        connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # not given back: closing the session is what lets the lock go
        connection.execute(_PATIENCE, {"patience": f"{patience_seconds}s"})
        try:
            connection.execute(_LOCK, {"key": advisory_key(f"analytics run\x1f{study}")})
        except OperationalError as error:
            if sqlstate(error) == LOCK_NOT_AVAILABLE:
                raise RunBusy("another run of this study is at work") from None
            raise
        yield


def hold_run(work: UnitOfWork, run: str) -> Row | None:
    """The run, its row locked until the transaction ends."""
    return work.one(_HOLD, study=work.study, run=run)


def published_run(work: UnitOfWork) -> Row | None:
    """Number and cutoff of the run that readers see, its pointer locked."""
    return work.one(_PUBLISHED, study=work.study)


def start_run(work: UnitOfWork, run: str) -> None:
    work.execute(_START, study=work.study, run=run, at=work.now)


def note_snapshot(work: UnitOfWork, run: str, read_at: datetime, snapshot: str) -> None:
    """Tell what the run has read."""
    work.send(_READ, study=work.study, run=run, read_at=read_at, snapshot=snapshot)


def fail_run(work: UnitOfWork, run: str, kind: str, detail: str) -> None:
    work.execute(_FAIL, study=work.study, run=run, at=work.now, kind=kind)
    work.execute(_ADD_FAULT, study=work.study, run=run, at=work.now, kind=kind, detail=detail)
    reach(work, run, "failed", f"{kind}.")


def add_rows(
    work: UnitOfWork, run: str, *, open_rows: Sequence[Row], closed: Sequence[Row]
) -> None:
    """Each row as ``{"id": ..., "row": ...}``, in the order they are published in."""
    work.execute(_ADD_OPEN, study=work.study, run=run, rows=_json(open_rows))
    work.execute(_ADD_CLOSED, study=work.study, run=run, rows=_json(closed))


def add_artefacts(work: UnitOfWork, run: str, artefacts: Sequence[Row]) -> None:
    work.execute(_ADD_ARTEFACTS, study=work.study, run=run, artefacts=_json(artefacts))


def reach(work: UnitOfWork, run: str, stage: str, words: str) -> None:
    """Tell how far the run has come, in words without arm and result."""
    work.send(_REACH, study=work.study, run=run, stage=stage, words=words)


def point_to(work: UnitOfWork, run: str) -> None:
    """Let readers follow a run."""
    work.execute(_POINT, study=work.study, run=run, at=work.now)


def finish_run(
    work: UnitOfWork, run: str, *, definition: str, inputs_hash: str, code: str, manifest: str
) -> None:
    """Mark the run published."""
    work.execute(
        _FINISH,
        study=work.study,
        run=run,
        at=work.now,
        definition=definition,
        inputs_hash=inputs_hash,
        code=code,
        manifest=manifest,
    )


def note_handled(work: UnitOfWork, event: str) -> None:
    """Mark the event that asked for the run as handled."""
    work.execute(_HANDLED, event=event)


def _json(rows: Sequence[Row]) -> str:
    return json.dumps(list(rows), allow_nan=False)
