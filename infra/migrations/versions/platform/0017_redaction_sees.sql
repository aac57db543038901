-- Results by arm are closed to every role that has no business there, the owner's too: the search of a
-- redaction (0015) passed their tables over. It is the program that reads, and it answers places only.

CREATE OR REPLACE FUNCTION platform.redaction_search(p_study text, spelled text[])
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
