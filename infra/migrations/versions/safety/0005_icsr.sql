-- Sealed E2B(R3) messages on their way to a gateway, and what came back.

-- A message is written once. What is added later: that it was delivered, and which submission it is.
CREATE TABLE safety.icsr (
    icsr_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    version integer NOT NULL,
    receiver text NOT NULL,
    authority text NOT NULL,
    obligations text[] NOT NULL,
    complete boolean NOT NULL,
    zone text NOT NULL,
    batch text NOT NULL,
    reports jsonb NOT NULL,
    file_name text NOT NULL,
    sha256 text NOT NULL,
    document text NOT NULL,
    judged_by jsonb NOT NULL,
    signature_id uuid NOT NULL REFERENCES platform.signature,
    sealed_at timestamptz NOT NULL,
    delivered_at timestamptz,
    submission_id uuid,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    FOREIGN KEY (case_id, version) REFERENCES safety.case_version,
    UNIQUE (study_id, batch)
);
COMMENT ON COLUMN safety.icsr.reports IS
    'What answers will speak of: C.1.1, N.2.r.1 and C.1.2 of each report of the batch.';
COMMENT ON COLUMN safety.icsr.judged_by IS
    'Versions of rules, schemas and terminology that nothing stood against when it was sealed.';
CREATE INDEX icsr_waiting ON safety.icsr (study_id, sealed_at) WHERE delivered_at IS NULL;

-- Every file that came, byte for byte, before anybody looks into it.
CREATE TABLE safety.icsr_answer (
    answer_id uuid PRIMARY KEY,
    study_id text NOT NULL,
    site_id text,
    subject_id text,
    sha256 text NOT NULL,
    content bytea NOT NULL,
    received_at timestamptz NOT NULL,
    icsr_id uuid REFERENCES safety.icsr,
    state text NOT NULL CHECK (state IN
        ('received', 'accepted', 'rejected', 'conflict', 'parked', 'unreadable')),
    notes jsonb NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    UNIQUE (study_id, sha256)
);

CALL platform.protect('safety.icsr', true);
CALL platform.protect('safety.icsr_answer', false);
CALL platform.audited_inserts('safety.icsr', 'icsr_id', 'study_id,site_id,subject_id,document');
CREATE TRIGGER audit_changes AFTER UPDATE OR DELETE ON safety.icsr FOR EACH ROW
    EXECUTE FUNCTION platform.record_audit('icsr_id', 'document');
CALL platform.audited_inserts('safety.icsr_answer', 'answer_id',
    'study_id,site_id,subject_id,content,actor,actor_role');
CALL platform.append_only('safety.icsr_answer');
GRANT SELECT, INSERT ON safety.icsr, safety.icsr_answer TO induct_safety;
GRANT UPDATE (delivered_at, submission_id, attempts, last_error) ON safety.icsr TO induct_safety;

CREATE FUNCTION safety.studies_with_waiting_icsr() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.icsr WHERE delivered_at IS NULL
$$;
CREATE POLICY sweep ON safety.icsr FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION safety.studies_with_waiting_icsr() TO induct_safety;
