-- Lawful redaction (ICH E6(R3) 4.2.2(b)): words that must not be in the trail are marked out wherever a
-- copy of them is, asked for by one person and approved by another. Every hash of the chain stays; what
-- is left of an entry gets a proof of its own, so that a redacted entry can be tampered with no more
-- than another.

CREATE TABLE platform.redaction (
    study_id text NOT NULL REFERENCES platform.study,
    number integer NOT NULL CHECK (number >= 1),
    site_id text,
    subject_id text,
    stream text NOT NULL,
    seq bigint NOT NULL,
    side text NOT NULL CHECK (side IN ('new_value', 'old_value', 'reason')),
    part text,
    starts integer NOT NULL CHECK (starts >= 0),
    length integer NOT NULL CHECK (length >= 1),
    category text NOT NULL,
    justification text NOT NULL CHECK (btrim(justification) <> ''),
    places jsonb NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    requested_by text NOT NULL,
    requested_role text NOT NULL,
    requested_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, number),
    UNIQUE (study_id, number, requested_by)
);
COMMENT ON TABLE platform.redaction IS
    'What is to be marked out, said by where it stands in an entry of the trail: the words are nowhere '
    'repeated. places: every row and column with a copy of them.';
COMMENT ON COLUMN platform.redaction.part IS 'A name in the JSON of an entry that tells a whole row.';
COMMENT ON COLUMN platform.redaction.sha256 IS 'Over all that was signed, the places too.';

CREATE TABLE platform.redaction_decision (
    study_id text NOT NULL,
    number integer NOT NULL,
    site_id text,
    subject_id text,
    requested_by text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('approved', 'refused')),
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    decided_by text NOT NULL CONSTRAINT two_persons CHECK (decided_by <> requested_by),
    decided_role text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, number),
    FOREIGN KEY (study_id, number, requested_by)
        REFERENCES platform.redaction (study_id, number, requested_by)
);

CREATE TABLE platform.redacted_entry (
    study_id text NOT NULL,
    number integer NOT NULL,
    site_id text,
    subject_id text,
    stream text NOT NULL,
    seq bigint NOT NULL,
    left_values text NOT NULL CHECK (left_values ~ '^[0-9a-f]{64}$'),
    left_link text CHECK (left_link ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (study_id, number, stream, seq),
    FOREIGN KEY (study_id, number) REFERENCES platform.redaction_decision
);
COMMENT ON COLUMN platform.redacted_entry.left_values IS
    'SHA-256 of a new salt and what is left of old and new value; the newest of an entry counts.';
COMMENT ON COLUMN platform.redacted_entry.left_link IS
    'As the hash of the entry, with what is left of its reason, where words of the reason went.';

CALL platform.protect('platform.redaction', false);
CALL platform.protect('platform.redaction_decision', false);
CALL platform.protect('platform.redacted_entry', false);
CALL platform.append_only('platform.redaction');
CALL platform.append_only('platform.redaction_decision');
CALL platform.append_only('platform.redacted_entry');
CALL platform.audited('platform.redaction', 'study_id,number', 'places');
CALL platform.audited('platform.redaction_decision', 'study_id,number');
CALL platform.audited('platform.redacted_entry', 'study_id,number,stream,seq');
GRANT SELECT, INSERT ON platform.redaction, platform.redaction_decision TO induct_platform;
GRANT SELECT ON platform.redacted_entry TO induct_platform;

-- The transaction in which a redaction runs. Only the functions below write here, and they leave nothing
-- behind: a setting could be made by anybody, a row of this table by nobody but the owner.
CREATE TABLE platform.redaction_run (xid xid8 PRIMARY KEY DEFAULT pg_current_xact_id());
ALTER TABLE platform.redaction_run ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON platform.redaction_run TO induct_owner USING (true) WITH CHECK (true);

CREATE FUNCTION platform.redacting() RETURNS boolean LANGUAGE sql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM platform.redaction_run WHERE xid = pg_current_xact_id_if_assigned())
$$;
REVOKE EXECUTE ON FUNCTION platform.redacting() FROM PUBLIC;

-- A row that never changes changes by a redaction and by nothing else.
CREATE OR REPLACE FUNCTION platform.forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND platform.redacting() THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%.% is append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'ID002';
END $$;

-- As 0002 has it; but of a redaction the trail tells the rows and columns (platform.redaction), and not
-- the words once more.
CREATE OR REPLACE FUNCTION platform.record_audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    silent text[] := string_to_array(coalesce(TG_ARGV[1], ''), ',');
    was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
    is_now jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
    row_now jsonb := was || is_now;
    v_key text;
    v_changes jsonb;
BEGIN
    IF TG_OP = 'UPDATE' AND platform.redacting() THEN
        RETURN NULL;
    END IF;
    SELECT string_agg(row_now ->> c, '/' ORDER BY n) INTO v_key
        FROM unnest(string_to_array(TG_ARGV[0], ',')) WITH ORDINALITY AS k (c, n);
    SELECT jsonb_agg(jsonb_build_object(
            'field', k, 'old_value', was ->> k, 'new_value', is_now ->> k)) INTO v_changes
        FROM jsonb_object_keys(row_now) AS k
        WHERE (was ->> k) IS DISTINCT FROM (is_now ->> k) AND k <> ALL (silent);
    IF v_changes IS NOT NULL THEN
        PERFORM platform.write_audit(
            row_now, TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, v_key, TG_OP, v_changes);
    END IF;
    RETURN NULL;
END $$;

-- Words of a job that still runs are in force.
GRANT SELECT (study_id, job_id, state) ON assessments.job TO induct_platform;
CREATE POLICY redactor ON assessments.job FOR SELECT TO induct_platform USING (true);
