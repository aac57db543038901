-- After a restore to an earlier moment nobody is allocated before somebody has seen to what the world
-- saw: lost allocations come back at exactly their positions, other positions that were given are
-- voided, and then the list goes on behind them.

CREATE TABLE randomization.hold (
    hold_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    opened_by text NOT NULL CHECK (btrim(opened_by) <> ''),
    opened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    released_by text,
    released_at timestamptz,
    CHECK ((released_by IS NULL) = (released_at IS NULL))
);
COMMENT ON TABLE randomization.hold IS
    'While one of a study is not released, no slot is taken but for what was lost.';
CREATE UNIQUE INDEX one_hold ON randomization.hold (study_id) WHERE released_at IS NULL;

CREATE TABLE randomization.hold_step (
    step_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('void', 'release')),
    list_id text,
    label text,
    position integer,
    seen jsonb NOT NULL DEFAULT '[]',
    without jsonb NOT NULL DEFAULT '[]',
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text CHECK (decided_by <> proposed_by),
    decided_at timestamptz,
    decision_reason text,
    CHECK ((kind = 'void') = (list_id IS NOT NULL)),
    CHECK ((list_id IS NULL) = (label IS NULL) AND (label IS NULL) = (position IS NULL)),
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)
        AND (decided_by IS NULL) = (decision_reason IS NULL))
);
COMMENT ON COLUMN randomization.hold_step.seen IS
    'The last position of each stratum that anybody outside has seen, as whoever proposes knows it.';
COMMENT ON COLUMN randomization.hold_step.without IS
    'Lost allocations that stay without one here, each with the reason.';
CREATE UNIQUE INDEX one_open_step ON randomization.hold_step (study_id) WHERE state = 'proposed';

-- Lives of the database that are known good: '*' for every study, or for one alone.
CREATE TABLE randomization.incarnation (
    study_id text NOT NULL,
    incarnation text NOT NULL,
    accepted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, incarnation)
);
INSERT INTO randomization.incarnation (study_id, incarnation)
    SELECT '*', platform.incarnation() WHERE platform.incarnation() IS NOT NULL;

CALL platform.protect('randomization.hold', false);
-- Whether a study is held is told of every study, whichever the transaction is in.
CREATE POLICY holding ON randomization.hold FOR SELECT TO induct_owner USING (true);
CALL platform.protect('randomization.hold_step', false);
ALTER TABLE randomization.incarnation ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY holding ON randomization.incarnation TO induct_owner USING (true) WITH CHECK (true);
CALL platform.append_only('randomization.incarnation');
CALL platform.audited('randomization.hold', 'hold_id');
CALL platform.audited('randomization.hold_step', 'step_id');
GRANT SELECT ON randomization.hold TO induct_randomization;
GRANT SELECT, INSERT, UPDATE (state, decided_by, decided_at, decision_reason)
    ON randomization.hold_step TO induct_randomization;

-- A slot of the central list is no site's; and an allocation that came back says so.
ALTER TABLE randomization.void_slot ALTER COLUMN site_id DROP NOT NULL;
ALTER TABLE randomization.allocation DROP CONSTRAINT allocation_source_check;
ALTER TABLE randomization.allocation ADD CONSTRAINT allocation_source_check
    CHECK (source IN ('system', 'backup', 'forced', 'restored'));

-- Whether no new allocation may be made: somebody holds it, or the database has another life than the
-- last one that was found good. Volatile, so that it sees what the study's lock waited for.
CREATE FUNCTION randomization.held(p_study text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now text := platform.incarnation();
BEGIN
    RETURN EXISTS (SELECT 1 FROM randomization.hold h
                   WHERE h.study_id = p_study AND h.released_at IS NULL)
        OR (v_now IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM randomization.incarnation i
            WHERE i.incarnation = v_now AND i.study_id IN ('*', p_study)));
END $$;

-- Holds a study: an operator's act, before the service takes calls again. Repeats change nothing.
CREATE FUNCTION randomization.open_hold(p_study text, p_actor text, p_reason text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('app.study', p_study, true), set_config('app.actor', p_actor, true),
            set_config('app.role', 'operator', true), set_config('app.reason', p_reason, true),
            set_config('app.request', gen_random_uuid()::text, true);
    -- Whoever is being allocated ends first, and whoever comes after finds the hold.
    PERFORM 1 FROM platform.study s WHERE s.study_id = p_study FOR NO KEY UPDATE;
    INSERT INTO randomization.hold (study_id, reason, opened_by) VALUES (p_study, p_reason, p_actor)
        ON CONFLICT (study_id) WHERE released_at IS NULL DO NOTHING;
    RETURN FOUND;
END $$;

-- Ends it, and takes the life that the database has now for good.
CREATE FUNCTION randomization.release_hold(p_study text, p_actor text) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_now text := platform.incarnation();
BEGIN
    UPDATE randomization.hold h SET released_by = p_actor, released_at = clock_timestamp()
        WHERE h.study_id = p_study AND h.released_at IS NULL;
    IF v_now IS NOT NULL THEN
        INSERT INTO randomization.incarnation (study_id, incarnation) VALUES (p_study, v_now)
            ON CONFLICT DO NOTHING;
    END IF;
END $$;

-- Takes the next position of a stratum of the central list for what was lost: `p_position` says which
-- one it must be, where that is known. Only while the study is held.
CREATE FUNCTION randomization.take_lost(
    p_study text, p_list text, p_site text, p_label text, p_position integer, p_subject text,
    OUT refusal text, OUT list_id text, OUT "position" integer, OUT leaf_index integer,
    OUT ciphertext bytea, OUT commitment bytea, OUT path bytea, OUT country text, OUT root bytea)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_mode text;
    v_last integer;
BEGIN
    take_lost.list_id := p_list;
    PERFORM set_config('app.reason', 'restored', true);
    SELECT s.mode INTO v_mode FROM platform.study s
        WHERE s.study_id = p_study FOR NO KEY UPDATE;
    IF NOT randomization.held(p_study) THEN
        refusal := 'not-held';
        RETURN;
    END IF;
    SELECT l.root, CASE WHEN l.mode <> v_mode THEN 'wrong-mode'
                        WHEN l.state = 'suspended' THEN 'list-suspended'
                        WHEN l.state <> 'active' THEN 'no-active-list' END
        INTO take_lost.root, refusal FROM randomization.list l
        WHERE l.study_id = p_study AND l.list_id = p_list AND l.purpose = 'central';
    IF NOT FOUND THEN
        refusal := 'position-unknown';
    END IF;
    IF refusal IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT s.country INTO take_lost.country FROM randomization.site s
        WHERE s.study_id = p_study AND s.site_id = p_site FOR SHARE;
    PERFORM 1 FROM randomization.stratum s
        WHERE s.study_id = p_study AND s.label = p_label FOR NO KEY UPDATE;
    v_last := randomization.last_marked(p_study, p_list, p_label);
    IF v_last <> randomization.last_given(p_study, p_list, p_label) THEN
        refusal := 'list-broken';
        RETURN;
    END IF;
    IF coalesce(p_position, v_last + 1) <> v_last + 1 THEN
        refusal := 'position-out-of-order';
        RETURN;
    END IF;
    UPDATE randomization.slot s SET subject_id = p_subject
        WHERE s.study_id = p_study AND s.list_id = p_list AND s.label = p_label
          AND s.position = v_last + 1 AND s.subject_id IS NULL
        RETURNING s.position, s.leaf_index, s.ciphertext, s.commitment, s.path
        INTO take_lost.position, take_lost.leaf_index, take_lost.ciphertext,
             take_lost.commitment, take_lost.path;
    IF NOT FOUND THEN
        refusal := 'position-unknown';
    END IF;
END $$;

GRANT EXECUTE ON FUNCTION randomization.held(text), randomization.release_hold(text, text),
    randomization.take_lost(text, text, text, text, integer, text) TO induct_randomization;
GRANT EXECUTE ON FUNCTION randomization.held(text), randomization.open_hold(text, text, text)
    TO induct_platform;
