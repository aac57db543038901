-- By which rules the due dates of a case were computed last. Rules that come into force apply to old
-- cases when a person says so (a rule application); until then what is written down, listed and
-- escalated may be less than what is owed, and somebody must be told.

CREATE TABLE safety.case_computed (
    case_id uuid PRIMARY KEY REFERENCES safety.safety_case,
    study_id text NOT NULL,
    site_id text NOT NULL,
    basis text NOT NULL,
    computed_at timestamptz NOT NULL
);
COMMENT ON COLUMN safety.case_computed.basis IS
    'Hash of all that due dates follow from beside the facts: rule sets, site clocks, and how they '
    'are counted. A case without a row was computed before this was written down.';
CALL platform.protect('safety.case_computed', true);
GRANT SELECT, INSERT, UPDATE (basis, computed_at) ON safety.case_computed TO induct_safety;

CREATE FUNCTION safety.studies_with_cases() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.safety_case
$$;
CREATE POLICY sweep ON safety.safety_case FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION safety.studies_with_cases() TO induct_safety;
