"""SQL of bulk jobs: what was received, how far it is, and what is wrong with which row."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_JOB = """
    SELECT CAST(job_id AS text) AS job_id, format, atomic, dry_run, source, file_id, prior_file_id,
        state, received, rest, header, encode(content_hash, 'hex') AS content_hash, rows_received,
        rows_done, created, corrected, unchanged, refused, submitted_by, submitted_as, sites,
        submitted_at, finished_at
    FROM assessments.job WHERE study_id = :study
"""
# An account that has lost a site of a job has lost the job: its faults tell of children there.
_OWN = """ AND submitted_by = :actor AND ((SELECT platform.every_site())
    OR string_to_array(sites, ',') <@ (SELECT platform.sites()))"""
_FIND = text(_JOB + " AND job_id = CAST(:job AS uuid)" + _OWN)
_LOCK = text(_JOB + " AND job_id = CAST(:job AS uuid) FOR NO KEY UPDATE")
_OF_FILE = text(_JOB + " AND submitted_by = :actor AND file_id = :file AND NOT dry_run")
_PROCESSED = text("""
    SELECT EXISTS (SELECT 1 FROM assessments.job WHERE study_id = :study AND submitted_by = :actor
                   AND file_id = :file AND NOT dry_run AND state = 'done')
        OR EXISTS (SELECT 1 FROM assessments.submission WHERE study_id = :study
                   AND actor = :actor AND file_id = :file) AS processed
""")
_ADD = text("""
    INSERT INTO assessments.job (job_id, study_id, format, atomic, dry_run, source, file_id,
        prior_file_id, state, submitted_by, submitted_as, sites, submitted_at)
    VALUES (CAST(:job AS uuid), :study, :format, :atomic, :dry_run, :source, :file_id,
        :prior_file_id, 'receiving', :actor, :role, :sites, :now)
""")
_RECEIVE = text("""
    UPDATE assessments.job SET received = received + :length, rest = :rest, header = :header,
        rows_received = rows_received + :count,
        content_hash = sha256(content_hash || sha256(CAST(:part AS bytea)))
    WHERE study_id = :study AND job_id = CAST(:job AS uuid)
""")
_ADD_ROWS = text("""
    INSERT INTO assessments.job_row (job_id, n, study_id, content)
    SELECT CAST(:job AS uuid), :first + r.n, :study, r.content
    FROM unnest(CAST(:contents AS bytea[])) WITH ORDINALITY AS r (content, n)
""")
_ROWS = text("""
    SELECT n, content FROM assessments.job_row
    WHERE study_id = :study AND job_id = CAST(:job AS uuid) AND n > :after ORDER BY n LIMIT :limit
""")
_ADVANCE = text("""
    UPDATE assessments.job SET state = :state, rows_done = rows_done + :done,
        created = created + :created, corrected = corrected + :corrected,
        unchanged = unchanged + :unchanged, refused = refused + :refused,
        finished_at = CASE WHEN :state IN ('done', 'refused') THEN CAST(:now AS timestamptz) END
    WHERE study_id = :study AND job_id = CAST(:job AS uuid)
""")
_ADD_ERRORS = text("""
    INSERT INTO assessments.job_error (job_id, n, nth, study_id, pointer, code, detail)
    SELECT CAST(:job AS uuid), e.n, e.nth, :study, e.pointer, e.code, e.detail
    FROM unnest(CAST(:ns AS integer[]), CAST(:nths AS integer[]), CAST(:pointers AS text[]),
        CAST(:codes AS text[]), CAST(:details AS text[])) AS e (n, nth, pointer, code, detail)
""")
_ERRORS = text("""
    SELECT n, nth, pointer, code, detail FROM assessments.job_error
    WHERE study_id = :study AND job_id = CAST(:job AS uuid) AND (n, nth) > (:n, :nth)
    ORDER BY n, nth LIMIT :limit
""")
_ADD_RECEIPTS = text("""
    INSERT INTO assessments.job_receipt (job_id, n, study_id, receipt)
    SELECT CAST(:job AS uuid), r.n + (SELECT count(*) FROM assessments.job_receipt
                                      WHERE job_id = CAST(:job AS uuid)), :study, r.receipt
    FROM unnest(CAST(:receipts AS text[])) WITH ORDINALITY AS r (receipt, n)
""")
_RECEIPTS = text("""
    SELECT n, receipt FROM assessments.job_receipt
    WHERE study_id = :study AND job_id = CAST(:job AS uuid) AND n > :after ORDER BY n LIMIT :limit
""")


def find_job(work: UnitOfWork, job: str) -> Row | None:
    """A job of the caller's own."""
    return work.one(_FIND, study=work.study, job=job, actor=work.principal.subject)


def lock_job(work: UnitOfWork, job: str) -> Row | None:
    """A job, held until the transaction ends."""
    return work.one(_LOCK, study=work.study, job=job)


def job_of_file(work: UnitOfWork, file_id: str) -> Row | None:
    """The caller's job that took a file."""
    return work.one(_OF_FILE, study=work.study, actor=work.principal.subject, file=file_id)


def is_processed(work: UnitOfWork, file_id: str) -> bool:
    """Whether a file of the caller's has been taken, as a job or otherwise."""
    row = work.one(_PROCESSED, study=work.study, actor=work.principal.subject, file=file_id)
    return bool(row and row["processed"])


def add_job(work: UnitOfWork, job: str, options: Mapping[str, Any]) -> None:
    work.execute(
        _ADD,
        study=work.study,
        job=job,
        **options,
        actor=work.principal.subject,
        role=work.principal.role,
        sites=work.principal.sites_setting(),
        now=work.now,
    )


def receive(
    work: UnitOfWork,
    job: Row,
    part: bytes,
    records: Sequence[bytes],
    rest: bytes,
    header: bytes | None,
) -> None:
    """Keep the rows that a part completed, and what is left behind the last of them."""
    place = {"study": work.study, "job": job["job_id"]}
    if records:
        work.execute(_ADD_ROWS, **place, first=job["rows_received"], contents=list(records))
    work.execute(
        _RECEIVE,
        **place,
        length=len(part),
        rest=rest,
        header=header,
        count=len(records),
        part=part,
    )


def rows_after(work: UnitOfWork, job: str, after: int, limit: int | None) -> list[Row]:
    return work.all(_ROWS, study=work.study, job=job, after=after, limit=limit)


def advance(work: UnitOfWork, job: str, state: str, counts: Mapping[str, int]) -> None:
    """Move a job on by what became of its next rows."""
    work.execute(_ADVANCE, study=work.study, job=job, state=state, now=work.now, **counts)


def add_errors(
    work: UnitOfWork, job: str, errors: Sequence[tuple[int, int, str, str, str]]
) -> None:
    """Faults of rows: number of the row, of the fault, pointer, code, words."""
    if errors:
        ns, nths, pointers, codes, details = (list(column) for column in zip(*errors, strict=True))
        work.execute(
            _ADD_ERRORS,
            study=work.study,
            job=job,
            ns=ns,
            nths=nths,
            pointers=pointers,
            codes=codes,
            details=details,
        )


def list_errors(work: UnitOfWork, job: str, after: tuple[int, int], limit: int) -> list[Row]:
    n, nth = after
    return work.all(_ERRORS, study=work.study, job=job, n=n, nth=nth, limit=limit)


def add_receipts(work: UnitOfWork, job: str, receipts: Sequence[str]) -> None:
    """What a step of a job added to the trail, behind what the steps before it did."""
    if receipts:
        work.send(_ADD_RECEIPTS, study=work.study, job=job, receipts=list(receipts))


def list_receipts(work: UnitOfWork, job: str, after: int, limit: int) -> list[Row]:
    return work.all(_RECEIPTS, study=work.study, job=job, after=after, limit=limit)
