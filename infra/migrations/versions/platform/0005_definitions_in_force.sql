-- Which definition was in force when. A version that is activated again has two periods: the day of
-- its first activation does not tell them apart, and a past instant was then answered by rules that
-- were not in force at it.

CREATE TABLE platform.definition_in_force (
    study_id text NOT NULL REFERENCES platform.study DEFERRABLE INITIALLY DEFERRED,
    number integer NOT NULL CHECK (number >= 1),
    definition_version text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (study_id, number),
    FOREIGN KEY (study_id, definition_version) REFERENCES platform.study_definition
);
COMMENT ON TABLE platform.definition_in_force IS
    'Every activation of a study, counted from 1; each holds until the next.';

-- The audit trail has said so all along. The owner works for every study here, and for none after.
ALTER TABLE platform.audit NO FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.study_definition NO FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.study NO FORCE ROW LEVEL SECURITY;
INSERT INTO platform.definition_in_force (study_id, number, definition_version, since)
SELECT row_key, row_number() OVER (PARTITION BY row_key ORDER BY recorded_at, stream, seq),
       new_value, recorded_at
FROM platform.audit
WHERE table_name = 'platform.study' AND field = 'definition_version' AND new_value IS NOT NULL;
-- What is checked at the end of the transaction is checked here: below the table is altered.
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE platform.study FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.study_definition FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.audit FORCE ROW LEVEL SECURITY;

CALL platform.protect('platform.definition_in_force', false);
CALL platform.append_only('platform.definition_in_force');
CALL platform.audited('platform.definition_in_force', 'study_id,number');
GRANT SELECT ON platform.definition_in_force
    TO induct_randomization, induct_assessments, induct_safety, induct_analytics, induct_platform;
