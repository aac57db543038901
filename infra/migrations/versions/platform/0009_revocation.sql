-- Whose tokens hold no more, though they have not ended: asked with every transaction that a caller
-- opens. A token that was issued later holds; the account itself is closed at the issuer.
CREATE TABLE platform.access_revoked (
    revocation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account text NOT NULL CHECK (btrim(account) <> ''),
    revoked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    revoked_by text NOT NULL CHECK (btrim(revoked_by) <> ''),
    reason text NOT NULL CHECK (btrim(reason) <> '')
);
CREATE INDEX access_revoked_of ON platform.access_revoked (account, revoked_at);
ALTER TABLE platform.access_revoked ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON platform.access_revoked FOR SELECT USING (true);
CREATE POLICY operator ON platform.access_revoked FOR INSERT TO induct_platform WITH CHECK (true);
CALL platform.append_only('platform.access_revoked');
GRANT SELECT ON platform.access_revoked
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;
GRANT INSERT (account, revoked_by, reason) ON platform.access_revoked TO induct_platform;
