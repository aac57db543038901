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
