-- Receipts of a file that is written in the background, for who sent it: there is no answer to put them in.
CREATE TABLE assessments.job_receipt (
    job_id uuid NOT NULL REFERENCES assessments.job,
    n integer NOT NULL CHECK (n >= 1),
    study_id text NOT NULL,
    receipt text NOT NULL,
    PRIMARY KEY (job_id, n)
);
COMMENT ON TABLE assessments.job_receipt IS
    'What each step of a file added to the trail of subjects (docs/receipts.md), in their order.';
CALL platform.protect('assessments.job_receipt', false);
CALL platform.append_only('assessments.job_receipt');
GRANT SELECT, INSERT ON assessments.job_receipt TO induct_assessments;
