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

-- The used slots as they are stored, without what they hold: the reconciliation holds them against
-- the allocations.
CREATE FUNCTION randomization.marked_slots(p_study text)
    RETURNS TABLE (list_id text, label text, "position" integer, subject_id text,
                   commitment bytea, leaf_index integer, path bytea, root bytea, leaf_count integer)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.list_id, s.label, s.position, s.subject_id, s.commitment, s.leaf_index, s.path,
           l.root, l.leaf_count
    FROM randomization.slot s JOIN randomization.list l
      ON l.study_id = s.study_id AND l.list_id = s.list_id
    WHERE s.study_id = p_study AND s.subject_id IS NOT NULL
$$;

GRANT EXECUTE ON FUNCTION randomization.every_study(), randomization.schema_version(),
    randomization.marked_slots(text)
    TO induct_randomization;
