-- Bulk submissions: a file arrives in parts, is cut into rows, and the rows are written batch by batch.
-- What was received and what became of it stays; a job goes on where it stopped.

CREATE TABLE assessments.job (
    job_id uuid PRIMARY KEY,
    study_id text NOT NULL REFERENCES platform.study,
    format text NOT NULL CHECK (format IN ('ndjson', 'csv')),
    atomic boolean NOT NULL,
    dry_run boolean NOT NULL,
    source text,
    file_id text,
    prior_file_id text,
    state text NOT NULL CHECK (state IN ('receiving', 'queued', 'running', 'done', 'refused')),
    received bigint NOT NULL DEFAULT 0,
    rest bytea NOT NULL DEFAULT '',
    header bytea,
    content_hash bytea NOT NULL DEFAULT sha256(''),
    rows_received integer NOT NULL DEFAULT 0,
    rows_done integer NOT NULL DEFAULT 0,
    created integer NOT NULL DEFAULT 0,
    corrected integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    submitted_by text NOT NULL,
    submitted_as text NOT NULL,
    sites text NOT NULL,
    submitted_at timestamptz NOT NULL,
    finished_at timestamptz
);
COMMENT ON COLUMN assessments.job.rest IS
    'Bytes received behind the last whole row: a part may end anywhere, within a character too.';
COMMENT ON COLUMN assessments.job.content_hash IS
    'SHA-256 over the hashes of the parts, one after the other, each with its offset.';
CREATE UNIQUE INDEX job_file ON assessments.job (study_id, submitted_by, file_id)
    WHERE file_id IS NOT NULL AND NOT dry_run;

CREATE TABLE assessments.job_row (
    job_id uuid NOT NULL REFERENCES assessments.job,
    n integer NOT NULL CHECK (n >= 1),
    study_id text NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (job_id, n)
);

CREATE TABLE assessments.job_error (
    job_id uuid NOT NULL REFERENCES assessments.job,
    n integer NOT NULL,
    nth integer NOT NULL,
    study_id text NOT NULL,
    pointer text NOT NULL,
    code text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (job_id, n, nth)
);

CALL platform.protect('assessments.job', false);
CALL platform.protect('assessments.job_row', false);
CALL platform.protect('assessments.job_error', false);
CALL platform.append_only('assessments.job_row');
CALL platform.append_only('assessments.job_error');
GRANT SELECT, INSERT ON assessments.job, assessments.job_row, assessments.job_error
    TO induct_assessments;
GRANT UPDATE (state, received, rest, header, content_hash, rows_received, rows_done, created,
    corrected, unchanged, refused, finished_at) ON assessments.job TO induct_assessments;
