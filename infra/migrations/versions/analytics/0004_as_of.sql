-- A night can be run again as of a past instant; and every run tells how far it has come.

ALTER TABLE analytics.run ADD COLUMN as_of timestamptz CHECK (as_of IS NULL OR NOT nightly);
COMMENT ON COLUMN analytics.run.as_of IS
    'The run reads what was recorded by then, by the definition that was in force; it never becomes '
    'what readers see unasked. Null: everything recorded.';

CREATE TABLE analytics.progress (
    run_id uuid NOT NULL REFERENCES analytics.run,
    number integer GENERATED ALWAYS AS IDENTITY,
    study_id text NOT NULL,
    stage text NOT NULL,
    reached_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    words text NOT NULL,
    PRIMARY KEY (run_id, number)
);
COMMENT ON TABLE analytics.progress IS
    'What a run did when, for everybody: pooled counts and durations, no arm and no result. The '
    'only place, beside the times of the run itself, that tells how long anything took.';
CALL platform.protect('analytics.progress', false);
CALL platform.append_only('analytics.progress');
GRANT SELECT, INSERT ON analytics.progress TO induct_analytics;
