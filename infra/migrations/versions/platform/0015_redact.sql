-- How a redaction (0010) finds words wherever they are, and marks them out.

-- How words are spelled ----------------------------------------------------------
-- In a text that is JSON, XML or CSV they are not spelled as a person wrote them.

CREATE FUNCTION platform.spellings(words text) RETURNS text[] LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
    WITH json AS (SELECT substr(j, 2, length(j) - 2) AS raw FROM (SELECT to_json(words)::text AS j) AS t),
    ascii AS (
        SELECT string_agg(CASE
            WHEN ascii(c) > 65535 THEN '\u' || to_hex(55296 + ((ascii(c) - 65536) >> 10))
                || '\u' || to_hex(56320 + ((ascii(c) - 65536) & 1023))
            WHEN ascii(c) > 126 THEN '\u' || lpad(to_hex(ascii(c)), 4, '0')
            ELSE c END, '' ORDER BY n) AS spelled
        FROM json, unnest(string_to_array(raw, NULL)) WITH ORDINALITY AS t (c, n)),
    xml AS (
        SELECT replace(replace(replace(words, '&', '&amp;'), '<', '&lt;'), '>', '&gt;') AS spelled)
    SELECT array_agg(s ORDER BY length(s) DESC, s) FROM (
        SELECT words UNION SELECT raw FROM json UNION SELECT spelled FROM ascii
        UNION SELECT substr(j, 2, length(j) - 2) FROM (SELECT to_json(raw)::text AS j FROM json) AS t
        UNION SELECT substr(j, 2, length(j) - 2) FROM (SELECT to_json(spelled)::text AS j FROM ascii) AS t
        UNION SELECT spelled FROM xml
        UNION SELECT replace(spelled, '"', '&quot;') FROM xml
        UNION SELECT replace(replace(spelled, '"', '&quot;'), chr(10), '&#10;') FROM xml
        UNION SELECT replace(replace(spelled, '"', '&quot;'), '''', '&#x27;') FROM xml
        UNION SELECT replace(words, '"', '""')) AS t (s)
$$;

CREATE FUNCTION platform.words_in(v text, spelled text[]) RETURNS integer LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found integer := 0;
    s text;
BEGIN
    FOREACH s IN ARRAY spelled LOOP
        IF strpos(v, s) > 0 THEN
            found := found + (length(v) - length(replace(v, s, ''))) / length(s);
            v := replace(v, s, '');
        END IF;
    END LOOP;
    RETURN found;
END $$;

CREATE FUNCTION platform.words_in(v bytea, spelled text[]) RETURNS integer LANGUAGE plpgsql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found integer := 0;
    at integer;
    s text;
    b bytea;
BEGIN
    FOREACH s IN ARRAY spelled LOOP
        b := convert_to(s, 'UTF8');
        LOOP
            at := position(b IN v);
            EXIT WHEN coalesce(at, 0) = 0;
            found := found + 1;
            v := substring(v FROM at + length(b));
        END LOOP;
    END LOOP;
    RETURN found;
END $$;

CREATE FUNCTION platform.marked(v text, spelled text[], mark text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s text;
BEGIN
    FOREACH s IN ARRAY spelled LOOP
        v := replace(v, s, mark);
    END LOOP;
    RETURN v;
END $$;

CREATE FUNCTION platform.marked(v jsonb, spelled text[], mark text) RETURNS jsonb LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp AS $$ SELECT platform.marked(v::text, spelled, mark)::jsonb $$;

CREATE FUNCTION platform.marked(v text[], spelled text[], mark text) RETURNS text[]
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(array_agg(platform.marked(e, spelled, mark) ORDER BY n), '{}')
    FROM unnest(v) WITH ORDINALITY AS t (e, n) HAVING v IS NOT NULL
$$;

CREATE FUNCTION platform.marked(v bytea, spelled text[], mark text) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    done bytea;
    at integer;
    s text;
    b bytea;
BEGIN
    FOREACH s IN ARRAY spelled LOOP
        b := convert_to(s, 'UTF8');
        done := '';
        LOOP
            at := position(b IN v);
            EXIT WHEN coalesce(at, 0) = 0;
            done := done || substring(v FOR at - 1) || convert_to(mark, 'UTF8');
            v := substring(v FROM at + length(b));
        END LOOP;
        v := done || v;
    END LOOP;
    RETURN v;
END $$;

-- Where they are -----------------------------------------------------------------

-- Lets a redaction search and mark a table: every table but those that hold secrets and lists.
CREATE PROCEDURE platform.redactable(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE POLICY redaction_search ON %s FOR SELECT TO induct_owner'
        ' USING ((SELECT platform.redacting()))', target);
    EXECUTE format('CREATE POLICY redaction_mark ON %s FOR UPDATE TO induct_owner'
        ' USING ((SELECT platform.redacting())) WITH CHECK ((SELECT platform.redacting()))', target);
END $$;
DO $$
DECLARE
    target regclass;
BEGIN
    FOR target IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r'
        AND c.relnamespace::regnamespace::text
            IN ('platform', 'randomization', 'assessments', 'safety', 'analytics')
        AND c.oid::regclass::text NOT IN (
            'platform.redaction_run', 'randomization.list', 'randomization.slot',
            'assessments.rave_credential', 'safety.webhook_secret', 'safety.desk_secret')
        ORDER BY c.oid LOOP
        CALL platform.redactable(target);
    END LOOP;
END $$;

CREATE FUNCTION platform.redaction_words(
    p_study text, p_stream text, p_seq bigint, p_side text, p_part text, p_starts integer,
    p_length integer) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT nullif(substr(CASE WHEN p_part IS NULL THEN told ELSE told::jsonb ->> p_part END,
                         p_starts + 1, p_length), '')
    FROM (SELECT CASE p_side WHEN 'new_value' THEN a.new_value WHEN 'old_value' THEN a.old_value
                             ELSE a.reason END AS told
          FROM platform.audit a
          WHERE a.study_id = p_study AND a.stream = p_stream AND a.seq = p_seq) AS t
$$;

-- Every row and column of the study, or of no study, that holds words; of a subject where the table
-- knows one. It reads as the owner in a redaction, and answers places and nothing of what stands there; as
-- the program, since results by arm are closed to every role that has no business there, the owner's too.
CREATE FUNCTION platform.redaction_search(p_study text, spelled text[])
    RETURNS TABLE (table_name text, column_name text, row_key jsonb, subject_id text, times integer)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_role text := coalesce(current_setting('app.role', true), '');
    target record;
BEGIN
    PERFORM set_config('app.role', 'system', true);
    FOR target IN
        SELECT c.oid::regclass AS name,
               (SELECT string_agg(format('%L, t.%I', k.attname, k.attname), ', ' ORDER BY k.attnum)
                FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY (i.indkey)
                WHERE i.indrelid = c.oid AND i.indisprimary) AS keys,
               string_agg(format('(%L, platform.words_in(t.%I%s, $1))', a.attname, a.attname,
                   CASE WHEN a.atttypid = 'bytea'::regtype THEN '' ELSE '::text' END), ', ') AS columns,
               bool_or(a.attname = 'study_id') AS of_study,
               bool_or(a.attname = 'subject_id') AS of_subject
        FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE p.polname = 'redaction_search' AND a.atttypid = ANY (
            '{text,varchar,jsonb,bytea,text[]}'::regtype[])
        GROUP BY c.oid ORDER BY c.oid::regclass::text
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT %L, f.name, jsonb_build_object(%s), %s, f.times'
            ' FROM %s AS t CROSS JOIN LATERAL (VALUES %s) AS f (name, times)'
            ' WHERE f.times > 0 AND %s',
            target.name, target.keys, CASE WHEN target.of_subject THEN 't.subject_id' ELSE 'NULL::text' END,
            target.name, target.columns,
            CASE WHEN target.of_study THEN '(t.study_id = $2 OR t.study_id IS NULL)' ELSE 'true' END)
            USING spelled, p_study;
    END LOOP;
    PERFORM set_config('app.role', v_role, true);
END $$;

-- The same, of words that stand in an entry of the trail: whoever asks names them by their place.
CREATE FUNCTION platform.redaction_places(
    p_study text, p_stream text, p_seq bigint, p_side text, p_part text, p_starts integer,
    p_length integer)
    RETURNS TABLE (table_name text, column_name text, row_key jsonb, subject_id text, times integer)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    words text;
BEGIN
    INSERT INTO platform.redaction_run DEFAULT VALUES;
    words := platform.redaction_words(
        p_study, p_stream, p_seq, p_side, p_part, p_starts, p_length);
    IF words IS NOT NULL THEN
        RETURN QUERY SELECT * FROM platform.redaction_search(p_study, platform.spellings(words));
    END IF;
    DELETE FROM platform.redaction_run WHERE xid = pg_current_xact_id();
END $$;

-- Does what was approved, once: marks the words out in every place that was signed for, and fails where
-- they are somewhere else too. An entry of the trail that is not as it was written is not touched: a
-- redaction must not cover what was done to it.
CREATE FUNCTION platform.redact(p_study text, p_number integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    asked platform.redaction;
    entry platform.audit;
    before platform.redacted_entry;
    words text;
    spelled text[];
    mark text := '[redacted ' || p_number || ']';
    target record;
    proven bytea;
    v_salt bytea;
    v_link bytea;
    v_left text;
    v_done integer := 0;
BEGIN
    INSERT INTO platform.redaction_run DEFAULT VALUES;
    SELECT r.* INTO asked FROM platform.redaction r JOIN platform.redaction_decision d
            ON d.study_id = r.study_id AND d.number = r.number
        WHERE r.study_id = p_study AND r.number = p_number AND d.decision = 'approved'
          AND EXISTS (SELECT FROM platform.signature s WHERE s.study_id = p_study
              AND s.signed_table = 'platform.redaction' AND s.signed_key = p_number::text
              AND s.meaning = 'redaction-approved' AND s.signer = d.decided_by)
          AND NOT EXISTS (SELECT FROM platform.redacted_entry e
              WHERE e.study_id = p_study AND e.number = p_number);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'redaction % of % is not one to be done', p_number, p_study
            USING ERRCODE = 'ID003';
    END IF;
    words := platform.redaction_words(asked.study_id, asked.stream, asked.seq, asked.side, asked.part,
        asked.starts, asked.length);
    IF words IS NULL THEN
        RAISE EXCEPTION 'the words of redaction % are gone', p_number USING ERRCODE = 'ID003';
    END IF;
    spelled := platform.spellings(words);
    FOR target IN
        SELECT p."table"::regclass AS name, p.key,
               string_agg(format('%I = platform.marked(t.%I, $2, $3)', p."column", p."column"), ', ') AS sets
        FROM jsonb_to_recordset(asked.places) AS p ("table" text, "column" text, key jsonb)
        WHERE p."table" <> 'platform.audit' GROUP BY 1, 2
    LOOP
        EXECUTE format('UPDATE %s AS t SET %s FROM jsonb_populate_record(NULL::%s, $1) AS k WHERE %s',
            target.name, target.sets, target.name,
            (SELECT string_agg(format('t.%I = k.%I', f, f), ' AND ') FROM jsonb_object_keys(target.key) AS f))
            USING target.key, spelled, mark;
        v_done := v_done + 1;
    END LOOP;
    FOR target IN
        SELECT p.key ->> 'stream' AS stream, (p.key ->> 'seq')::bigint AS seq,
               bool_or(p."column" = 'reason') AS of_reason
        FROM jsonb_to_recordset(asked.places) AS p ("table" text, "column" text, key jsonb)
        WHERE p."table" = 'platform.audit' GROUP BY 1, 2 ORDER BY 1, 2
    LOOP
        SELECT * INTO STRICT entry FROM platform.audit a
            WHERE a.study_id = p_study AND a.stream = target.stream AND a.seq = target.seq;
        SELECT e.* INTO before FROM platform.redacted_entry e
            WHERE e.stream = target.stream AND e.seq = target.seq ORDER BY e.number DESC LIMIT 1;
        proven := coalesce(decode(before.left_values, 'hex'), entry.values_hash);
        IF sha256(entry.salt || convert_to(platform.netstring(entry.old_value, entry.new_value), 'UTF8'))
                IS DISTINCT FROM proven THEN
            RAISE EXCEPTION '%, row %, is not as it was written', target.stream, target.seq
                USING ERRCODE = 'ID003';
        END IF;
        v_salt := uuid_send(gen_random_uuid());
        entry.old_value := platform.marked(entry.old_value, spelled, mark);
        entry.new_value := platform.marked(entry.new_value, spelled, mark);
        entry.reason := platform.marked(entry.reason, spelled, mark);
        SELECT coalesce((SELECT a.hash FROM platform.audit a
                         WHERE a.stream = target.stream AND a.seq = target.seq - 1),
                        sha256(convert_to(target.stream, 'UTF8'))) INTO v_link;
        v_link := sha256(v_link || convert_to(platform.netstring(
            entry.stream, entry.seq::text, entry.study_id, entry.site_id, entry.subject_id,
            entry.table_name, entry.row_key, entry.field, entry.operation, entry.actor,
            entry.actor_role, entry.reason, entry.request_id,
            to_char(entry.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
            encode(entry.values_hash, 'hex')), 'UTF8'));
        UPDATE platform.audit SET old_value = entry.old_value, new_value = entry.new_value,
                reason = entry.reason, salt = v_salt
            WHERE stream = target.stream AND seq = target.seq;
        INSERT INTO platform.redacted_entry
            VALUES (p_study, p_number, asked.site_id, asked.subject_id, target.stream, target.seq,
                encode(sha256(v_salt || convert_to(
                    platform.netstring(entry.old_value, entry.new_value), 'UTF8')), 'hex'),
                CASE WHEN target.of_reason OR before.left_link IS NOT NULL
                     THEN encode(v_link, 'hex') END);
        v_done := v_done + 1;
    END LOOP;
    SELECT string_agg(DISTINCT s.table_name || '.' || s.column_name, ', ') INTO v_left
        FROM platform.redaction_search(p_study, spelled) AS s
        WHERE s.subject_id IS NULL OR s.subject_id = asked.subject_id;
    IF v_left IS NOT NULL THEN
        RAISE EXCEPTION 'the words stand in % too', v_left USING ERRCODE = 'ID003';
    END IF;
    DELETE FROM platform.redaction_run WHERE xid = pg_current_xact_id();
    RETURN v_done;
END $$;

REVOKE EXECUTE ON FUNCTION platform.spellings(text), platform.words_in(text, text[]),
    platform.words_in(bytea, text[]), platform.marked(text, text[], text),
    platform.marked(jsonb, text[], text), platform.marked(text[], text[], text),
    platform.marked(bytea, text[], text),
    platform.redaction_words(text, text, bigint, text, text, integer, integer),
    platform.redaction_search(text, text[]),
    platform.redaction_places(text, text, bigint, text, text, integer, integer),
    platform.redact(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.redact(text, integer),
    platform.redaction_places(text, text, bigint, text, text, integer, integer) TO induct_platform;
