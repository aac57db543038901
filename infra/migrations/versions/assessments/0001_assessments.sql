-- Trial data: records (a form of a subject at a visit), whose items only ever gain versions.
-- Two clocks are kept apart: observed_on (the clinic's, may be late) and recorded_at (ours).

CREATE SCHEMA assessments;
GRANT USAGE ON SCHEMA assessments TO induct_assessments;

CREATE TABLE assessments.commit_position (
    study_id text PRIMARY KEY REFERENCES platform.study,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE assessments.commit_position IS
    'Taken last in every writing transaction: its row lock makes position and recorded_at '
    'monotone in commit order, so that a read as of an instant never changes its answer.';

CREATE TABLE assessments.subject (
    study_id text NOT NULL REFERENCES platform.study,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('screening', 'randomized', 'withdrawn')),
    birth_year_month text NOT NULL CHECK (birth_year_month ~ '^[0-9]{4}-[0-9]{2}$'),
    sex text NOT NULL CHECK (sex IN ('female', 'male', 'unknown')),
    consented_on date NOT NULL,
    registered_at timestamptz NOT NULL,
    randomized_at timestamptz,
    rescreening_of text,
    PRIMARY KEY (study_id, subject_id),
    UNIQUE (study_id, rescreening_of),
    FOREIGN KEY (study_id, rescreening_of) REFERENCES assessments.subject,
    CHECK (rescreening_of <> subject_id)
);
COMMENT ON COLUMN assessments.subject.rescreening_of IS
    'The screening number under which the same child was screened before; it has one allocation.';

CREATE TABLE assessments.record (
    record_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    form text NOT NULL,
    visit text NOT NULL,
    repeat integer NOT NULL CHECK (repeat >= 1),
    UNIQUE (study_id, subject_id, form, visit, repeat),
    FOREIGN KEY (study_id, subject_id) REFERENCES assessments.subject
);

CREATE TABLE assessments.record_version (
    record_id uuid NOT NULL REFERENCES assessments.record,
    version integer NOT NULL CHECK (version >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    observed_on date,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    reason text NOT NULL,
    definition_version text NOT NULL,
    PRIMARY KEY (record_id, version)
);
CREATE INDEX record_version_position ON assessments.record_version (study_id, position);
CREATE INDEX record_version_recorded ON assessments.record_version (study_id, recorded_at);

CREATE TABLE assessments.item_version (
    record_id uuid NOT NULL,
    item text NOT NULL,
    version integer NOT NULL,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    value text,
    PRIMARY KEY (record_id, item, version),
    -- Deferred, so that the items and their audit rows are written before the commit position is
    -- taken: its lock is one for the whole study, and everything after it is waited for.
    FOREIGN KEY (record_id, version) REFERENCES assessments.record_version
        DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON COLUMN assessments.item_version.value IS
    'As received, in its canonical text form; null where the correction removed the value.';

CALL platform.protect('assessments.commit_position', false);
CALL platform.protect('assessments.subject', true);
-- Whether a child was screened under another number is asked over every site (randomization).
CREATE POLICY counting ON assessments.subject FOR SELECT TO induct_owner
    USING (study_id = (SELECT platform.current_study()));
CALL platform.protect('assessments.record', true);
CALL platform.protect('assessments.record_version', true);
CALL platform.protect('assessments.item_version', true);

CALL platform.audited('assessments.subject', 'subject_id');
CALL platform.audited('assessments.record', 'record_id');
CALL platform.audited('assessments.record_version', 'record_id,version');
CALL platform.append_only('assessments.record');
CALL platform.append_only('assessments.record_version');
CALL platform.append_only('assessments.item_version');

-- An item's trail shows the item as the field, with the value it replaces.
CREATE FUNCTION assessments.audit_item() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_old text;
BEGIN
    SELECT i.value INTO v_old FROM assessments.item_version i
        WHERE i.record_id = NEW.record_id AND i.item = NEW.item AND i.version < NEW.version
        ORDER BY i.version DESC LIMIT 1;
    PERFORM platform.write_audit(
        to_jsonb(NEW), 'assessments.item', NEW.record_id || '/' || NEW.version,
        CASE WHEN NEW.version = 1 THEN 'INSERT' ELSE 'UPDATE' END,
        jsonb_build_array(jsonb_build_object(
            'field', NEW.item, 'old_value', v_old, 'new_value', NEW.value)));
    RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT ON assessments.item_version FOR EACH ROW
    EXECUTE FUNCTION assessments.audit_item();

GRANT SELECT, INSERT ON assessments.commit_position, assessments.subject, assessments.record,
    assessments.record_version, assessments.item_version TO induct_assessments;
GRANT UPDATE (position, recorded_at) ON assessments.commit_position TO induct_assessments;
GRANT UPDATE (state, randomized_at) ON assessments.subject TO induct_assessments;

-- Read views for the other services: the invoker's own rights and policies apply.
CREATE VIEW assessments.subject_read WITH (security_invoker = true) AS
    SELECT study_id, subject_id, site_id, state, birth_year_month, sex, consented_on, randomized_at
    FROM assessments.subject;
CREATE VIEW assessments.item_read WITH (security_invoker = true) AS
    SELECT r.study_id, r.site_id, r.subject_id, r.form, r.visit, r.repeat, r.record_id,
           i.item, i.version, i.value, v.position, v.observed_on
    FROM assessments.record r
    JOIN assessments.item_version i USING (record_id)
    JOIN assessments.record_version v ON v.record_id = i.record_id AND v.version = i.version
    WHERE NOT EXISTS (SELECT 1 FROM assessments.item_version later
                      WHERE later.record_id = i.record_id AND later.item = i.item
                        AND later.version > i.version);
GRANT USAGE ON SCHEMA assessments TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT (study_id, subject_id, site_id, state, birth_year_month, sex, consented_on,
              randomized_at)
    ON assessments.subject TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT ON assessments.subject_read
    TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT (study_id, site_id, subject_id, form, visit, repeat, record_id)
    ON assessments.record TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT (study_id, site_id, subject_id, record_id, item, version, value)
    ON assessments.item_version TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT (study_id, site_id, subject_id, record_id, version, position, observed_on)
    ON assessments.record_version TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT ON assessments.item_read TO induct_randomization, induct_safety, induct_analytics;
GRANT SELECT ON assessments.commit_position TO induct_analytics;
