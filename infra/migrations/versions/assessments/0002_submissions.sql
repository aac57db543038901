-- Every write is a submission: one row, written last, whose position counts the study's commits. What
-- a submission wrote refers to it, so that all of it is read as of the same instant.

CREATE TABLE assessments.submission (
    submission_id uuid PRIMARY KEY,
    study_id text NOT NULL REFERENCES platform.study,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    kind text NOT NULL,
    source text,
    file_id text,
    prior_file_id text,
    content_hash text,
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    UNIQUE (study_id, position)
);
COMMENT ON TABLE assessments.submission IS
    'file_id is the sender''s own name of what it sent; a file is taken once (see the guide of bulk).';
CREATE UNIQUE INDEX submission_file ON assessments.submission (study_id, actor, file_id)
    WHERE file_id IS NOT NULL;

CALL platform.protect('assessments.submission', false);
CALL platform.append_only('assessments.submission');
GRANT SELECT, INSERT ON assessments.submission TO induct_assessments;

-- Records of before have none.
ALTER TABLE assessments.record_version
    ADD COLUMN submission_id uuid REFERENCES assessments.submission DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE assessments.item_version
    ADD COLUMN unit text,
    ADD COLUMN canonical text,
    ADD COLUMN canonical_unit text,
    ADD COLUMN null_flavour text CHECK (null_flavour IN ('NASK', 'ASKU', 'NAV', 'ND', 'UNK', 'MSK')),
    ADD COLUMN null_reason text,
    ADD CONSTRAINT value_or_null CHECK (value IS NULL OR null_flavour IS NULL),
    ADD CONSTRAINT converted_whole CHECK ((canonical IS NULL) = (canonical_unit IS NULL)),
    ADD CONSTRAINT reason_of_null CHECK (null_reason IS NULL OR null_flavour IS NOT NULL);
COMMENT ON COLUMN assessments.item_version.canonical IS
    'The value in the unit of its item, exact; value and unit stay as they were received.';

-- An item's trail shows what a person reads: the value with its unit, or why there is none.
CREATE FUNCTION assessments.item_text(i assessments.item_version) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(i.value || coalesce(' ' || i.unit, ''),
                    i.null_flavour || coalesce(': ' || i.null_reason, ''))
$$;
-- The items of one version of a record in one call: the chain's head is taken once and not once an
-- item, which is what a submission of many values costs most.
CREATE FUNCTION assessments.audit_items() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT r.study_id, r.site_id, r.subject_id, r.operation, jsonb_agg(jsonb_build_object(
                   'n', r.nth, 'key', r.key, 'field', r.item, 'old_value', r.old_value,
                   'new_value', r.new_value)) AS changes
        FROM (SELECT n.study_id, n.site_id, n.subject_id, n.record_id || '/' || n.version AS key,
                     n.item, CASE WHEN n.version = 1 THEN 'INSERT' ELSE 'UPDATE' END AS operation,
                     o.old_value, coalesce(n.value || coalesce(' ' || n.unit, ''),
                         n.null_flavour || coalesce(': ' || n.null_reason, '')) AS new_value,
                     row_number() OVER (PARTITION BY n.subject_id, n.version = 1
                         ORDER BY n.record_id, n.version, n.item COLLATE "C") AS nth
              FROM added n LEFT JOIN LATERAL (
                  SELECT assessments.item_text(i) AS old_value FROM assessments.item_version i
                  WHERE n.version > 1 AND i.record_id = n.record_id AND i.item = n.item
                    AND i.version < n.version ORDER BY i.version DESC LIMIT 1) AS o ON true) AS r
        GROUP BY 1, 2, 3, 4 ORDER BY r.subject_id COLLATE "C", r.operation
    LOOP
        PERFORM platform.write_audit_rows(one.study_id, one.site_id, one.subject_id,
            'assessments.item', one.operation, one.changes);
    END LOOP;
    RETURN NULL;
END $$;
DROP TRIGGER audit ON assessments.item_version;
DROP FUNCTION assessments.audit_item();
CREATE TRIGGER audit AFTER INSERT ON assessments.item_version
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION assessments.audit_items();

-- Records and versions are added many at once too. What the trail says of every row anyway (study,
-- site, subject, the key; of a version who made it) is not said again as a field.
DROP TRIGGER audit ON assessments.record;
CALL platform.audited_inserts('assessments.record', 'record_id',
    'study_id,site_id,subject_id,record_id');
DROP TRIGGER audit ON assessments.record_version;
CALL platform.audited_inserts('assessments.record_version', 'record_id,version',
    'study_id,site_id,subject_id,record_id,version,actor,actor_role');

-- What the other services read is the value in the unit of its item.
CREATE OR REPLACE VIEW assessments.item_read WITH (security_invoker = true) AS
    SELECT r.study_id, r.site_id, r.subject_id, r.form, r.visit, r.repeat, r.record_id,
           i.item, i.version, coalesce(i.canonical, i.value) AS value, v.position, v.observed_on
    FROM assessments.record r
    JOIN assessments.item_version i USING (record_id)
    JOIN assessments.record_version v ON v.record_id = i.record_id AND v.version = i.version
    WHERE NOT EXISTS (SELECT 1 FROM assessments.item_version later
                      WHERE later.record_id = i.record_id AND later.item = i.item
                        AND later.version > i.version);
GRANT SELECT (canonical) ON assessments.item_version
    TO induct_randomization, induct_safety, induct_analytics;

-- The nightly comparison of the tables with the trail (`induct audit verify`).
GRANT USAGE ON SCHEMA assessments TO induct_platform;
GRANT SELECT ON assessments.record, assessments.record_version, assessments.item_version
    TO induct_platform;
GRANT EXECUTE ON FUNCTION assessments.item_text(assessments.item_version) TO induct_platform;
CREATE POLICY verifier ON assessments.record FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON assessments.record_version FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON assessments.item_version FOR SELECT TO induct_platform USING (true);
