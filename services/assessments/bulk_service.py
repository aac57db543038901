"""Use cases of bulk submissions: rows in one request, or a file in parts and in the background."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy.exc import OperationalError

from services.assessments import errors, events, job_repository, submission_repository
from services.assessments.domain import bulk
from services.assessments.domain.faults import Fault
from services.assessments.domain.row import Row
from services.assessments.job_schemas import (
    Job,
    JobFault,
    JobFaults,
    JobReceipts,
    NewJob,
    Part,
    RowFault,
    RowResult,
    Submission,
    Submitted,
)
from services.assessments.subject_service import found
from services.assessments.submission_repository import Source
from services.assessments.submission_service import RowOutcome, Written, write
from shared.database.idempotency import content_hash
from shared.database.outbox import publish
from shared.database.receipts import receipts_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.pagination import Page, number
from shared.http.problems import FieldError, InvalidContent, TooLarge
from shared.http.refusals import pointer

BATCH = 250
MOST_AT_ONCE = 20_000
"""Rows of an atomic or a dry run, which one transaction judges as a whole."""


def submit(work: UnitOfWork, body: Submission) -> Submitted:
    """Write rows. A file that was taken is not taken again: it could undo what came since."""
    digest = content_hash(body.model_dump(mode="json", exclude={"source", "dry_run"}))
    if body.file_id is not None and not body.dry_run:
        taken = submission_repository.find_file(work, body.file_id)
        if taken is not None:
            if taken["content_hash"] != digest:
                raise errors.FileTaken
            return _submitted(work, body, Written(taken["submission_id"], None, ()), replayed=True)
    _check_prior(work, body.prior_file_id)
    rows = [
        Row(**{name: getattr(row, name) for name in type(row).model_fields}) for row in body.rows
    ]
    source = Source("submission", body.source, body.file_id, body.prior_file_id, digest)
    written = write(work, rows, source, atomic=body.atomic, dry_run=body.dry_run)
    return _submitted(work, body, written, replayed=False)


def open_job(work: UnitOfWork, body: NewJob) -> tuple[Job, bool]:
    """A job that waits for its file; True where it is new. A file's job is found again."""
    if body.file_id is not None and not body.dry_run:
        known = job_repository.job_of_file(work, body.file_id)
        if known is not None:
            return _job(work, known), False
        if submission_repository.find_file(work, body.file_id) is not None:
            raise errors.FileTaken
    _check_prior(work, body.prior_file_id)
    job = submission_repository.new_id(work)
    job_repository.add_job(work, job, body.model_dump())
    return read_job(work, job), True


def receive(work: UnitOfWork, job_id: str, part: Part, content: bytes) -> Job:
    """Take the next part of a file. Its rows are written once the last part is there."""
    job = found(job_repository.lock_job(work, job_id))
    found(job_repository.find_job(work, job_id))
    if job["state"] != "receiving":
        raise errors.JobClosed
    if part.offset != job["received"]:
        words = f"The next part begins at byte {job['received']}."
        raise errors.PartMisplaced(words)
    records, rest = bulk.split(job["format"], bytes(job["rest"]), content)
    if part.last:
        records, rest = [*records, rest], b""
    if len(rest) > bulk.MAX_RECORD_BYTES:
        raise TooLarge(f"A row has at most {bulk.MAX_RECORD_BYTES} bytes.")
    records = [record for record in records if not bulk.is_blank(record)]
    header = None if job["header"] is None else bytes(job["header"])
    if job["format"] == "csv" and header is None and records:
        header, records = _header(records[0]), records[1:]
    total = job["rows_received"] + len(records)
    if (job["atomic"] or job["dry_run"]) and total > MOST_AT_ONCE:
        words = f"At most {MOST_AT_ONCE} rows are judged as a whole; send them with atomic false."
        raise TooLarge(words)
    job_repository.receive(work, job, content, records, rest, header)
    if part.last:
        _queue(work, job)
    return read_job(work, job_id)


def _queue(work: UnitOfWork, job: Mapping[str, Any]) -> None:
    job_repository.advance(work, job["job_id"], "queued", _counts(()))
    publish(work, events.bulk_advanced(job["job_id"], 0))


def _header(record: bytes) -> bytes:
    """The header of a CSV file, in which every name stands once."""
    try:
        names = bulk.header_names(record)
    except bulk.RowRefusedError:
        names = []
    doubled = any(one == other for one, other in pairwise(sorted(names)))
    if doubled or not {"subject", "form"} <= set(names):
        words = "The first line names the columns, each once; subject and form among them."
        raise InvalidContent(errors=[FieldError("/header", "header-invalid", words)])
    return record


def advance(work: UnitOfWork, job_id: str) -> None:
    """Write the next rows of a job, as the one who submitted it, and go on with the rest."""
    job = found(job_repository.lock_job(work, job_id))
    if job["state"] not in {"queued", "running"}:
        return
    whole = job["atomic"] or job["dry_run"]
    rows = job_repository.rows_after(work, job_id, job["rows_done"], None if whole else BATCH)
    outcomes = _survive(work, job, rows)
    done = job["rows_done"] + len(rows)
    refused = job["atomic"] and any(outcome.faults for outcome in outcomes)
    finished = done >= job["rows_received"]
    state = "refused" if refused else "done" if finished else "running"
    job_repository.add_errors(
        work,
        job_id,
        [
            (row["n"], nth, pointer(("body", *fault.where)), fault.code, fault.detail)
            for row, outcome in zip(rows, outcomes, strict=True)
            for nth, fault in enumerate(outcome.faults, start=1)
        ],
    )
    told = [each for each in outcomes if each.faults] if refused else outcomes
    _receipt(work, job, outcomes)
    job_repository.advance(work, job_id, state, _counts(told) | {"done": len(rows)})
    if state == "running":
        publish(work, events.bulk_advanced(job_id, done))


def _receipt(work: UnitOfWork, job: Mapping[str, Any], outcomes: Sequence[RowOutcome]) -> None:
    """Keep receipts of what was stored, for the one who sent the file."""
    subjects = {each.history.subject for each in outcomes if each.history is not None}
    with work.acting_as(job["submitted_by"], job["submitted_as"], job["sites"]) as acting:
        receipts = receipts_of(acting, subjects) if subjects else []
    job_repository.add_receipts(work, job["job_id"], receipts)


def _survive(
    work: UnitOfWork, job: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[RowOutcome]:
    """Outcomes of rows, of which one that nobody foresaw holds up no other and no later file.

    A database that is away is no such row: then the message comes again.
    """
    try:
        with work.nested():
            return _write_rows(work, job, rows)
    except OperationalError:
        raise
    except Exception as error:
        log("rows not written", level="error", study=work.study, error=type(error).__name__)
    if len(rows) == 1 or job["atomic"] or job["dry_run"]:
        fault = Fault((), "internal", "the server failed at it: nothing of it is stored")
        return [RowOutcome("refused", None, (fault,)) for _ in rows]
    return [outcome for row in rows for outcome in _survive(work, job, [row])]


def _write_rows(
    work: UnitOfWork, job: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> list[RowOutcome]:
    """Outcomes in the order of rows; those that cannot be read are refused without being judged."""
    header = None if job["header"] is None else bytes(job["header"])
    read: list[Row | RowOutcome] = []
    for row in rows:
        try:
            read.append(
                bulk.read_record(work.definition(), job["format"], header, bytes(row["content"]))
            )
        except bulk.RowRefusedError as refusal:
            read.append(RowOutcome("refused", None, refusal.faults))
    readable = [row for row in read if isinstance(row, Row)]
    broken = len(readable) < len(read)
    source = Source("bulk", job["source"], None, job["prior_file_id"], job["content_hash"])
    with work.acting_as(job["submitted_by"], job["submitted_as"], job["sites"]) as acting:
        written = write(
            acting,
            readable,
            source,
            atomic=job["atomic"],
            dry_run=job["dry_run"] or (job["atomic"] and broken),
        )
    judged = iter(written.outcomes)
    return [next(judged) if isinstance(row, Row) else row for row in read]


def read_job(work: UnitOfWork, job_id: str) -> Job:
    """A job of the caller's."""
    return _job(work, found(job_repository.find_job(work, job_id)))


def list_errors(work: UnitOfWork, job_id: str, page: Page) -> JobFaults:
    """The faults of a job's rows, in their order."""
    found(job_repository.find_job(work, job_id))
    n, _, nth = (page.after or "0-0").partition("-")
    after = (number(n), number(nth))
    rows = job_repository.list_errors(work, job_id, after, page.limit + 1)
    return JobFaults(
        items=[
            JobFault(row=r["n"], pointer=r["pointer"], code=r["code"], detail=r["detail"])
            for r in page.cut(rows)
        ],
        next=page.next([{"at": f"{r['n']}-{r['nth']}"} for r in rows], "at"),
    )


def list_receipts(work: UnitOfWork, job_id: str, page: Page) -> JobReceipts:
    """Receipts of what a job of the caller's has stored until now."""
    found(job_repository.find_job(work, job_id))
    rows = job_repository.list_receipts(work, job_id, page.number(), page.limit + 1)
    return JobReceipts(items=[row["receipt"] for row in page.cut(rows)], next=page.next(rows, "n"))


def _check_prior(work: UnitOfWork, prior: str | None) -> None:
    if prior is not None and not job_repository.is_processed(work, prior):
        raise errors.PriorFileUnknown


def _counts(outcomes: Sequence[RowOutcome]) -> dict[str, int]:
    states = [outcome.state for outcome in outcomes]
    counted = ("created", "corrected", "unchanged", "refused")
    return {"done": len(states)} | {name: states.count(name) for name in counted}  # type: ignore[arg-type]


def _job(work: UnitOfWork, row: Mapping[str, Any]) -> Job:
    own = {name: row[name] for name in Job.model_fields if name != "study"}
    return Job(study=work.study, **own)


def _submitted(
    work: UnitOfWork, body: Submission, written: Written, *, replayed: bool
) -> Submitted:
    subjects = (each.history.subject for each in written.outcomes if each.history is not None)
    return Submitted(
        study=work.study,
        submission_id=written.submission_id,
        stored=written.submission_id is not None,
        dry_run=body.dry_run,
        replayed=replayed,
        recorded_at=None if written.position is None else written.position.recorded_at,
        rows=[_result(outcome, body) for outcome in written.outcomes],
        receipts=[] if written.position is None or replayed else receipts_of(work, subjects),
    )


def _result(outcome: RowOutcome, body: Submission) -> RowResult:
    # A record that a dry run would make has no id that anybody could use.
    history = None if body.dry_run and outcome.state == "created" else outcome.history
    return RowResult(
        state=outcome.state,
        record_id=None if history is None else history.record_id,
        version=None if outcome.history is None else outcome.history.latest.number,
        faults=[_fault(fault) for fault in outcome.faults],
    )


def _fault(fault: Fault) -> RowFault:
    return RowFault(pointer=pointer(("body", *fault.where)), code=fault.code, detail=fault.detail)


def part_of(offset: int, content: bytes, *, last: bool) -> Part:
    """How a part is told apart from another."""
    return Part(offset=offset, sha256=hashlib.sha256(content).hexdigest(), last=last)
