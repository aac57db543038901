-- Who proves the trail holds every audited table against it, and not only those whose rows never
-- change: what was altered while a trigger was off is found though it is on again.

-- Lets the platform's login read of an audited table what the trail tells, and nothing that was kept
-- out of the trail. To be called again where such a table gains a column.
CREATE PROCEDURE platform.verifiable(target regclass) LANGUAGE plpgsql AS $$
DECLARE
    -- These every row of the trail has of its own.
    own text[] := '{study_id,site_id,subject_id,actor,actor_role,record_id,version}';
    told text[];
    withheld text[];
    columns text;
BEGIN
    SELECT string_to_array(replace(encode(tgargs, 'escape'), '\000', chr(10)), chr(10))
        INTO STRICT told FROM pg_trigger WHERE tgrelid = target AND tgname = 'audit';
    SELECT coalesce(array_agg(c), '{}') INTO withheld
        FROM unnest(string_to_array(told[2], ',')) AS c
        WHERE c <> ALL (own) AND c <> ALL (string_to_array(told[1], ','));
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
        WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attname <> ALL (withheld);
    EXECUTE format('GRANT SELECT (%s) ON %s TO induct_platform', columns, target);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO induct_platform',
        (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = target));
    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = target AND polname = 'verifier') THEN
        EXECUTE format('CREATE POLICY verifier ON %s FOR SELECT TO induct_platform USING (true)', target);
    END IF;
END $$;

CREATE OR REPLACE PROCEDURE platform.audited(target regclass, key_columns text, silent text DEFAULT '')
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION platform.record_audit(%L, %L)', target, key_columns, silent);
    CALL platform.verifiable(target);
END $$;

CREATE OR REPLACE PROCEDURE platform.audited_inserts(
    target regclass, key_columns text, silent text DEFAULT '') LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER audit AFTER INSERT ON %s REFERENCING NEW TABLE AS added '
        'FOR EACH STATEMENT EXECUTE FUNCTION platform.record_added(%L, %L)',
        target, key_columns, silent);
    CALL platform.verifiable(target);
END $$;

-- A policy of closed tables asks for it, of whoever reads them.
GRANT EXECUTE ON FUNCTION analytics.reads_closed() TO induct_platform;

DO $$
DECLARE
    target regclass;
BEGIN
    FOR target IN SELECT tgrelid FROM pg_trigger
        WHERE tgname = 'audit' AND tgnargs > 0 ORDER BY tgrelid LOOP
        CALL platform.verifiable(target);
    END LOOP;
END $$;

-- What 0005 took over was written before its table had a trigger: said now, as the migration's.
ALTER TABLE platform.audit NO FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.definition_in_force NO FORCE ROW LEVEL SECURITY;
DO $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT d.study_id || '/' || d.number AS key, to_jsonb(d) AS row
        FROM platform.definition_in_force d WHERE NOT EXISTS (
            SELECT FROM platform.audit a WHERE a.table_name = 'platform.definition_in_force'
            AND a.study_id = d.study_id AND a.row_key = d.study_id || '/' || d.number)
    LOOP
        PERFORM platform.write_audit(one.row, 'platform.definition_in_force', one.key, 'INSERT', (
            SELECT jsonb_agg(jsonb_build_object('field', f.key, 'new_value', f.value))
            FROM jsonb_each_text(one.row) AS f));
    END LOOP;
END $$;
ALTER TABLE platform.definition_in_force FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.audit FORCE ROW LEVEL SECURITY;

-- The proof says which state of the schema its guards were of.
CREATE POLICY verifier ON platform.alembic_version FOR SELECT TO induct_platform USING (true);
GRANT SELECT ON platform.alembic_version TO induct_platform;

-- What is done to the guards themselves: a trigger that is switched off, dropped or made anew, a
-- function of this schema that is replaced. An event trigger writes it, which only an administrator can
-- make (infra/database/guard_watch.py), and a superuser can take away: the heads that are kept outside
-- the database find what it missed.
CREATE TABLE platform.guard_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    happened_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    who name NOT NULL DEFAULT session_user,
    command text NOT NULL,
    object text NOT NULL
);
COMMENT ON TABLE platform.guard_event IS 'Changes of triggers and of the functions behind them.';
ALTER TABLE platform.guard_event ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY writer ON platform.guard_event FOR INSERT TO induct_owner WITH CHECK (true);
CREATE POLICY reader ON platform.guard_event FOR SELECT TO induct_platform USING (true);
GRANT SELECT ON platform.guard_event TO induct_platform;
CALL platform.append_only('platform.guard_event');

CREATE FUNCTION platform.note_guard_event() RETURNS event_trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_EVENT = 'sql_drop' THEN
        INSERT INTO platform.guard_event (command, object)
            SELECT TG_TAG, object_identity FROM pg_event_trigger_dropped_objects()
            WHERE object_type IN ('trigger', 'function') AND NOT is_temporary;
    ELSE
        INSERT INTO platform.guard_event (command, object)
            SELECT command_tag, object_identity FROM pg_event_trigger_ddl_commands()
            WHERE object_type = 'trigger'
               OR (object_type = 'table' AND EXISTS (
                       SELECT FROM pg_trigger WHERE tgrelid = objid AND NOT tgisinternal
                       AND tgenabled NOT IN ('O', 'A')))
               OR (object_type = 'function' AND schema_name = 'platform');
    END IF;
END $$;
