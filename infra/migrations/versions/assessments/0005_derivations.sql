-- Stored derivations: what rule packs made of a subject's records, with everything that explains it.
-- A derivation only ever gains versions, written in the transaction of what moved it.

CREATE TABLE assessments.derivation (
    derivation_id uuid NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    name text NOT NULL,
    value text,
    status text NOT NULL CHECK (status IN ('final', 'provisional', 'ne', 'pending', 'void')),
    reason text,
    pack_id text NOT NULL,
    arm_revealing boolean NOT NULL,
    cause text NOT NULL CHECK (cause IN ('data', 'allocation', 'rules')),
    result jsonb NOT NULL,
    content_hash text NOT NULL,
    submission_id uuid NOT NULL
        REFERENCES assessments.submission DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (derivation_id, version),
    FOREIGN KEY (study_id, subject_id) REFERENCES assessments.subject
);
COMMENT ON TABLE assessments.derivation IS
    'derivation_id is made from study, subject and name, so that one derivation has one id for ever; '
    'position and instant of a version are those of its submission.';
COMMENT ON COLUMN assessments.derivation.status IS
    'void: the data no longer give rise to this derivation (its sample was renamed or removed).';
COMMENT ON COLUMN assessments.derivation.arm_revealing IS
    'Its pack, or the form whose values it tells of, reveals the arm: masked roles see nothing of it.';
COMMENT ON COLUMN assessments.derivation.content_hash IS
    'SHA-256 of value, status, reason and trace, without the pack: a new version of a pack that '
    'changes none of them makes no new version of the derivation.';
-- The derivations of a subject are found by their first version, the current one of each by its key:
-- no read walks through all that a subject's derivations ever were.
CREATE INDEX derivation_first ON assessments.derivation (study_id, subject_id) WHERE version = 1;
CREATE INDEX derivation_submission ON assessments.derivation (submission_id);

CALL platform.protect('assessments.derivation', true);
CALL platform.append_only('assessments.derivation');

-- One trail entry for each derivation that says something else than before; all of a subject's in one
-- call, for the chain's head is what each call pays for. What waits for data (pending, for whatever
-- reason) says nothing.
CREATE FUNCTION assessments.derivation_text(value text, status text, reason text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN value IS NOT NULL OR status NOT IN ('pending', 'void')
                THEN concat_ws(' ', status, value, '(' || reason || ')') END
$$;
CREATE FUNCTION assessments.audit_derivations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT n.study_id, n.site_id, n.subject_id, n.submission_id,
               jsonb_agg(jsonb_build_object('field', n.name,
                   'old_value', assessments.derivation_text(d.value, d.status, d.reason),
                   'new_value', assessments.derivation_text(n.value, n.status, n.reason))
               ) AS changes
        FROM added n LEFT JOIN assessments.derivation d
            ON d.derivation_id = n.derivation_id AND d.version = n.version - 1
        WHERE assessments.derivation_text(n.value, n.status, n.reason)
              IS DISTINCT FROM assessments.derivation_text(d.value, d.status, d.reason)
        GROUP BY 1, 2, 3, 4 ORDER BY n.subject_id COLLATE "C"
    LOOP
        PERFORM platform.write_audit(
            jsonb_build_object('study_id', one.study_id, 'site_id', one.site_id,
                'subject_id', one.subject_id),
            'assessments.derivation', one.submission_id::text, 'INSERT', one.changes);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER audit AFTER INSERT ON assessments.derivation
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT
    EXECUTE FUNCTION assessments.audit_derivations();

GRANT SELECT, INSERT ON assessments.derivation TO induct_assessments;

-- What analytics reads: the current version of each derivation, with its row of an endpoint.
CREATE VIEW assessments.derivation_read WITH (security_invoker = true) AS
    SELECT d.study_id, d.site_id, d.subject_id, d.derivation_id, d.name, d.version, d.value,
           d.status, d.reason, d.pack_id, d.result
    FROM assessments.derivation d
    WHERE d.status <> 'void'
      AND NOT EXISTS (SELECT 1 FROM assessments.derivation later
                      WHERE later.derivation_id = d.derivation_id AND later.version > d.version);
GRANT SELECT (study_id, site_id, subject_id, derivation_id, name, version, value, status, reason,
              pack_id, result)
    ON assessments.derivation TO induct_analytics;
GRANT SELECT ON assessments.derivation_read TO induct_analytics;
