-- Exports: what was asked for. The files are not kept: a study as of a position never changes, so
-- each fetch makes the same bytes again, with the rights that the caller has today.

CREATE TABLE assessments.export (
    export_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    variant text NOT NULL CHECK (variant IN ('blinded', 'unblinded')),
    formats text[] NOT NULL CHECK (cardinality(formats) >= 1),
    audit boolean NOT NULL,
    as_of timestamptz NOT NULL,
    position bigint NOT NULL,
    definition_version text NOT NULL,
    definition_hash text NOT NULL,
    mapping_version text NOT NULL,
    mapping_hash text NOT NULL,
    system_version text NOT NULL,
    sites text NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN assessments.export.sites IS
    'The sites within reach of who asked: who reaches other sites would get other bytes.';

CREATE TABLE assessments.export_fetch (
    fetch_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    export_id uuid NOT NULL REFERENCES assessments.export,
    file text NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    fetched_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE assessments.export_fetch IS
    'Who fetched which file of an unblinded export (ICH E6(R3) 4.2.2).';

CALL platform.protect('assessments.export', false);
CALL platform.protect('assessments.export_fetch', false);
CALL platform.audited('assessments.export', 'export_id');
CALL platform.audited('assessments.export_fetch', 'fetch_id');
CALL platform.append_only('assessments.export');
CALL platform.append_only('assessments.export_fetch');
GRANT SELECT, INSERT ON assessments.export, assessments.export_fetch TO induct_assessments;

-- An unblinded export tells arms. This service's login gets to see one only where it acts for a role
-- that may have such an export, and whatever the code asks for: the policy holds the others off.
CREATE VIEW randomization.arm_read WITH (security_invoker = true) AS
    SELECT study_id, subject_id, site_id, arm, randomized_at FROM randomization.allocation;
GRANT SELECT (study_id, subject_id, site_id, arm, randomized_at)
    ON randomization.allocation TO induct_assessments;
GRANT SELECT ON randomization.arm_read TO induct_assessments;
CREATE POLICY unblinded_export ON randomization.allocation AS RESTRICTIVE FOR SELECT
    TO induct_assessments
    USING (current_setting('app.role', true) IN ('statistician', 'auditor'));
