-- Webhooks in full: notices numbered within their case, endpoints by two persons, secrets with an
-- end, attempts with the bytes that left, replays, and word by another channel.

-- What was told of a case, once, to however many endpoints it is sent. `sequence` counts within
-- the case without a gap: the counter's row lock makes its order the order of commits.
CREATE TABLE safety.notice_count (
    case_id uuid PRIMARY KEY REFERENCES safety.safety_case,
    study_id text NOT NULL,
    last bigint NOT NULL CHECK (last > 0)
);
CREATE TABLE safety.notice (
    message_id text PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    study_id text NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    event_type text NOT NULL,
    body text NOT NULL,
    told_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    UNIQUE (case_id, sequence)
);
CREATE INDEX notice_told ON safety.notice (study_id, told_at, message_id);

-- Keys of an endpoint. One without `ends_at` signs until somebody rotates or retires it.
CREATE TABLE safety.webhook_secret (
    secret_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    endpoint_id uuid NOT NULL REFERENCES safety.webhook_endpoint,
    study_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('hmac', 'ed25519')),
    sealed text NOT NULL,
    public_key text,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    ends_at timestamptz,
    CHECK ((kind = 'ed25519') = (public_key IS NOT NULL))
);
CREATE INDEX webhook_secret_of ON safety.webhook_secret (endpoint_id, created_at);

CREATE TABLE safety.webhook_replay (
    replay_id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES safety.webhook_endpoint,
    study_id text NOT NULL,
    since timestamptz,
    until timestamptz,
    case_number text,
    message_id text,
    dead_only boolean NOT NULL,
    messages integer NOT NULL,
    reason text NOT NULL,
    asked_by text NOT NULL,
    asked_role text NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT transaction_timestamp()
);
CREATE INDEX webhook_replay_of ON safety.webhook_replay (endpoint_id, replay_id);

-- Word to the desk by another channel, where webhooks did not get through.
CREATE TABLE safety.fallback_notice (
    notice_id uuid PRIMARY KEY,
    study_id text NOT NULL,
    cause text NOT NULL CHECK (cause IN ('undelivered', 'overdue', 'given-up', 'disabled')),
    endpoint_id uuid REFERENCES safety.webhook_endpoint,
    case_id uuid REFERENCES safety.safety_case,
    due_at timestamptz,
    subject text NOT NULL,
    body text NOT NULL,
    raised_at timestamptz NOT NULL,
    delivered_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    last_error text
);
CREATE INDEX fallback_waiting ON safety.fallback_notice (study_id, raised_at)
    WHERE delivered_at IS NULL;

-- What was there before: seen across studies while the tables do not hold their owner to the rule.
ALTER TABLE safety.webhook_endpoint NO FORCE ROW LEVEL SECURITY;
ALTER TABLE safety.webhook_message NO FORCE ROW LEVEL SECURITY;

INSERT INTO safety.webhook_secret (endpoint_id, study_id, kind, sealed, created_at, created_by)
SELECT endpoint_id, study_id, 'hmac', secret_sealed, registered_at, 'system:migration'
FROM safety.webhook_endpoint;

INSERT INTO safety.notice (message_id, case_id, study_id, sequence, event_type, body, told_at)
SELECT message_id, case_id, study_id,
       row_number() OVER (PARTITION BY case_id ORDER BY told_at, message_id),
       event_type, body, told_at
FROM (SELECT DISTINCT ON (message_id) message_id, study_id, event_type, body,
             CAST(CAST(body AS jsonb) -> 'data' ->> 'case_id' AS uuid) AS case_id,
             created_at AS told_at
      FROM safety.webhook_message ORDER BY message_id, created_at) AS told;

-- Above every number that a desk was shown of the case.
INSERT INTO safety.notice_count (case_id, study_id, last)
SELECT case_id, study_id,
       greatest(count(*), max(CAST(CAST(body AS jsonb) -> 'data' ->> 'sequence' AS bigint)))
FROM safety.notice GROUP BY case_id, study_id;

ALTER TABLE safety.webhook_endpoint
    DROP COLUMN secret_sealed,
    ADD COLUMN proposed_by text,
    ADD COLUMN decided_by text,
    ADD COLUMN decided_at timestamptz,
    ADD COLUMN reason text,
    ADD COLUMN activated_at timestamptz,
    ADD COLUMN paused_until timestamptz,
    DROP CONSTRAINT webhook_endpoint_state_check,
    ADD CONSTRAINT webhook_endpoint_state_check CHECK (state IN
        ('proposed', 'rejected', 'approved', 'active', 'disabled')),
    ADD CONSTRAINT webhook_endpoint_two_persons CHECK (
        state NOT IN ('approved', 'active') OR proposed_by IS NULL OR decided_by <> proposed_by),
    FORCE ROW LEVEL SECURITY;
COMMENT ON COLUMN safety.webhook_endpoint.paused_until IS
    'Until then the receiver asked for patience, or was of no use: its notices wait.';
DROP INDEX safety.webhook_endpoint_once;
CREATE UNIQUE INDEX webhook_endpoint_once ON safety.webhook_endpoint (study_id, url)
    WHERE state IN ('proposed', 'approved', 'active');

ALTER TABLE safety.webhook_message
    ADD COLUMN kind text NOT NULL DEFAULT 'notice' CHECK (kind IN ('notice', 'challenge', 'test')),
    ADD COLUMN replay_id uuid REFERENCES safety.webhook_replay,
    ADD COLUMN climb_from integer NOT NULL DEFAULT 0,
    ADD COLUMN climbs_since timestamptz,
    FORCE ROW LEVEL SECURITY;
COMMENT ON COLUMN safety.webhook_message.climb_from IS
    'Attempts made before the ladder began anew (a replay); the ladder counts from there.';
COMMENT ON COLUMN safety.webhook_message.climbs_since IS 'The first attempt of this climb.';
CREATE INDEX webhook_dead ON safety.webhook_message (study_id, created_at, message_id, endpoint_id)
    WHERE state = 'dead' AND kind = 'notice';

ALTER TABLE safety.webhook_attempt
    ADD COLUMN sent bytea,
    ADD COLUMN address text,
    ADD COLUMN replay_id uuid;
COMMENT ON COLUMN safety.webhook_attempt.sent IS
    'The request byte for byte, as far as it was handed to the connection.';

CALL platform.protect('safety.notice_count', false);
CALL platform.protect('safety.notice', false);
CALL platform.protect('safety.webhook_secret', false);
CALL platform.protect('safety.webhook_replay', false);
CALL platform.protect('safety.fallback_notice', false);
CALL platform.append_only('safety.notice');
CALL platform.append_only('safety.webhook_replay');
CALL platform.audited('safety.webhook_secret', 'secret_id', 'sealed');
CALL platform.audited_inserts('safety.webhook_replay', 'replay_id', 'study_id,asked_by,asked_role');
DROP TRIGGER audit ON safety.webhook_endpoint;
CALL platform.audited('safety.webhook_endpoint', 'endpoint_id', 'paused_until');

GRANT SELECT, INSERT ON safety.notice_count, safety.notice, safety.webhook_secret,
    safety.webhook_replay, safety.fallback_notice TO induct_safety;
GRANT UPDATE (last) ON safety.notice_count TO induct_safety;
GRANT UPDATE (ends_at) ON safety.webhook_secret TO induct_safety;
GRANT UPDATE (decided_by, decided_at, reason, activated_at, paused_until)
    ON safety.webhook_endpoint TO induct_safety;
GRANT UPDATE (replay_id, climb_from, climbs_since) ON safety.webhook_message TO induct_safety;
GRANT UPDATE (delivered_at, attempts, last_error) ON safety.fallback_notice TO induct_safety;

-- The watch over what does not get through looks at every study that has, or had, an endpoint.
CREATE FUNCTION safety.studies_with_endpoints() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.webhook_endpoint WHERE state NOT IN ('proposed', 'rejected')
$$;
CREATE POLICY sweep ON safety.webhook_endpoint FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION safety.studies_with_endpoints() TO induct_safety;
