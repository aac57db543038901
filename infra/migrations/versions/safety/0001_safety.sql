-- Serious adverse events: cases, their due dates, and the messages to the safety desk.

CREATE SCHEMA safety;
GRANT USAGE ON SCHEMA safety TO induct_safety;

CREATE TABLE safety.case_number (
    study_id text PRIMARY KEY REFERENCES platform.study,
    last integer NOT NULL
);
COMMENT ON TABLE safety.case_number IS
    'Its row lock makes case numbers sequential without gaps: a rollback gives its number back.';

CREATE TABLE safety.safety_case (
    case_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    case_number text NOT NULL,
    origin text NOT NULL CHECK (origin IN ('report', 'assessment')),
    record_id uuid,
    opened_at timestamptz NOT NULL,
    UNIQUE (study_id, number),
    UNIQUE (study_id, case_number),
    UNIQUE (study_id, record_id)
);
COMMENT ON COLUMN safety.safety_case.record_id IS
    'The adverse event record in assessments that this case is about: one case a record.';

CREATE TABLE safety.case_version (
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    version integer NOT NULL CHECK (version >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    event_term text,
    grade smallint CHECK (grade BETWEEN 1 AND 5),
    serious boolean NOT NULL,
    seriousness text[] NOT NULL,
    onset_on date,
    aware_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    received_zone text NOT NULL,
    reporter text,
    suspect_product text,
    narrative text,
    significant boolean NOT NULL,
    record_version integer,
    PRIMARY KEY (case_id, version)
);
COMMENT ON COLUMN safety.case_version.record_version IS
    'The newest version of the record that this version of the case has seen: an event about an '
    'older one, arriving late or twice, adds nothing.';

CREATE TABLE safety.obligation (
    obligation_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    clock_id text NOT NULL,
    rule_version text NOT NULL,
    label text NOT NULL,
    authority text NOT NULL,
    regulation text NOT NULL,
    verified_by text,
    day_zero date NOT NULL,
    due_on date NOT NULL,
    due_at timestamptz NOT NULL,
    due_zone text NOT NULL,
    provisional boolean NOT NULL,
    reason text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'met', 'superseded'))
);
CREATE INDEX obligation_of_case ON safety.obligation (case_id, due_at);
CREATE UNIQUE INDEX obligation_open_once ON safety.obligation (case_id, clock_id)
    WHERE state = 'open';
COMMENT ON TABLE safety.obligation IS
    'A due date is never edited: where Day 0 moves, this row is superseded and another one opens.';

CREATE TABLE safety.webhook_endpoint (
    endpoint_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    url text NOT NULL,
    secret_sealed text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'disabled')),
    registered_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX webhook_endpoint_once ON safety.webhook_endpoint (study_id, url)
    WHERE state = 'active';

CREATE TABLE safety.webhook_message (
    message_id text NOT NULL,
    endpoint_id uuid NOT NULL REFERENCES safety.webhook_endpoint,
    study_id text NOT NULL,
    event_type text NOT NULL,
    body text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (message_id, endpoint_id)
);
CREATE INDEX webhook_due ON safety.webhook_message (study_id, endpoint_id, next_attempt_at)
    WHERE state = 'pending';
CREATE INDEX webhook_listing ON safety.webhook_message (endpoint_id, created_at, message_id);

CREATE TABLE safety.webhook_attempt (
    message_id text NOT NULL,
    endpoint_id uuid NOT NULL,
    attempt integer NOT NULL,
    study_id text NOT NULL,
    attempted_at timestamptz NOT NULL,
    status integer,
    failure text,
    response_head text,
    PRIMARY KEY (message_id, endpoint_id, attempt),
    FOREIGN KEY (message_id, endpoint_id) REFERENCES safety.webhook_message
);

CALL platform.protect('safety.case_number', false);
CALL platform.protect('safety.safety_case', true);
CALL platform.protect('safety.case_version', true);
CALL platform.protect('safety.obligation', true);
CALL platform.protect('safety.webhook_endpoint', false);
CALL platform.protect('safety.webhook_message', false);
CALL platform.protect('safety.webhook_attempt', false);

CALL platform.audited('safety.safety_case', 'case_id');
CALL platform.audited('safety.case_version', 'case_id,version');
CALL platform.audited('safety.obligation', 'obligation_id');
CALL platform.audited('safety.webhook_endpoint', 'endpoint_id', 'secret_sealed');
CALL platform.append_only('safety.safety_case');
CALL platform.append_only('safety.case_version');
CALL platform.append_only('safety.webhook_attempt');

GRANT SELECT, INSERT ON safety.case_number, safety.safety_case, safety.case_version,
    safety.obligation, safety.webhook_endpoint, safety.webhook_message, safety.webhook_attempt
    TO induct_safety;
GRANT UPDATE (last) ON safety.case_number TO induct_safety;
GRANT UPDATE (state, provisional, reason) ON safety.obligation TO induct_safety;
GRANT UPDATE (state) ON safety.webhook_endpoint TO induct_safety;
GRANT UPDATE (state, attempts, next_attempt_at) ON safety.webhook_message TO induct_safety;

-- The sender works for every study: it learns which have messages due, and nothing else,
-- and then works inside one study at a time.
CREATE FUNCTION safety.studies_with_due_messages(p_now timestamptz) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.webhook_message
    WHERE state = 'pending' AND next_attempt_at <= p_now
$$;
CREATE POLICY sweep ON safety.webhook_message FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION safety.studies_with_due_messages(timestamptz) TO induct_safety;

-- Read view for the reconciliation: each case as it stands, and nothing of what was told in it.
CREATE VIEW safety.case_read WITH (security_invoker = true) AS
    SELECT c.study_id, c.site_id, c.subject_id, c.case_number, v.version, v.suspect_product
    FROM safety.safety_case c JOIN safety.case_version v USING (case_id)
    WHERE NOT EXISTS (SELECT 1 FROM safety.case_version later
                      WHERE later.case_id = c.case_id AND later.version > v.version);
GRANT USAGE ON SCHEMA safety TO induct_randomization;
GRANT SELECT (case_id, study_id, site_id, subject_id, case_number) ON safety.safety_case
    TO induct_randomization;
GRANT SELECT (case_id, study_id, site_id, subject_id, version, suspect_product)
    ON safety.case_version TO induct_randomization;
GRANT SELECT ON safety.case_read TO induct_randomization;
