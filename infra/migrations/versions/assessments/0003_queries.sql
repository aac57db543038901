-- Queries: what is asked of a site, by an edit check or a person, beside the value that stays as it
-- is. Deviations: where the protocol was departed from; a visit out of its window is never refused.

CREATE TABLE assessments.query (
    query_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    record_id uuid REFERENCES assessments.record,
    form text,
    item text,
    origin text NOT NULL CHECK (origin IN ('check', 'derivation', 'person')),
    check_id text,
    check_version text,
    severity text NOT NULL CHECK (severity IN ('query', 'flag')),
    rests_on text[] NOT NULL CHECK (cardinality(rests_on) > 0),
    seen_values text,
    message text NOT NULL,
    raised_by text NOT NULL,
    raised_role text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'cancelled')),
    events integer NOT NULL CHECK (events >= 1),
    last_action text NOT NULL,
    submission_id uuid NOT NULL
        REFERENCES assessments.submission DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (study_id, subject_id) REFERENCES assessments.subject,
    CHECK ((origin = 'person') = (check_id IS NULL)),
    CHECK ((check_id IS NULL) = (check_version IS NULL)),
    CHECK ((record_id IS NULL) = (form IS NULL)),
    CHECK (record_id IS NOT NULL OR origin = 'derivation')
);
COMMENT ON COLUMN assessments.query.rests_on IS
    'Forms and form.item pairs that the query is about or that its check reads: it exists for roles '
    'that see all of them.';
COMMENT ON COLUMN assessments.query.seen_values IS
    'Hash of the values that the check saw: what a person has closed is not asked again of the same.';
COMMENT ON COLUMN assessments.query.submission_id IS 'The write that raised it.';
-- Whatever else goes wrong: one question of one check on one item at a time.
CREATE UNIQUE INDEX query_asked_once ON assessments.query
    (study_id, subject_id, coalesce(CAST(record_id AS text), ''), coalesce(item, ''), check_id)
    WHERE state IN ('open', 'answered') AND check_id IS NOT NULL;
CREATE INDEX query_of_subject ON assessments.query (study_id, subject_id);

CREATE TABLE assessments.query_event (
    query_id uuid NOT NULL REFERENCES assessments.query,
    number integer NOT NULL CHECK (number >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    action text NOT NULL CHECK (
        action IN ('open', 'answer', 'close', 'auto-close', 'cancel', 'reopen')),
    state text NOT NULL CHECK (state IN ('open', 'answered', 'closed', 'cancelled')),
    message text,
    record_version integer,
    actor text NOT NULL,
    actor_role text NOT NULL,
    submission_id uuid NOT NULL
        REFERENCES assessments.submission DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (query_id, number)
);
CREATE INDEX query_event_submission ON assessments.query_event (submission_id);

CREATE TABLE assessments.deviation (
    deviation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    record_id uuid REFERENCES assessments.record,
    form text,
    visit text,
    item text,
    kind text NOT NULL CHECK (kind IN ('visit-window', 'check', 'derivation')),
    source_id text NOT NULL,
    source_version text NOT NULL,
    days_out integer,
    observed_on date,
    standing boolean NOT NULL,
    rests_on text[] NOT NULL CHECK (cardinality(rests_on) > 0),
    message text NOT NULL,
    submission_id uuid NOT NULL
        REFERENCES assessments.submission DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (study_id, subject_id) REFERENCES assessments.subject,
    CHECK ((record_id IS NULL) = (form IS NULL))
);
COMMENT ON TABLE assessments.deviation IS
    'Append-only: a row says how one departure stands from its submission on. standing false: a '
    'correction showed that there was none.';
COMMENT ON COLUMN assessments.deviation.days_out IS
    'Days before (negative) or after the window.';
CREATE INDEX deviation_of_subject ON assessments.deviation (study_id, subject_id);

CALL platform.protect('assessments.query', true);
CALL platform.protect('assessments.query_event', true);
CALL platform.protect('assessments.deviation', true);
-- Raised many at once, changed one by one.
CALL platform.audited_inserts('assessments.query', 'query_id',
    'study_id,site_id,subject_id,seen_values');
CREATE TRIGGER audit_changes AFTER UPDATE OR DELETE ON assessments.query FOR EACH ROW
    EXECUTE FUNCTION platform.record_audit('query_id', 'seen_values');
CALL platform.audited_inserts('assessments.query_event', 'query_id,number',
    'study_id,site_id,subject_id,actor,actor_role');
CALL platform.audited_inserts('assessments.deviation', 'deviation_id',
    'study_id,site_id,subject_id');
CALL platform.append_only('assessments.query_event');
CALL platform.append_only('assessments.deviation');

GRANT SELECT, INSERT ON assessments.query, assessments.query_event, assessments.deviation
    TO induct_assessments;
GRANT UPDATE (state, events, last_action) ON assessments.query TO induct_assessments;

-- Whoever verifies the trail holds the rows against it.
GRANT SELECT ON assessments.query_event, assessments.deviation TO induct_platform;
CREATE POLICY verifier ON assessments.query_event FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON assessments.deviation FOR SELECT TO induct_platform USING (true);
