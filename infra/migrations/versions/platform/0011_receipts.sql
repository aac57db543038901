-- What a transaction added to the trail, told to whoever asked for it: a receipt that a site keeps, so
-- that nobody who holds the database alone can say later that something else was entered. And the
-- trail of one subject, for the site to hold its receipts against.

-- Of the last transaction that wrote to a stream: which it was, where it began, and on which hash. An
-- id of a transaction can come again in a restored cluster, its instant with it cannot.
ALTER TABLE platform.audit_head
    ADD COLUMN written_in text,
    ADD COLUMN written_from bigint,
    ADD COLUMN written_after bytea;

CREATE FUNCTION platform.this_transaction() RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT pg_current_xact_id() || ' ' || extract(epoch FROM transaction_timestamp()) $$;

-- The streams are noted in a setting of the transaction: the few of a request are found without
-- looking for them. Of many (a file of a thousand children) the writer knows the subjects.
CREATE FUNCTION platform.note_writer() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_noted text := coalesce(platform.setting('written'), '');
BEGIN
    IF OLD.written_in IS DISTINCT FROM platform.this_transaction() THEN
        NEW.written_in := platform.this_transaction();
        NEW.written_from := OLD.seq + 1;
        NEW.written_after := OLD.hash;
        IF length(v_noted) < 2000 THEN
            PERFORM set_config('app.written', v_noted || chr(10) || NEW.stream, true);
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER note_writer BEFORE UPDATE OF hash ON platform.audit_head
    FOR EACH ROW EXECUTE FUNCTION platform.note_writer();

-- A receipt: stream, first and last row, the hash before the first and that of the last. Streams of
-- subjects only: a site cannot read the study's own. `subjects`: NULL, the noted ones.
CREATE FUNCTION platform.receipts(subjects text[] DEFAULT NULL) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.stream || ' ' || h.written_from || '-' || h.seq || ' '
           || encode(h.written_after, 'hex') || ' ' || encode(h.hash, 'hex')
    FROM platform.audit_head h
    WHERE h.stream = ANY (CASE WHEN subjects IS NULL
              THEN string_to_array(coalesce(platform.setting('written'), ''), chr(10))
              ELSE ARRAY(SELECT platform.current_study() || '/' || s FROM unnest(subjects) AS s) END)
      AND starts_with(h.stream, platform.current_study() || '/')
      AND h.written_in = platform.this_transaction()
    ORDER BY h.stream COLLATE "C"
$$;

-- What fits into a header of an answer; NULL where nothing was written, or too much.
CREATE FUNCTION platform.receipt(most integer) RETURNS text LANGUAGE sql STABLE
    AS $$ SELECT string_agg(r, ', ') FROM platform.receipts() AS r HAVING count(*) <= most $$;

-- The trail of a subject as its own site reads it. What was entered at the site, or for it, is told;
-- of what others did stands that it was done. What is not told keeps the hash of its values and loses
-- their salt, so that every link can be recomputed and nothing be guessed. Of what an approved redaction
-- left of an entry, the values are hashed with a new salt, and where words of the reason went, the entry
-- has a hash as it is without them.
CREATE POLICY reader ON platform.audit FOR SELECT TO induct_owner
    USING (study_id = (SELECT platform.current_study()));
CREATE FUNCTION platform.trail_of(subject text, after bigint, most integer)
    RETURNS TABLE (stream text, seq bigint, site_id text, table_name text, row_key text, field text,
                   operation text, told boolean, old_value text, new_value text, salt text,
                   values_hash text, redaction integer, left_values text, left_link text,
                   actor text, actor_role text, reason text, request_id text, recorded_at text,
                   hash text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.stream, a.seq, a.site_id, a.table_name, a.row_key, a.field, a.operation, t.told,
           CASE WHEN t.told THEN a.old_value END, CASE WHEN t.told THEN a.new_value END,
           CASE WHEN t.told THEN encode(a.salt, 'hex') END, encode(a.values_hash, 'hex'),
           e.number, e.left_values, e.left_link, a.actor, a.actor_role, a.reason, a.request_id,
           to_char(a.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
           encode(a.hash, 'hex')
    FROM platform.audit a CROSS JOIN LATERAL (
        SELECT a.actor_role = ANY ('{investigator,coordinator,iwrs,edc}')
               -- These tell of other sites' children: how a minimised arm was weighed, what was signed
               -- of it, and in a version its place among all that the study wrote.
               AND (a.table_name, a.field) NOT IN (
                   ('randomization.allocation', 'explanation'),
                   ('randomization.allocation', 'fake_arm'),
                   ('platform.signature', 'content_hash'),
                   ('assessments.record_version', '*')) AS told) AS t
    LEFT JOIN LATERAL (
        SELECT r.number, r.left_values, r.left_link FROM platform.redacted_entry r
        JOIN platform.redaction_decision d ON d.study_id = r.study_id AND d.number = r.number
        WHERE r.stream = a.stream AND r.seq = a.seq AND d.decision = 'approved'
          AND d.decided_by <> d.requested_by
        ORDER BY r.number DESC LIMIT 1) AS e ON true
    WHERE a.stream = platform.current_study() || '/' || subject AND a.seq > after
      AND platform.setting('role') = ANY ('{investigator,coordinator,cra}')
      AND (SELECT o.site_id FROM platform.audit o
           WHERE o.stream = platform.current_study() || '/' || subject AND o.site_id IS NOT NULL
           ORDER BY o.seq LIMIT 1) = ANY (platform.sites())
    ORDER BY a.seq LIMIT most
$$;

REVOKE EXECUTE ON FUNCTION platform.this_transaction(), platform.note_writer(),
    platform.receipts(text[]), platform.receipt(integer),
    platform.trail_of(text, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION platform.receipts(text[]), platform.receipt(integer)
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;
GRANT EXECUTE ON FUNCTION platform.trail_of(text, bigint, integer) TO induct_assessments;
