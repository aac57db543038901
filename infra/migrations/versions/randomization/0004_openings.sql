-- More ways through the wall around the list, each with a condition of its own.

-- All slots of a downtime list: they go into envelopes before there is a downtime.
CREATE FUNCTION randomization.open_envelopes(p_study text, p_list text)
    RETURNS SETOF randomization.slot
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.* FROM randomization.slot s JOIN randomization.list l
      ON l.study_id = s.study_id AND l.list_id = s.list_id
    WHERE l.study_id = p_study AND l.list_id = p_list AND l.purpose = 'downtime'
      AND l.state = 'active'
    ORDER BY s.leaf_index
$$;

-- The whole list with its parameters, once the study is closed for good.
CREATE FUNCTION randomization.reveal_slots(p_study text, p_list text)
    RETURNS SETOF randomization.slot
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.* FROM randomization.slot s JOIN randomization.list l
      ON l.study_id = s.study_id AND l.list_id = s.list_id
    JOIN platform.study t ON t.study_id = s.study_id
    WHERE l.study_id = p_study AND l.list_id = p_list AND l.state IN ('closed', 'revealed')
      AND t.state = 'closed'
    ORDER BY s.leaf_index
$$;
CREATE FUNCTION randomization.reveal_parameters(p_study text, p_list text) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.sealed_parameters FROM randomization.list l
    JOIN platform.study t ON t.study_id = l.study_id
    WHERE l.study_id = p_study AND l.list_id = p_list AND l.state IN ('closed', 'revealed')
      AND t.state = 'closed'
$$;

-- What minimisation weighs: how many of those allocated so far have each level, by fake arm.
CREATE FUNCTION randomization.balance(p_study text)
    RETURNS TABLE (factor text, level text, fake_arm text, subjects bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.key, l.value, a.fake_arm, count(*)
    FROM randomization.allocation a CROSS JOIN LATERAL jsonb_each_text(a.levels) AS l
    WHERE a.study_id = p_study AND a.fake_arm IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM randomization.in_error e
        WHERE e.study_id = a.study_id AND e.subject_id = a.subject_id)
    GROUP BY 1, 2, 3
$$;

-- How many minimisation draws were used, over all sites.
CREATE FUNCTION randomization.draws_used(p_study text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*)::integer FROM randomization.allocation a
    WHERE a.study_id = p_study AND a.fake_arm IS NOT NULL
$$;

-- How many forced allocations there are, over all sites, with the study locked.
CREATE FUNCTION randomization.forced_used(p_study text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM platform.study s WHERE s.study_id = p_study FOR NO KEY UPDATE;
    RETURN (SELECT count(*) FROM randomization.allocation a
            WHERE a.study_id = p_study AND a.source = 'forced');
END $$;

-- Whether a child has an allocation under another of its screening numbers, anywhere. Where it has
-- several numbers the study is locked first: two of them at once must not both find none.
CREATE FUNCTION randomization.earlier_allocation(p_study text, p_subject text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_numbers text[];
BEGIN
    WITH RECURSIVE chain AS (
        SELECT s.subject_id, s.rescreening_of FROM assessments.subject s
        WHERE s.study_id = p_study AND s.subject_id = p_subject
        UNION
        SELECT near.subject_id, near.rescreening_of FROM chain CROSS JOIN LATERAL (
            SELECT s.subject_id, s.rescreening_of FROM assessments.subject s
            WHERE s.study_id = p_study AND s.subject_id = chain.rescreening_of
            UNION ALL
            SELECT s.subject_id, s.rescreening_of FROM assessments.subject s
            WHERE s.study_id = p_study AND s.rescreening_of = chain.subject_id) AS near)
    SELECT array_agg(subject_id) INTO v_numbers FROM chain WHERE subject_id <> p_subject;
    IF v_numbers IS NULL THEN
        RETURN false;
    END IF;
    PERFORM 1 FROM platform.study s WHERE s.study_id = p_study FOR NO KEY UPDATE;
    RETURN EXISTS (SELECT 1 FROM randomization.allocation a
                   WHERE a.study_id = p_study AND a.subject_id = ANY (v_numbers));
END $$;

-- Enrolment is paused, closed and opened again here: the study's row is the platform's.
CREATE FUNCTION randomization.set_enrolment(p_study text, p_state text, OUT before text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT s.state INTO before FROM platform.study s
        WHERE s.study_id = p_study FOR NO KEY UPDATE;
    -- Once a list is open for all to read, nobody may be allocated in the study any more.
    IF EXISTS (SELECT 1 FROM randomization.list l
               WHERE l.study_id = p_study AND l.state = 'revealed') THEN
        RAISE EXCEPTION 'a list of the study is revealed' USING ERRCODE = 'IR009';
    END IF;
    UPDATE platform.study s SET state = p_state
        WHERE s.study_id = p_study AND s.state <> p_state;
END $$;

GRANT EXECUTE ON FUNCTION
    randomization.seal_list(text, text, jsonb, bytea, text[], integer[], bytea[], bytea[], bytea[]),
    randomization.take_slot(text, text, text, text, text, date, jsonb, boolean),
    randomization.take_envelope(text, text, text, text, integer, text),
    randomization.open_envelopes(text, text), randomization.reveal_slots(text, text),
    randomization.reveal_parameters(text, text), randomization.balance(text),
    randomization.draws_used(text), randomization.forced_used(text),
    randomization.earlier_allocation(text, text), randomization.set_enrolment(text, text)
    TO induct_randomization;
