-- What a run derives of each subject for each endpoint by time: counted here, by arm, stratum and day,
-- and never fetched again. By subject and arm, so closed: induct_analytics_open is granted nothing.

CREATE TABLE analytics.endpoint_time (
    run_id uuid NOT NULL REFERENCES analytics.run,
    attempt integer NOT NULL CHECK (attempt > 0),
    study_id text NOT NULL,
    paramcd text NOT NULL,
    population text NOT NULL,
    subject_id text NOT NULL,
    arm text NOT NULL,
    stratum text NOT NULL,
    aval integer NOT NULL CHECK (aval >= 0),
    cause smallint NOT NULL CHECK (cause IN (0, 1, 2)),
    levels jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (run_id, attempt, paramcd, population, subject_id)
);
COMMENT ON TABLE analytics.endpoint_time IS
    'Times to events as a run derived them; what they rest on is in its closed observations.json.';
COMMENT ON COLUMN analytics.endpoint_time.attempt IS
    'A run that died is performed again and stores its rows anew. The last attempt of a published '
    'run is what its results were counted from.';
COMMENT ON COLUMN analytics.endpoint_time.arm IS
    'The arm that the subject counts in: as randomized, or as received in a set by arm received.';
COMMENT ON COLUMN analytics.endpoint_time.aval IS 'Days from the origin by the rule of the endpoint.';
COMMENT ON COLUMN analytics.endpoint_time.cause IS
    '0: censored, 1: the event, 2: an event that precludes it.';
COMMENT ON COLUMN analytics.endpoint_time.levels IS
    'Level by subgroup, where the endpoint is shown in subgroups and the subject has one.';

CALL platform.protect('analytics.endpoint_time', false);
CREATE POLICY closed_session ON analytics.endpoint_time AS RESTRICTIVE
    USING ((SELECT analytics.reads_closed()));
CALL platform.append_only('analytics.endpoint_time');
GRANT SELECT, INSERT ON analytics.endpoint_time TO induct_analytics;
