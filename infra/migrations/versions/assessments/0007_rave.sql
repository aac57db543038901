-- The Rave Web Services face: who may come in by it, which files came, what was wrong with others,
-- and where the changes of a subject itself stand among those of its records.

CREATE TABLE assessments.rave_credential (
    user_name text PRIMARY KEY CHECK (user_name ~ '^[A-Za-z0-9][A-Za-z0-9._@-]{0,59}$'),
    study_id text NOT NULL REFERENCES platform.study,
    role text NOT NULL,
    sites text[] NOT NULL CHECK (cardinality(sites) > 0),
    salt bytea NOT NULL CHECK (length(salt) = 16),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'revoked')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE assessments.rave_credential IS
    'A name is given once and never again: the trail and stored answers belong to it.';
COMMENT ON COLUMN assessments.rave_credential.secret_hash IS
    'SHA-256 of salt and a secret of 256 random bits that was shown once.';
CALL platform.protect('assessments.rave_credential', false);
CALL platform.audited('assessments.rave_credential', 'user_name', 'salt,secret_hash');
-- Who comes in has not said yet for which study: that is what the credential says.
CREATE POLICY entering ON assessments.rave_credential FOR SELECT TO induct_owner USING (true);

CREATE FUNCTION assessments.rave_login(p_user text)
    RETURNS TABLE (study_id text, role text, sites text[], salt bytea, secret_hash bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.study_id, c.role, c.sites, c.salt, c.secret_hash FROM assessments.rave_credential c
    WHERE c.user_name = p_user AND c.state = 'active'
$$;
REVOKE ALL ON FUNCTION assessments.rave_login(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assessments.rave_login(text) TO induct_assessments;

CREATE TABLE assessments.rave_file (
    reference uuid PRIMARY KEY,
    study_id text NOT NULL REFERENCES platform.study,
    client text NOT NULL,
    file_oid text CHECK (length(file_oid) BETWEEN 1 AND 255),
    prior_file_oid text,
    content_hash text NOT NULL,
    originator text NOT NULL,
    sources jsonb NOT NULL,
    notes jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (study_id, client, file_oid)
);
COMMENT ON COLUMN assessments.rave_file.sources IS
    'Audit records, signatures and deviations as the sender told them: evidence of its system. '
    'Actor and time of our own trail are ours.';
CALL platform.protect('assessments.rave_file', false);
CALL platform.append_only('assessments.rave_file');
GRANT SELECT, INSERT ON assessments.rave_file TO induct_assessments;

CREATE TABLE assessments.rave_refusal (
    reference uuid PRIMARY KEY,
    study_id text NOT NULL REFERENCES platform.study,
    client text NOT NULL,
    file_oid text,
    errors jsonb NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN assessments.rave_refusal.errors IS
    'Code, place and words of every fault, never a value: a Response has room for the first only.';
CALL platform.protect('assessments.rave_refusal', false);
CALL platform.append_only('assessments.rave_refusal');
GRANT SELECT, INSERT ON assessments.rave_refusal TO induct_assessments;

-- Changes of subjects among those of records -------------------------------------
-- A registration takes no commit position. Read beside records, it needs a place among them that
-- never moves: it is given after the position that stands when it commits, under that row's lock.

CREATE TABLE assessments.subject_trail (
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    after_position bigint NOT NULL,
    seq bigint NOT NULL,
    state text NOT NULL,
    created boolean NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    reason text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, seq)
);
COMMENT ON COLUMN assessments.subject_trail.after_position IS
    'It stands after the records of this position and before those of the next.';
CREATE INDEX subject_trail_of ON assessments.subject_trail (study_id, subject_id);
CALL platform.protect('assessments.subject_trail', true);
CALL platform.append_only('assessments.subject_trail');
CREATE POLICY writer ON assessments.subject_trail TO induct_owner USING (true) WITH CHECK (true);
CREATE POLICY trail ON assessments.commit_position TO induct_owner USING (true) WITH CHECK (true);
GRANT SELECT ON assessments.subject_trail TO induct_assessments;

CREATE FUNCTION assessments.note_subject() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_head record;
BEGIN
    INSERT INTO assessments.commit_position VALUES (NEW.study_id, 0, clock_timestamp())
        ON CONFLICT DO NOTHING;
    -- A position that this very transaction took is that of the subject's own first records, which
    -- come after it.
    SELECT position - CASE WHEN xmin = pg_current_xact_id()::xid THEN 1 ELSE 0 END AS before
        INTO v_head FROM assessments.commit_position WHERE study_id = NEW.study_id FOR UPDATE;
    INSERT INTO assessments.subject_trail
        SELECT NEW.study_id, NEW.site_id, NEW.subject_id, v_head.before,
               coalesce((SELECT max(seq) FROM assessments.subject_trail
                         WHERE study_id = NEW.study_id), 0) + 1,
               NEW.state, TG_OP = 'INSERT', platform.setting('actor'), platform.setting('role'),
               coalesce(platform.setting('reason'), 'first entry'), clock_timestamp();
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION assessments.note_subject() FROM PUBLIC;
-- Deferred to the commit: the lock is one for the whole study, and is to be held for a moment only.
CREATE CONSTRAINT TRIGGER trail_created AFTER INSERT ON assessments.subject
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION assessments.note_subject();
CREATE CONSTRAINT TRIGGER trail_state AFTER UPDATE ON assessments.subject
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION assessments.note_subject();
