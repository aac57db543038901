-- The only ways to a slot's ciphertext. They run as the owner with a pinned search_path; nobody
-- but the service's login may call them. The owner's own policies let them count over every site.

-- Stores a sealed list. Ciphertexts go in here and come out only below.
CREATE FUNCTION randomization.seal_list(
    p_study text, p_list text, p_facts jsonb, p_parameters bytea,
    p_labels text[], p_positions integer[], p_ciphertexts bytea[], p_commitments bytea[],
    p_paths bytea[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_mode text;
BEGIN
    SELECT mode INTO v_mode FROM platform.study WHERE study_id = p_study FOR NO KEY UPDATE;
    INSERT INTO randomization.list (
        study_id, list_id, ordinal, purpose, site_id, extends, method, algorithm, mode, state,
        author, sealed_at, leaf_count, root, sealed_sha256, parameters_commitment,
        sealed_parameters, key_name, definition_version)
    SELECT p_study, p_list,
           1 + coalesce((SELECT max(l.ordinal) FROM randomization.list l
                         WHERE l.study_id = p_study), 0),
           f.purpose, f.site_id, f.extends, f.method, f.algorithm, v_mode, 'sealed', f.author,
           f.sealed_at, cardinality(p_labels), decode(f.root, 'hex'), f.sealed_sha256,
           f.parameters_commitment, p_parameters, f.key_name, f.definition_version
    FROM jsonb_to_record(p_facts) AS f (
        purpose text, site_id text, extends text, method text, algorithm text, author text,
        sealed_at timestamptz, root text, sealed_sha256 text, parameters_commitment text,
        key_name text, definition_version text);
    INSERT INTO randomization.stratum
        SELECT DISTINCT p_study, l FROM unnest(p_labels) AS l ORDER BY l ON CONFLICT DO NOTHING;
    INSERT INTO randomization.slot
        SELECT p_study, p_list, label, position, n - 1, ciphertext, commitment, path
        FROM unnest(p_labels, p_positions, p_ciphertexts, p_commitments, p_paths)
            WITH ORDINALITY AS t (label, position, ciphertext, commitment, path, n);
END $$;

-- The first cap that one more allocation would break, and the thresholds that it would reach.
-- Cap N admits N. `stratum` caps may name a part of a label (one level of one factor).
CREATE FUNCTION randomization.weigh_caps(
    p_study text, p_site text, p_country text, p_stratum text, p_caps jsonb,
    OUT reached text, OUT alerts jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    cap record;
    v_parts text[] := string_to_array(p_stratum, ';');
    v_used integer;
BEGIN
    alerts := '[]';
    FOR cap IN SELECT * FROM jsonb_to_recordset(p_caps) AS c (
        id text, scope text, target text, "limit" integer, counts_in_error boolean,
        alerts integer[])
    LOOP
        CONTINUE WHEN cap.target IS NOT NULL AND NOT CASE cap.scope
            WHEN 'site' THEN cap.target = p_site
            WHEN 'country' THEN cap.target = p_country
            WHEN 'stratum' THEN string_to_array(cap.target, ';') <@ v_parts
            ELSE true END;
        SELECT count(*) INTO v_used FROM randomization.allocation a
            LEFT JOIN randomization.in_error e
              ON e.study_id = a.study_id AND e.subject_id = a.subject_id
            WHERE a.study_id = p_study AND (cap.counts_in_error OR e.subject_id IS NULL)
              AND CASE cap.scope
                WHEN 'site' THEN a.site_id = p_site
                WHEN 'country' THEN a.country = p_country
                WHEN 'stratum' THEN
                    string_to_array(coalesce(cap.target, p_stratum), ';')
                        <@ string_to_array(a.stratum, ';')
                ELSE true END;
        IF v_used >= cap."limit" THEN
            reached := cap.id;
            RETURN;
        END IF;
        SELECT weigh_caps.alerts || coalesce(jsonb_agg(jsonb_build_object(
                'cap', cap.id, 'scope', cap.scope, 'percent', percent,
                'target', CASE cap.scope WHEN 'site' THEN p_site WHEN 'country' THEN p_country
                          WHEN 'stratum' THEN coalesce(cap.target, p_stratum) ELSE p_study END)
                ORDER BY percent), '[]')
            INTO weigh_caps.alerts
            FROM unnest(cap.alerts) AS percent
            WHERE (v_used + 1) * 100 >= percent * cap."limit"
              AND v_used * 100 < percent * cap."limit";
    END LOOP;
END $$;

-- The last position of a stratum that a child was given or that was voided: 0 before the first.
CREATE FUNCTION randomization.last_given(p_study text, p_list text, p_label text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT greatest(
        (SELECT max(a.position) FROM randomization.allocation a
         WHERE a.study_id = p_study AND a.list_id = p_list AND a.label = p_label),
        (SELECT max(v.position) FROM randomization.void_slot v
         WHERE v.study_id = p_study AND v.list_id = p_list AND v.label = p_label), 0)
$$;

-- The last position before the next free slot of a stratum, by the slots themselves. Where it is
-- not the last one given, a slot was marked, moved or removed by somebody else than take_slot.
CREATE FUNCTION randomization.last_marked(p_study text, p_list text, p_label text) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT min(s.position) - 1 FROM randomization.slot s
         WHERE s.study_id = p_study AND s.list_id = p_list AND s.label = p_label
           AND s.subject_id IS NULL),
        (SELECT max(s.position) FROM randomization.slot s
         WHERE s.study_id = p_study AND s.list_id = p_list AND s.label = p_label), 0)
$$;

-- Locks study, site and stratum, always in that order, then reads in later statements: under
-- READ COMMITTED each statement of a volatile function sees what the lock waited for.
-- FOR NO KEY UPDATE, because FOR UPDATE would block every insert with a foreign key here.
-- `refusal` tells why nothing was taken; the transaction is then given up.
CREATE FUNCTION randomization.take_slot(
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
                    WHEN bool_or(l.state = 'suspended') THEN 'list-suspended'
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

-- Takes the slot behind an envelope that a site has opened while the system was away. The next
-- one of its stratum must come first; `refusal` otherwise.
CREATE FUNCTION randomization.take_envelope(
    p_study text, p_list text, p_site text, p_label text, p_position integer, p_subject text,
    OUT refusal text, OUT leaf_index integer, OUT ciphertext bytea, OUT commitment bytea,
    OUT path bytea, OUT country text, OUT root bytea, OUT list_id text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_last integer;
    v_mode text;
BEGIN
    take_envelope.list_id := p_list;
    PERFORM set_config('app.reason', 'backup entry', true);
    SELECT s.mode INTO v_mode FROM platform.study s
        WHERE s.study_id = p_study FOR NO KEY UPDATE;
    SELECT l.root, CASE WHEN l.mode <> v_mode THEN 'wrong-mode'
                        WHEN l.state = 'suspended' THEN 'list-suspended'
                        WHEN l.state <> 'active' THEN 'no-active-list' END
        INTO take_envelope.root, refusal FROM randomization.list l
        WHERE l.study_id = p_study AND l.list_id = p_list AND l.purpose = 'downtime'
          AND l.site_id = p_site;
    IF NOT FOUND THEN
        refusal := 'envelope-unknown';
    END IF;
    IF refusal IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT s.country INTO take_envelope.country FROM randomization.site s
        WHERE s.study_id = p_study AND s.site_id = p_site FOR SHARE;
    PERFORM 1 FROM randomization.stratum s
        WHERE s.study_id = p_study AND s.label = p_label FOR NO KEY UPDATE;
    v_last := randomization.last_marked(p_study, p_list, p_label);
    IF v_last <> randomization.last_given(p_study, p_list, p_label) THEN
        refusal := 'list-broken';
        RETURN;
    END IF;
    SELECT s.leaf_index, s.ciphertext, s.commitment, s.path
        INTO take_envelope.leaf_index, take_envelope.ciphertext, take_envelope.commitment,
             take_envelope.path
        FROM randomization.slot s
        WHERE s.study_id = p_study AND s.list_id = p_list AND s.label = p_label
          AND s.position = p_position;
    IF NOT FOUND THEN
        refusal := 'envelope-unknown';
    ELSIF p_position <> v_last + 1 THEN
        refusal := 'envelope-out-of-order';
    ELSE
        UPDATE randomization.slot s SET subject_id = p_subject
            WHERE s.study_id = p_study AND s.list_id = p_list AND s.label = p_label
              AND s.position = p_position AND s.subject_id IS NULL;
    END IF;
END $$;
