-- The trail of many rows that one statement adds: the head of a stream is taken once a statement and
-- not once a row, which is what a submission of many values paid most for.

-- Adds changes (key, field, old_value, new_value) of rows of one table and one stream.
CREATE FUNCTION platform.write_audit_rows(
    v_study text, v_site text, v_subject text, v_table text, v_operation text, changes jsonb)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_actor text := platform.setting('actor');
    v_role text := platform.setting('role');
    v_reason text := coalesce(platform.setting('reason'),
                              CASE v_operation WHEN 'INSERT' THEN 'first entry' END);
    v_request text := platform.setting('request');
    v_stream text := v_study || coalesce('/' || v_subject, '');
    v_at timestamptz := clock_timestamp();
    v_at_text text := to_char(v_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    v_before text;
    v_middle text;
    v_after text;
    v_first bigint;
    v_seq bigint;
    v_hash bytea;
    v_hashes bytea[] := '{}';
    v_salts bytea[];
    v_value_hashes bytea[];
    v_tails text[];
BEGIN
    IF v_actor IS NULL OR v_role IS NULL OR v_request IS NULL OR v_reason IS NULL THEN
        RAISE EXCEPTION 'a change to % needs an actor, a role, a request and a reason', v_table
            USING ERRCODE = 'ID001';
    END IF;
    v_before := platform.netstring(v_stream) || ',';
    v_middle := ',' || platform.netstring(v_study, v_site, v_subject, v_table) || ',';
    v_after := ',' || platform.netstring(
        v_operation, v_actor, v_role, v_reason, v_request, v_at_text) || ',64:';
    -- All that does not hang on the row before is reckoned set-wise, in the rows' order.
    WITH salted AS (
        SELECT n, key, field, uuid_send(gen_random_uuid()) AS salt, convert_to(
            coalesce(octet_length(old_value) || ':' || old_value, '-') || ','
            || coalesce(octet_length(new_value) || ':' || new_value, '-'), 'UTF8') AS spelled
        FROM jsonb_to_recordset(changes)
            AS r (n integer, key text, field text, old_value text, new_value text)),
    hashed AS (SELECT n, key, field, salt, sha256(salt || spelled) AS hash FROM salted)
    SELECT array_agg(salt ORDER BY n), array_agg(hash ORDER BY n), array_agg(
            v_middle || octet_length(key) || ':' || key || ',' || octet_length(field) || ':'
            || field || v_after || encode(hash, 'hex') ORDER BY n)
        INTO v_salts, v_value_hashes, v_tails FROM hashed;
    INSERT INTO platform.audit_head AS h VALUES (v_stream, 0, sha256(convert_to(v_stream, 'UTF8')))
        ON CONFLICT (stream) DO UPDATE SET seq = h.seq RETURNING h.seq, h.hash INTO v_seq, v_hash;
    v_first := v_seq;
    FOR i IN 1 .. cardinality(v_tails) LOOP
        v_seq := v_seq + 1;
        v_hash := sha256(v_hash || convert_to(
            v_before || length(v_seq::text) || ':' || v_seq || v_tails[i], 'UTF8'));
        v_hashes := array_append(v_hashes, v_hash);
    END LOOP;
    INSERT INTO platform.audit
        SELECT v_stream, v_first + c.n, v_study, v_site, v_subject, v_table, c.key, c.field,
               v_operation, c.old_value, c.new_value, v_salts[c.n], v_value_hashes[c.n],
               v_actor, v_role, v_reason, v_request, v_at, v_hashes[c.n]
        FROM jsonb_to_recordset(changes)
            AS c (n integer, key text, field text, old_value text, new_value text);
    UPDATE platform.audit_head SET seq = v_seq, hash = v_hash WHERE stream = v_stream;
END $$;
REVOKE EXECUTE ON FUNCTION platform.write_audit_rows(text, text, text, text, text, jsonb)
    FROM PUBLIC;

-- For tables that only gain rows: nothing was there before, so the trail tells the row as one, as JSON
-- (field '*'), and not each of its columns. Trigger arguments as those of platform.record_audit.
CREATE FUNCTION platform.record_added() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    keys text[] := string_to_array(TG_ARGV[0], ',');
    silent text[] := string_to_array(coalesce(TG_ARGV[1], ''), ',');
    one record;
BEGIN
    FOR one IN
        SELECT r.study, r.site, r.subject, jsonb_agg(jsonb_build_object(
                   'n', r.n, 'key', r.key, 'field', '*', 'new_value', r.told)) AS changes
        FROM (SELECT a.row ->> 'study_id' AS study, a.row ->> 'site_id' AS site,
                     a.row ->> 'subject_id' AS subject, k.key,
                     jsonb_strip_nulls(a.row - silent)::text AS told,
                     row_number() OVER (PARTITION BY a.row ->> 'study_id', a.row ->> 'subject_id'
                         ORDER BY k.key COLLATE "C") AS n
              FROM (SELECT to_jsonb(added) AS row FROM added) AS a
              CROSS JOIN LATERAL (
                  SELECT string_agg(a.row ->> c, '/' ORDER BY o) AS key
                  FROM unnest(keys) WITH ORDINALITY AS k (c, o)) AS k) AS r
        GROUP BY 1, 2, 3 ORDER BY r.subject COLLATE "C"
    LOOP
        PERFORM platform.write_audit_rows(one.study, one.site, one.subject,
            TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, 'INSERT', one.changes);
    END LOOP;
    RETURN NULL;
END $$;

-- `silent`: columns that every row of the trail has of its own, and so need no row for themselves.
CREATE PROCEDURE platform.audited_inserts(target regclass, key_columns text, silent text DEFAULT '')
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audit AFTER INSERT ON %s REFERENCING NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION platform.record_added(%L, %L)',
        target, key_columns, silent);
END $$;
