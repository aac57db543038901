-- After a restore: a number that somebody outside has seen is no other case's.
CREATE FUNCTION safety.raise_case_number(p_study text, p_number integer) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.study', p_study, true);
    INSERT INTO safety.case_number AS n VALUES (p_study, p_number)
        ON CONFLICT (study_id) DO UPDATE SET last = greatest(n.last, excluded.last);
END $$;
REVOKE EXECUTE ON FUNCTION safety.raise_case_number(text, integer) FROM PUBLIC;
GRANT USAGE ON SCHEMA safety TO induct_platform;
GRANT EXECUTE ON FUNCTION safety.raise_case_number(text, integer) TO induct_platform;
