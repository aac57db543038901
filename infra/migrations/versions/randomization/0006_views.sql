-- What the views and the nightly reconciliation must know beyond one study's rows.

-- The nightly schedule names no study: it learns which there are, and then works inside one.
-- Those whose enrolment is closed too: their children are followed up for years.
CREATE FUNCTION randomization.every_study() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT study_id FROM platform.study ORDER BY study_id
$$;
CREATE POLICY reconciled ON platform.study FOR SELECT TO induct_owner USING (true);

-- The schema a specification was written on, one revision a branch.
CREATE FUNCTION randomization.schema_version() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(version_num, ', ' ORDER BY version_num) FROM platform.alembic_version
$$;

GRANT EXECUTE ON FUNCTION randomization.every_study(), randomization.schema_version()
    TO induct_randomization;
