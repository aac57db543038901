-- From which networks an account may call, where it is bound to any: asked with every transaction that a
-- caller opens. The newest row of an account holds; one without networks frees it.
CREATE TABLE platform.access_network (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL CHECK (btrim(account) <> ''),
    networks cidr[] NOT NULL,
    bound_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    bound_by text NOT NULL CHECK (btrim(bound_by) <> ''),
    reason text NOT NULL CHECK (btrim(reason) <> '')
);
CREATE INDEX access_network_of ON platform.access_network (account, seq);
ALTER TABLE platform.access_network ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY everybody ON platform.access_network FOR SELECT USING (true);
CREATE POLICY operator ON platform.access_network FOR INSERT TO induct_platform WITH CHECK (true);
CALL platform.append_only('platform.access_network');
GRANT SELECT ON platform.access_network
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;
GRANT INSERT (account, networks, bound_by, reason) ON platform.access_network TO induct_platform;

ALTER TABLE platform.access_denied ADD COLUMN source inet;
COMMENT ON COLUMN platform.access_denied.source IS
    'Where a call came from that was refused for it; of no other refusal.';
