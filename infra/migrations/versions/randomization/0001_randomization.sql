-- Central allocation. The list is reachable by SECURITY DEFINER functions only: the login
-- of the service can take the next slot, but can read no arm that is not yet given.

CREATE SCHEMA randomization;
GRANT USAGE ON SCHEMA randomization TO induct_randomization;

CREATE TABLE randomization.site (
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    time_zone text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'closed')),
    opened_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, site_id)
);

CREATE TABLE randomization.list (
    study_id text NOT NULL REFERENCES platform.study,
    list_id text NOT NULL,
    method text NOT NULL CHECK (method IN ('permuted_blocks', 'uploaded_list')),
    mode text NOT NULL CHECK (mode IN ('live', 'training')),
    state text NOT NULL CHECK (state IN ('active', 'closed')),
    slots integer NOT NULL,
    content_hash text NOT NULL,
    activated_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, list_id)
);
CREATE UNIQUE INDEX one_active_list ON randomization.list (study_id) WHERE state = 'active';

CREATE TABLE randomization.stratum (
    study_id text NOT NULL,
    list_id text NOT NULL,
    label text NOT NULL,
    PRIMARY KEY (study_id, list_id, label),
    FOREIGN KEY (study_id, list_id) REFERENCES randomization.list
);
COMMENT ON TABLE randomization.stratum IS 'The row that is locked while a slot is taken.';

CREATE TABLE randomization.slot (
    study_id text NOT NULL,
    list_id text NOT NULL,
    label text NOT NULL,
    position integer NOT NULL CHECK (position >= 1),
    arm text NOT NULL,
    subject_id text,
    PRIMARY KEY (study_id, list_id, label, position),
    UNIQUE (study_id, subject_id),
    FOREIGN KEY (study_id, list_id, label) REFERENCES randomization.stratum
);
CREATE INDEX slot_free ON randomization.slot (study_id, list_id, label, position)
    WHERE subject_id IS NULL;

CREATE TABLE randomization.allocation (
    allocation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    randomization_number text NOT NULL,
    list_id text NOT NULL,
    stratum text NOT NULL,
    arm text NOT NULL,
    randomized_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    gate jsonb NOT NULL,
    content_hash text NOT NULL,
    definition_version text NOT NULL,
    UNIQUE (study_id, subject_id),
    UNIQUE (study_id, randomization_number),
    FOREIGN KEY (study_id, site_id) REFERENCES randomization.site
);
COMMENT ON COLUMN randomization.allocation.content_hash IS
    'SHA-256 of the request as submitted: decides replay (same) from conflict (differing).';

CREATE TABLE randomization.screening (
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    registered_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, subject_id)
);
COMMENT ON TABLE randomization.screening IS
    'Screening log kept from the events of assessments; enrolment figures are counted from it.';

CALL platform.protect('randomization.site', false);
CALL platform.protect('randomization.list', false);
CALL platform.protect('randomization.stratum', false);
CALL platform.protect('randomization.slot', false);
CALL platform.protect('randomization.allocation', true);
CALL platform.protect('randomization.screening', true);

CALL platform.audited('randomization.site', 'site_id');
-- The hash of a short list could be guessed back to its arms, so it stays out of sight.
CALL platform.audited('randomization.list', 'list_id', 'content_hash');
CALL platform.audited('randomization.allocation', 'allocation_id');
CALL platform.audited('randomization.screening', 'subject_id');
CREATE TRIGGER audit AFTER UPDATE OR DELETE ON randomization.slot FOR EACH ROW
    EXECUTE FUNCTION platform.record_audit('list_id,label,position', 'arm');
CALL platform.append_only('randomization.allocation');
CALL platform.append_only('randomization.screening');

GRANT SELECT, INSERT, UPDATE (state) ON randomization.site TO induct_randomization;
GRANT SELECT (study_id, list_id, method, mode, state, slots, activated_at)
    ON randomization.list TO induct_randomization;
GRANT SELECT, INSERT ON randomization.allocation, randomization.screening TO induct_randomization;

-- Locks study, site and stratum, always in that order, then reads in later statements: under
-- READ COMMITTED each statement of a volatile function sees what the lock waited for.
-- FOR NO KEY UPDATE, because FOR UPDATE would block every insert with a foreign key here.
CREATE FUNCTION randomization.take_slot(
    p_study text, p_site text, p_label text, p_subject text,
    OUT list_id text, OUT arm text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
    v_mode text;
    v_position integer;
BEGIN
    -- Why the slot and the allocation change, for the trail.
    PERFORM set_config('app.reason', 'allocation', true);
    SELECT state, mode INTO v_state, v_mode FROM platform.study WHERE study_id = p_study FOR SHARE;
    IF v_state IS DISTINCT FROM 'active' THEN
        RAISE EXCEPTION 'study is not open' USING ERRCODE = 'IR001';
    END IF;
    PERFORM 1 FROM randomization.site
        WHERE study_id = p_study AND site_id = p_site AND state = 'open' FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'site is not open' USING ERRCODE = 'IR002';
    END IF;
    SELECT l.list_id INTO take_slot.list_id FROM randomization.list l
        WHERE l.study_id = p_study AND l.state = 'active' AND l.mode = v_mode;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no active list' USING ERRCODE = 'IR003';
    END IF;
    PERFORM 1 FROM randomization.stratum s
        WHERE s.study_id = p_study AND s.list_id = take_slot.list_id AND s.label = p_label
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such stratum' USING ERRCODE = 'IR004';
    END IF;
    SELECT s.position, s.arm INTO v_position, take_slot.arm FROM randomization.slot s
        WHERE s.study_id = p_study AND s.list_id = take_slot.list_id AND s.label = p_label
          AND s.subject_id IS NULL
        ORDER BY s.position LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'stratum is exhausted' USING ERRCODE = 'IR005';
    END IF;
    UPDATE randomization.slot s SET subject_id = p_subject
        WHERE s.study_id = p_study AND s.list_id = take_slot.list_id AND s.label = p_label
          AND s.position = v_position AND s.subject_id IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'slot was taken under the lock' USING ERRCODE = 'IR006';
    END IF;
END $$;

-- Loads a list and makes it the active one. Arms go in and never come out but by take_slot.
CREATE FUNCTION randomization.load_list(
    p_study text, p_list text, p_method text, p_hash text, p_at timestamptz,
    p_labels text[], p_positions integer[], p_arms text[]) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_mode text;
BEGIN
    SELECT mode INTO v_mode FROM platform.study WHERE study_id = p_study FOR NO KEY UPDATE;
    IF v_mode IS NULL THEN
        RAISE EXCEPTION 'no such study' USING ERRCODE = 'IR001';
    END IF;
    INSERT INTO randomization.list VALUES
        (p_study, p_list, p_method, v_mode, 'active', cardinality(p_labels), p_hash, p_at);
    INSERT INTO randomization.stratum
        SELECT DISTINCT p_study, p_list, l FROM unnest(p_labels) AS l;
    INSERT INTO randomization.slot
        SELECT p_study, p_list, l, p, a FROM unnest(p_labels, p_positions, p_arms) AS t (l, p, a);
    RETURN cardinality(p_labels);
END $$;
GRANT EXECUTE ON FUNCTION randomization.take_slot(text, text, text, text),
    randomization.load_list(text, text, text, text, timestamptz, text[], integer[], text[])
    TO induct_randomization;

-- Read views for the other services: the invoker's own rights and policies apply.
CREATE VIEW randomization.site_read WITH (security_invoker = true) AS
    SELECT study_id, site_id, country, time_zone, state FROM randomization.site;
CREATE VIEW randomization.allocation_read WITH (security_invoker = true) AS
    SELECT study_id, subject_id, site_id, stratum, arm, randomized_at FROM randomization.allocation;
GRANT USAGE ON SCHEMA randomization TO induct_assessments, induct_safety, induct_analytics;
GRANT SELECT (study_id, site_id, country, time_zone, state) ON randomization.site
    TO induct_assessments, induct_safety, induct_analytics;
GRANT SELECT ON randomization.site_read TO induct_assessments, induct_safety, induct_analytics;
GRANT SELECT (study_id, subject_id, site_id, stratum, arm, randomized_at)
    ON randomization.allocation TO induct_analytics;
GRANT SELECT ON randomization.allocation_read TO induct_analytics;
