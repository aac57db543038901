-- From which networks a credential of Rave Web Services may be used: from any where none is named.
ALTER TABLE assessments.rave_credential ADD COLUMN networks cidr[] NOT NULL DEFAULT '{}';
CALL platform.verifiable('assessments.rave_credential');

DROP FUNCTION assessments.rave_login(text);
CREATE FUNCTION assessments.rave_login(p_user text)
    RETURNS TABLE (study_id text, role text, sites text[], salt bytea, secret_hash bytea,
                   networks text[])
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.study_id, c.role, c.sites, c.salt, c.secret_hash, c.networks::text[]
    FROM assessments.rave_credential c
    WHERE c.user_name = p_user AND c.state = 'active'
$$;
REVOKE ALL ON FUNCTION assessments.rave_login(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assessments.rave_login(text) TO induct_assessments;
