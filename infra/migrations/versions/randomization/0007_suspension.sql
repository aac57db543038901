-- A suspended list stops the study instead of being passed over for its extension; and the count
-- of forced allocations locks nothing by itself: whoever counts holds the study's lock already.

CREATE OR REPLACE FUNCTION randomization.take_slot(
    p_study text, p_site text, p_label text, p_stratum text, p_subject text, p_today date,
    p_caps jsonb, p_exclusive boolean,
    OUT refusal text, OUT cap text, OUT alerts jsonb, OUT list_id text, OUT "position" integer,
    OUT leaf_index integer, OUT ciphertext bytea, OUT commitment bytea, OUT path bytea,
    OUT country text, OUT root bytea, OUT manifest text, OUT signature bytea,
    OUT public_key bytea, OUT taken_at timestamptz)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
    v_mode text;
    v_site record;
BEGIN
    -- Why the slot and the allocation change, for the trail.
    PERFORM set_config('app.reason', 'allocation', true);
    IF p_exclusive THEN
        SELECT s.state, s.mode INTO v_state, v_mode FROM platform.study s
            WHERE s.study_id = p_study FOR NO KEY UPDATE;
    ELSE
        SELECT s.state, s.mode INTO v_state, v_mode FROM platform.study s
            WHERE s.study_id = p_study FOR SHARE;
    END IF;
    IF v_state IS DISTINCT FROM 'active' THEN
        refusal := 'study-' || coalesce(v_state, 'closed');
        RETURN;
    END IF;
    SELECT s.state, s.approved_until, s.country INTO v_site FROM randomization.site s
        WHERE s.study_id = p_study AND s.site_id = p_site FOR SHARE;
    IF v_site.state IS DISTINCT FROM 'open' THEN
        refusal := 'site-not-open';
        RETURN;
    END IF;
    IF v_site.approved_until < p_today THEN
        refusal := 'site-approval-expired';
        RETURN;
    END IF;
    take_slot.country := v_site.country;
    PERFORM 1 FROM randomization.stratum s
        WHERE s.study_id = p_study AND s.label = p_label FOR NO KEY UPDATE;
    SELECT w.reached, w.alerts INTO take_slot.cap, take_slot.alerts
        FROM randomization.weigh_caps(p_study, p_site, v_site.country, p_stratum, p_caps) AS w
        WHERE p_caps <> '[]';
    IF take_slot.cap IS NOT NULL THEN
        refusal := 'cap-reached';
        RETURN;
    END IF;
    -- A suspended list stops the study, and is not passed over for its extension: somebody looks at
    -- it first, and puts it back in force or closes it.
    PERFORM 1 FROM randomization.list l
        WHERE l.study_id = p_study AND l.state = 'suspended' AND l.purpose = 'central';
    IF FOUND THEN
        refusal := 'list-suspended';
        RETURN;
    END IF;
    SELECT l.list_id INTO take_slot.list_id FROM randomization.list l
        WHERE l.study_id = p_study AND l.state = 'active' AND l.mode = v_mode
          AND l.purpose = 'central'
          AND randomization.last_marked(p_study, l.list_id, p_label)
              <> randomization.last_given(p_study, l.list_id, p_label)
        ORDER BY l.ordinal LIMIT 1;
    IF FOUND THEN
        refusal := 'list-broken';
        RETURN;
    END IF;
    SELECT l.list_id, l.root, l.manifest, l.signature, l.public_key, s.position, s.leaf_index,
           s.ciphertext, s.commitment, s.path
        INTO take_slot.list_id, take_slot.root, take_slot.manifest, take_slot.signature,
             take_slot.public_key, take_slot.position, take_slot.leaf_index,
             take_slot.ciphertext, take_slot.commitment, take_slot.path
        -- A list after the other, and of each the first free slot only: the stratum is locked.
        FROM randomization.list l CROSS JOIN LATERAL (
            SELECT * FROM randomization.slot f
            WHERE f.study_id = p_study AND f.list_id = l.list_id AND f.label = p_label
              AND f.subject_id IS NULL
            ORDER BY f.position LIMIT 1) AS s
        WHERE l.study_id = p_study AND l.state = 'active' AND l.mode = v_mode
          AND l.purpose = 'central'
        ORDER BY l.ordinal LIMIT 1;
    IF NOT FOUND THEN
        SELECT CASE WHEN bool_or(l.state = 'active' AND l.mode = v_mode) THEN 'stratum-exhausted'
                    WHEN bool_or(l.state = 'active') THEN 'wrong-mode'
                    ELSE 'no-active-list' END INTO refusal
            FROM randomization.list l WHERE l.study_id = p_study AND l.purpose = 'central';
        RETURN;
    END IF;
    UPDATE randomization.slot s SET subject_id = p_subject
        WHERE s.study_id = p_study AND s.list_id = take_slot.list_id AND s.label = p_label
          AND s.position = take_slot.position AND s.subject_id IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'slot was taken under the lock' USING ERRCODE = 'IR006';
    END IF;
    -- The clock is read under the lock: a later position never has an earlier time.
    taken_at := clock_timestamp();
END $$;

-- How many forced allocations there are, over all sites.
CREATE OR REPLACE FUNCTION randomization.forced_used(p_study text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*)::integer FROM randomization.allocation a
    WHERE a.study_id = p_study AND a.source = 'forced'
$$;
