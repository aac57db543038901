-- Reviews of the trail: found each night, kept as they were found, and signed off by a person.

CREATE TABLE platform.audit_review (
    study_id text NOT NULL REFERENCES platform.study,
    number integer NOT NULL CHECK (number >= 1),
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL CHECK (to_at > from_at),
    findings jsonb NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (study_id, number)
);
COMMENT ON TABLE platform.audit_review IS
    'What was done in an interval that somebody should look at; signed in platform.signature.';
CALL platform.protect('platform.audit_review', false);
CALL platform.append_only('platform.audit_review');
-- Its hash stands in the trail, and covers the findings.
CALL platform.audited('platform.audit_review', 'study_id,number', 'findings');
GRANT SELECT, INSERT ON platform.audit_review TO induct_platform;
GRANT SELECT, INSERT ON platform.signature TO induct_platform;

-- What a status tells of messages to a safety desk: how many wait, and for how long.
CREATE POLICY watcher ON safety.webhook_message FOR SELECT TO induct_platform USING (true);
GRANT SELECT (study_id, state, created_at, next_attempt_at) ON safety.webhook_message
    TO induct_platform;
