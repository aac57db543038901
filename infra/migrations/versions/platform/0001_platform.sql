-- The footing every service stands on: who is asking, what may be seen, what was
-- done before, what must still be told, and what changed.

CREATE SCHEMA IF NOT EXISTS platform;
GRANT USAGE ON SCHEMA platform TO
    induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;

-- Who is asking -----------------------------------------------------------------
-- SET LOCAL leaves '' behind once a transaction ends, so '' must mean "nobody".

CREATE FUNCTION platform.setting(name text) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('app.' || name, true), '') $$;
CREATE FUNCTION platform.current_study() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT platform.setting('study') $$;
CREATE FUNCTION platform.every_site() RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT coalesce(platform.setting('sites') = '*', false) $$;
CREATE FUNCTION platform.sites() RETURNS text[] LANGUAGE sql STABLE
    AS $$ SELECT coalesce(string_to_array(platform.setting('sites'), ','), '{}') $$;

GRANT EXECUTE ON FUNCTION platform.setting(text), platform.current_study(),
    platform.every_site(), platform.sites()
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;

-- How a table is closed: RLS enabled and forced, so that neither the owner nor a
-- SECURITY DEFINER function escapes it. Sub-selects make the settings init plans:
-- they are read once a query and not once a row.

CREATE PROCEDURE platform.protect(target regclass, by_site boolean) LANGUAGE plpgsql AS $$
DECLARE
    rule text := 'study_id = (SELECT platform.current_study())';
BEGIN
    IF by_site THEN
        rule := rule || ' AND ((SELECT platform.every_site())'
            || ' OR site_id = ANY ((SELECT platform.sites())::text[]))';
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY scope ON %s USING (%s) WITH CHECK (%s)', target, rule, rule);
END $$;

-- Studies -----------------------------------------------------------------------

CREATE TABLE platform.study (
    study_id text PRIMARY KEY,
    mode text NOT NULL CHECK (mode IN ('live', 'training')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'closed')),
    definition_version text NOT NULL,
    definition_hash text NOT NULL
);
COMMENT ON TABLE platform.study IS 'A study activated in this deployment and the definition in force.';

CREATE TABLE platform.study_definition (
    study_id text NOT NULL REFERENCES platform.study DEFERRABLE INITIALLY DEFERRED,
    definition_version text NOT NULL,
    definition_hash text NOT NULL,
    definition jsonb NOT NULL,
    activated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, definition_version)
);
COMMENT ON TABLE platform.study_definition IS 'Every definition ever activated, never changed.';

CALL platform.protect('platform.study', false);
CALL platform.protect('platform.study_definition', false);
CREATE POLICY listing ON platform.study FOR SELECT TO induct_platform USING (true);
GRANT SELECT ON platform.study, platform.study_definition
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;

-- What was asked before ---------------------------------------------------------
-- Kept for good: a retry years later must meet its first answer.

CREATE TABLE platform.idempotency (
    service name NOT NULL DEFAULT current_user,
    client text NOT NULL,
    route text NOT NULL,
    key text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request_hash text NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (service, client, route, key)
);
ALTER TABLE platform.idempotency ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON platform.idempotency
    USING (service = current_user AND client = (SELECT platform.setting('actor')))
    WITH CHECK (service = current_user AND client = (SELECT platform.setting('actor')));
GRANT SELECT, INSERT ON platform.idempotency
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;

-- What must still be told -------------------------------------------------------

CREATE TABLE platform.stream_head (
    stream text PRIMARY KEY,
    service name NOT NULL DEFAULT current_user,
    version bigint NOT NULL
);
COMMENT ON TABLE platform.stream_head IS
    'Version of the last event of an aggregate; its row lock orders the events of one aggregate.';

CREATE TABLE platform.outbox (
    event_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    service name NOT NULL DEFAULT current_user,
    study_id text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    envelope jsonb NOT NULL CHECK (octet_length(envelope::text) <= 200000),
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'published')),
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    published_at timestamptz,
    UNIQUE (stream, version)
);
CREATE INDEX outbox_pending ON platform.outbox (created_at) WHERE state = 'pending';

CREATE TABLE platform.delivery (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    envelope jsonb NOT NULL,
    state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'leased', 'done', 'dead')),
    attempts integer NOT NULL DEFAULT 0,
    visible_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    PRIMARY KEY (consumer, event_id)
);
COMMENT ON TABLE platform.delivery IS
    'The queues of a deployment without SQS: one row a consumer and event, as durable as SQS.';
CREATE INDEX delivery_due ON platform.delivery (consumer, visible_at)
    WHERE state IN ('pending', 'leased');

CREATE TABLE platform.inbox (
    consumer text NOT NULL,
    event_id uuid NOT NULL,
    service name NOT NULL DEFAULT current_user,
    processed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, event_id)
);

ALTER TABLE platform.stream_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.outbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.delivery ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.inbox ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON platform.stream_head
    USING (service = current_user) WITH CHECK (service = current_user);
CREATE POLICY own ON platform.outbox
    USING (service = current_user AND study_id = (SELECT platform.current_study()))
    WITH CHECK (service = current_user AND study_id = (SELECT platform.current_study()));
CREATE POLICY relay ON platform.outbox TO induct_platform USING (true) WITH CHECK (true);
CREATE POLICY relay ON platform.delivery TO induct_platform USING (true) WITH CHECK (true);
CREATE POLICY own ON platform.inbox
    USING (service = current_user) WITH CHECK (service = current_user);

GRANT SELECT, INSERT, UPDATE (version) ON platform.stream_head
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;
GRANT SELECT, INSERT ON platform.outbox
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;
GRANT SELECT, INSERT ON platform.inbox
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;
GRANT SELECT, UPDATE (state, attempts, leased_until, last_error, published_at)
    ON platform.outbox TO induct_platform;
GRANT SELECT, INSERT, UPDATE (state, attempts, visible_at, last_error, settled_at)
    ON platform.delivery TO induct_platform;
