-- The audit trail: one row per changed field, written by triggers in the change's own
-- transaction, chained by hash per stream (a subject, or a study's configuration).
-- One chain for everything would serialise every writer, so each stream has its own.

CREATE TABLE platform.audit_head (
    stream text PRIMARY KEY,
    seq bigint NOT NULL,
    hash bytea NOT NULL
);

CREATE TABLE platform.audit (
    stream text NOT NULL,
    seq bigint NOT NULL,
    study_id text,
    site_id text,
    subject_id text,
    table_name text NOT NULL,
    row_key text NOT NULL,
    field text NOT NULL,
    operation text NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
    old_value text,
    new_value text,
    salt bytea,
    values_hash bytea NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    reason text NOT NULL,
    request_id text NOT NULL,
    recorded_at timestamptz NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (stream, seq)
);
COMMENT ON COLUMN platform.audit.values_hash IS
    'SHA-256 of salt, old and new value. The chain covers this and not the values, so that a '
    'lawful redaction (values and salt removed) leaves the chain whole.';
COMMENT ON COLUMN platform.audit.recorded_at IS 'Clock of the database, never of a client.';

ALTER TABLE platform.audit_head ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.audit ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON platform.audit_head TO induct_owner USING (true) WITH CHECK (true);
CREATE POLICY writer ON platform.audit FOR INSERT TO induct_owner WITH CHECK (true);
CREATE POLICY verifier ON platform.audit_head FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON platform.audit FOR SELECT TO induct_platform USING (true);
GRANT SELECT ON platform.audit, platform.audit_head TO induct_platform;

-- Lengths in front of values: no two different rows can spell the same text.
CREATE FUNCTION platform.netstring(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(CASE WHEN p IS NULL THEN '-' ELSE octet_length(p) || ':' || p END, ','
                      ORDER BY n)
    FROM unnest(parts) WITH ORDINALITY AS t (p, n)
$$;

-- Adds changes (field, old_value, new_value) of one row to the row's stream.
CREATE FUNCTION platform.write_audit(
    row_now jsonb, v_table text, v_key text, v_operation text, changes jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor text := platform.setting('actor');
    v_role text := platform.setting('role');
    v_reason text := coalesce(platform.setting('reason'),
                              CASE v_operation WHEN 'INSERT' THEN 'first entry' END);
    v_request text := platform.setting('request');
    v_study text := row_now ->> 'study_id';
    v_site text := row_now ->> 'site_id';
    v_subject text := row_now ->> 'subject_id';
    v_stream text := v_study || coalesce('/' || v_subject, '');
    v_at timestamptz := clock_timestamp();
    v_at_text text := to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    -- What is the same in every row of this call is spelled once: half the work is spelling.
    v_before text;
    v_middle text;
    v_after text;
    v_first bigint;
    v_seq bigint;
    v_hash bytea;
    v_salt bytea;
    v_values bytea;
    v_fields text[] := '{}';
    v_olds text[] := '{}';
    v_news text[] := '{}';
    v_salts bytea[] := '{}';
    v_value_hashes bytea[] := '{}';
    v_hashes bytea[] := '{}';
    change record;
BEGIN
    IF v_actor IS NULL OR v_role IS NULL OR v_request IS NULL OR v_reason IS NULL THEN
        RAISE EXCEPTION 'a change to % needs an actor, a role, a request and a reason', v_table
            USING ERRCODE = 'ID001';
    END IF;
    v_before := platform.netstring(v_stream) || ',';
    v_middle := ',' || platform.netstring(v_study, v_site, v_subject, v_table, v_key) || ',';
    v_after := ',' || platform.netstring(
        v_operation, v_actor, v_role, v_reason, v_request, v_at_text) || ',64:';
    INSERT INTO platform.audit_head AS h VALUES (v_stream, 0, sha256(convert_to(v_stream, 'UTF8')))
        ON CONFLICT (stream) DO UPDATE SET seq = h.seq RETURNING h.seq, h.hash INTO v_seq, v_hash;
    v_first := v_seq;
    FOR change IN SELECT * FROM jsonb_to_recordset(changes)
        AS c (field text, old_value text, new_value text) ORDER BY field COLLATE "C"
    LOOP
        v_seq := v_seq + 1;
        v_salt := uuid_send(gen_random_uuid());
        v_values := sha256(v_salt || convert_to(
            coalesce(octet_length(change.old_value) || ':' || change.old_value, '-') || ','
            || coalesce(octet_length(change.new_value) || ':' || change.new_value, '-'), 'UTF8'));
        v_hash := sha256(v_hash || convert_to(
            v_before || length(v_seq::text) || ':' || v_seq || v_middle
            || octet_length(change.field) || ':' || change.field || v_after
            || encode(v_values, 'hex'), 'UTF8'));
        v_fields := array_append(v_fields, change.field);
        v_olds := array_append(v_olds, change.old_value);
        v_news := array_append(v_news, change.new_value);
        v_salts := array_append(v_salts, v_salt);
        v_value_hashes := array_append(v_value_hashes, v_values);
        v_hashes := array_append(v_hashes, v_hash);
    END LOOP;
    INSERT INTO platform.audit
        SELECT v_stream, v_first + c.n, v_study, v_site, v_subject, v_table, v_key, c.field,
               v_operation, c.old_value, c.new_value, c.salt, c.values_hash,
               v_actor, v_role, v_reason, v_request, v_at, c.hash
        FROM unnest(v_fields, v_olds, v_news, v_salts, v_value_hashes, v_hashes)
            WITH ORDINALITY AS c (field, old_value, new_value, salt, values_hash, hash, n);
    UPDATE platform.audit_head SET seq = v_seq, hash = v_hash WHERE stream = v_stream;
END $$;

-- Trigger arguments: the columns that make the row's key, joined by commas; then columns whose
-- values must stay out of the trail (a sealed arm, a secret).
CREATE FUNCTION platform.record_audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    silent text[] := string_to_array(coalesce(TG_ARGV[1], ''), ',');
    was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    row_now jsonb := was || is_now;
    v_key text;
    v_changes jsonb;
BEGIN
    SELECT string_agg(row_now ->> c, '/' ORDER BY n) INTO v_key
        FROM unnest(string_to_array(TG_ARGV[0], ',')) WITH ORDINALITY AS k (c, n);
    SELECT jsonb_agg(jsonb_build_object(
            'field', k, 'old_value', was ->> k, 'new_value', is_now ->> k)) INTO v_changes
        FROM jsonb_object_keys(row_now) AS k
        WHERE (was ->> k) IS DISTINCT FROM (is_now ->> k) AND k <> ALL (silent);
    IF v_changes IS NOT NULL THEN
        PERFORM platform.write_audit(
            row_now, TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, v_key, TG_OP, v_changes);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION platform.forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'ID002';
END $$;

CREATE PROCEDURE platform.append_only(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION platform.forbid_change()', target);
    EXECUTE format('CREATE TRIGGER never_emptied BEFORE TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION platform.forbid_change()', target);
END $$;

CREATE PROCEDURE platform.audited(target regclass, key_columns text, silent text DEFAULT '')
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION platform.record_audit(%L, %L)', target, key_columns, silent);
END $$;

CALL platform.append_only('platform.audit');
CALL platform.append_only('platform.study_definition');
CALL platform.append_only('platform.idempotency');
CALL platform.append_only('platform.inbox');
CALL platform.audited('platform.study', 'study_id');
CALL platform.audited('platform.study_definition', 'study_id,definition_version');

-- The migrations' own bookkeeping is a table like any other.
ALTER TABLE platform.alembic_version ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY migrations ON platform.alembic_version TO induct_owner USING (true) WITH CHECK (true);
