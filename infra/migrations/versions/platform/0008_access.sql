-- Who held which rights when, as their tokens said, and what they were refused. Accounts live at the
-- issuer: here is what was used of them.

CREATE TABLE platform.access_seen (
    seen_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    service name NOT NULL DEFAULT current_user,
    study_id text NOT NULL,
    account text NOT NULL,
    role text NOT NULL,
    sites text[] NOT NULL,
    scopes text[] NOT NULL,
    matrix_version text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    request_id text NOT NULL
);
COMMENT ON TABLE platform.access_seen IS
    'One row where an account comes with rights that no row of it covers yet: role, sites and scopes '
    'of a token, from its issue to its end.';
CREATE INDEX access_seen_of ON platform.access_seen (study_id, account, until);

CREATE TABLE platform.access_denied (
    denial_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    service name NOT NULL DEFAULT current_user,
    study_id text NOT NULL,
    account text NOT NULL,
    role text NOT NULL,
    sites text[] NOT NULL,
    operation text NOT NULL,
    problem text NOT NULL,
    denied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    request_id text NOT NULL
);
CREATE INDEX access_denied_of ON platform.access_denied (study_id, denied_at);

ALTER TABLE platform.access_seen ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.access_denied ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON platform.access_seen
    USING (service = current_user AND study_id = (SELECT platform.current_study()))
    WITH CHECK (service = current_user AND study_id = (SELECT platform.current_study()));
CREATE POLICY own ON platform.access_denied
    USING (service = current_user AND study_id = (SELECT platform.current_study()))
    WITH CHECK (service = current_user AND study_id = (SELECT platform.current_study()));
CREATE POLICY report ON platform.access_seen FOR SELECT TO induct_platform USING (true);
CREATE POLICY report ON platform.access_denied FOR SELECT TO induct_platform USING (true);
CALL platform.append_only('platform.access_seen');
CALL platform.append_only('platform.access_denied');
GRANT SELECT, INSERT ON platform.access_seen, platform.access_denied
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics;
GRANT SELECT ON platform.access_seen, platform.access_denied TO induct_platform;
