-- Flags of records: verified against the source (SDV), frozen, locked, signed. Events only: what a
-- record carries is their sum, and a correction adds the event that voids verification and signature.

CREATE TABLE assessments.flag_event (
    record_id uuid NOT NULL REFERENCES assessments.record,
    number integer NOT NULL CHECK (number >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    action text NOT NULL CHECK (action IN (
        'verify', 'unverify', 'freeze', 'unfreeze', 'lock', 'request-unlock', 'reject-unlock',
        'approve-unlock', 'sign', 'void')),
    record_version integer NOT NULL,
    reason text,
    actor text NOT NULL,
    actor_role text NOT NULL,
    signature_id uuid REFERENCES platform.signature,
    submission_id uuid NOT NULL
        REFERENCES assessments.submission DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (record_id, number),
    FOREIGN KEY (record_id, record_version) REFERENCES assessments.record_version
        DEFERRABLE INITIALLY DEFERRED,
    CHECK ((signature_id IS NOT NULL) = (action IN ('sign', 'approve-unlock')))
);
COMMENT ON COLUMN assessments.flag_event.record_version IS
    'The version that was verified, signed or frozen; of a void, the version that voids.';

CALL platform.protect('assessments.flag_event', true);
CALL platform.audited_inserts('assessments.flag_event', 'record_id,number',
    'study_id,site_id,subject_id,actor,actor_role,record_id');
CALL platform.append_only('assessments.flag_event');
GRANT SELECT, INSERT ON assessments.flag_event TO induct_assessments;
GRANT SELECT ON assessments.flag_event TO induct_platform;
CREATE POLICY verifier ON assessments.flag_event FOR SELECT TO induct_platform USING (true);
