-- After a restore to an earlier moment: what the world saw and this database does not know, kept so
-- that no id, no version of a stream and no number is given a second time.

-- Which life of the database this is: another system or another timeline is one that was restored or
-- promoted from a copy. Null where the server does not tell: a managed one has no such file, or its own
-- words for that. Whatever keeps it from telling must not keep it from allocating; an operator holds there.
CREATE FUNCTION platform.incarnation() RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system()) || '/'
        || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;

CREATE TABLE platform.lost_event (
    event_id uuid PRIMARY KEY,
    service name NOT NULL,
    study_id text NOT NULL,
    stream text NOT NULL,
    version bigint NOT NULL CHECK (version >= 1),
    type text NOT NULL,
    envelope jsonb NOT NULL CHECK (octet_length(envelope::text) <= 200000),
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    noted_by text NOT NULL CHECK (btrim(noted_by) <> ''),
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE platform.lost_event IS
    'Events that others hold and this database never sent: it was restored to before them.';
CREATE INDEX lost_event_of ON platform.lost_event (study_id, type);

ALTER TABLE platform.lost_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON platform.lost_event FOR SELECT
    USING (service = current_user AND study_id = (SELECT platform.current_study()));
CREATE POLICY relay ON platform.lost_event TO induct_platform USING (true) WITH CHECK (true);
CREATE POLICY noting ON platform.lost_event TO induct_owner USING (true) WITH CHECK (true);
CREATE POLICY noting ON platform.stream_head TO induct_owner USING (true) WITH CHECK (true);
CREATE POLICY noting ON platform.outbox FOR SELECT TO induct_owner USING (true);
CALL platform.append_only('platform.lost_event');
GRANT SELECT ON platform.lost_event
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;

-- Notes envelopes that the outbox does not have, and lets their streams go on behind them: a version
-- that somebody saw is never another event's. Repeats change nothing. Answers how many are new.
CREATE FUNCTION platform.note_lost(p_events jsonb, p_actor text, p_reason text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_new integer;
BEGIN
    WITH told AS (
        SELECT DISTINCT ON (e ->> 'id') CAST(e ->> 'id' AS uuid) AS event_id,
               split_part(e ->> 'source', ':', 3) AS service, e ->> 'study' AS study_id,
               split_part(e ->> 'source', ':', 3) || '/' || (e ->> 'subject') AS stream,
               CAST(e ->> 'version' AS bigint) AS version, e ->> 'type' AS type, e AS envelope
        FROM jsonb_array_elements(p_events) AS e),
    added AS (
        INSERT INTO platform.lost_event (
            event_id, service, study_id, stream, version, type, envelope, reason, noted_by)
        SELECT t.event_id, 'induct_' || t.service, t.study_id, t.stream, t.version, t.type,
               t.envelope, p_reason, p_actor
        FROM told t
        WHERE NOT EXISTS (SELECT 1 FROM platform.outbox o WHERE o.event_id = t.event_id)
        ON CONFLICT (event_id) DO NOTHING
        RETURNING service, stream, version),
    raised AS (
        INSERT INTO platform.stream_head AS h (stream, service, version)
        SELECT stream, service, max(version) FROM added GROUP BY stream, service
        ON CONFLICT (stream) DO UPDATE SET version = greatest(h.version, excluded.version)
        RETURNING stream)
    SELECT count(*) INTO v_new FROM added;
    RETURN v_new;
END $$;
REVOKE EXECUTE ON FUNCTION platform.note_lost(jsonb, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.note_lost(jsonb, text, text) TO induct_platform;
