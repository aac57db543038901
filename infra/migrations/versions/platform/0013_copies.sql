-- Where the study's streams stood at an instant, for the certificate of an unblinded copy.
CREATE FUNCTION platform.heads_at(at timestamptz)
    RETURNS TABLE (stream text, seq bigint, hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.stream, l.seq, encode(l.hash, 'hex')
    FROM platform.audit_head h CROSS JOIN LATERAL (
        SELECT a.seq, a.hash FROM platform.audit a
        WHERE a.stream = h.stream AND a.recorded_at <= at ORDER BY a.seq DESC LIMIT 1) AS l
    WHERE (h.stream = platform.current_study()
           OR starts_with(h.stream, platform.current_study() || '/'))
      AND platform.setting('role') = ANY ('{statistician,auditor}')
    ORDER BY h.stream COLLATE "C"
$$;
REVOKE EXECUTE ON FUNCTION platform.heads_at(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.heads_at(timestamptz) TO induct_assessments;

-- As 0011 has it, with what an approved redaction left of an entry: its values are hashed with a new
-- salt then, and where words of the reason went, the entry has a hash as it is without them.
DROP FUNCTION platform.trail_of(text, bigint, integer);
CREATE FUNCTION platform.trail_of(subject text, after bigint, most integer)
    RETURNS TABLE (stream text, seq bigint, site_id text, table_name text, row_key text, field text,
                   operation text, told boolean, old_value text, new_value text, salt text,
                   values_hash text, redaction integer, left_values text, left_link text,
                   actor text, actor_role text, reason text, request_id text, recorded_at text,
                   hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.stream, a.seq, a.site_id, a.table_name, a.row_key, a.field, a.operation, t.told,
           CASE WHEN t.told THEN a.old_value END, CASE WHEN t.told THEN a.new_value END,
           CASE WHEN t.told THEN encode(a.salt, 'hex') END, encode(a.values_hash, 'hex'),
           e.number, e.left_values, e.left_link, a.actor, a.actor_role, a.reason, a.request_id,
           to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           encode(a.hash, 'hex')
    FROM platform.audit a CROSS JOIN LATERAL (
        SELECT a.actor_role = ANY ('{investigator,coordinator,iwrs,edc}')
               -- These tell of other sites' children: how a minimised arm was weighed, what was signed
               -- of it, and in a version its place among all that the study wrote.
               AND (a.table_name, a.field) NOT IN (
                   ('randomization.allocation', 'explanation'),
                   ('randomization.allocation', 'fake_arm'),
                   ('platform.signature', 'content_hash'),
                   ('assessments.record_version', '*')) AS told) AS t
    LEFT JOIN LATERAL (
        SELECT r.number, r.left_values, r.left_link FROM platform.redacted_entry r
        JOIN platform.redaction_decision d ON d.study_id = r.study_id AND d.number = r.number
        WHERE r.stream = a.stream AND r.seq = a.seq AND d.decision = 'approved'
          AND d.decided_by <> d.requested_by
        ORDER BY r.number DESC LIMIT 1) AS e ON true
    WHERE a.stream = platform.current_study() || '/' || subject AND a.seq > after
      AND platform.setting('role') = ANY ('{investigator,coordinator,cra}')
      AND (SELECT o.site_id FROM platform.audit o
           WHERE o.stream = platform.current_study() || '/' || subject AND o.site_id IS NOT NULL
           ORDER BY o.seq LIMIT 1) = ANY (platform.sites())
    ORDER BY a.seq LIMIT most
$$;
REVOKE EXECUTE ON FUNCTION platform.trail_of(text, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.trail_of(text, bigint, integer) TO induct_assessments;
