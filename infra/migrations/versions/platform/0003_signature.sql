-- Electronic signatures: who signed which record, in print, when, and what it meant
-- (21 CFR 11.50), tied to the record by a hash over its content (11.70).

CREATE TABLE platform.signature (
    signature_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    service name NOT NULL DEFAULT current_user,
    study_id text NOT NULL REFERENCES platform.study,
    site_id text,
    subject_id text,
    signed_table text NOT NULL,
    signed_key text NOT NULL,
    meaning text NOT NULL,
    signer text NOT NULL,
    signer_name text NOT NULL CHECK (btrim(signer_name) <> ''),
    signer_role text NOT NULL,
    authenticated_at timestamptz NOT NULL,
    signed_at timestamptz NOT NULL,
    content_hash text NOT NULL CHECK (content_hash ~ '^[0-9a-f]{64}$'),
    token_id text NOT NULL UNIQUE,
    request_id text NOT NULL
);
COMMENT ON COLUMN platform.signature.token_id IS
    'The token that was spent: one authentication signs one record, of whichever service.';
COMMENT ON COLUMN platform.signature.content_hash IS
    'SHA-256 over the record and everything that the signature says; see '
    'shared/database/signatures.py.';
CREATE INDEX signature_of ON platform.signature (study_id, signed_table, signed_key);

-- A signature without a site (of a list, of a study) is for everybody in the study.
ALTER TABLE platform.signature ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON platform.signature
    USING (service = current_user AND study_id = (SELECT platform.current_study())
        AND (site_id IS NULL OR (SELECT platform.every_site())
            OR site_id = ANY ((SELECT platform.sites())::text[])))
    WITH CHECK (service = current_user AND study_id = (SELECT platform.current_study())
        AND (site_id IS NULL OR (SELECT platform.every_site())
            OR site_id = ANY ((SELECT platform.sites())::text[])));
GRANT SELECT, INSERT ON platform.signature
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;

CALL platform.append_only('platform.signature');
CALL platform.audited('platform.signature', 'signature_id');
