-- Nightly results. What compares arms (closed) and what is pooled (open) are apart in storage.

CREATE SCHEMA analytics;
GRANT USAGE ON SCHEMA analytics TO induct_analytics;

CREATE TABLE analytics.run (
    run_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    number bigint GENERATED ALWAYS AS IDENTITY,
    cutoff date NOT NULL,
    nightly boolean NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'running', 'published', 'failed')),
    requested_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz,
    definition_version text,
    inputs_hash text,
    code_version text,
    manifest_key text,
    failure text
);
COMMENT ON COLUMN analytics.run.number IS
    'Order in which runs were asked for; the clock of a simulation may run back, this does not.';
COMMENT ON COLUMN analytics.run.inputs_hash IS
    'SHA-256 of the data read, without arms and what reveals them: a hash over the arms of few '
    'subjects could be guessed back. The whole hash is in the closed manifest.';
COMMENT ON COLUMN analytics.run.failure IS 'The kind of error; its words are in analytics.fault.';
CREATE UNIQUE INDEX one_night ON analytics.run (study_id, cutoff) WHERE nightly;
CREATE INDEX run_order ON analytics.run (study_id, number);

CREATE TABLE analytics.fault (
    run_id uuid NOT NULL REFERENCES analytics.run,
    failed_at timestamptz NOT NULL,
    study_id text NOT NULL,
    kind text NOT NULL,
    detail text NOT NULL,
    PRIMARY KEY (run_id, failed_at)
);
COMMENT ON TABLE analytics.fault IS
    'Why a run failed, each time it did. The words may name a subject and an arm: closed.';

CREATE TABLE analytics.artefact (
    run_id uuid NOT NULL REFERENCES analytics.run,
    name text NOT NULL,
    study_id text NOT NULL,
    output_class text NOT NULL CHECK (output_class IN ('open', 'closed')),
    media_type text NOT NULL,
    object_key text NOT NULL,
    sha256 text NOT NULL,
    size bigint NOT NULL,
    PRIMARY KEY (run_id, output_class, name)
);

CREATE TABLE analytics.result_open (
    run_id uuid NOT NULL REFERENCES analytics.run,
    result_id text NOT NULL,
    study_id text NOT NULL,
    endpoint text NOT NULL,
    sort_key integer NOT NULL,
    result jsonb NOT NULL,
    PRIMARY KEY (run_id, sort_key),
    UNIQUE (run_id, result_id)
);
COMMENT ON COLUMN analytics.result_open.result_id IS
    'Endpoint, population, group or contrast, statistic, time point: the same in every run.';
CREATE TABLE analytics.result_closed (LIKE analytics.result_open INCLUDING ALL);
ALTER TABLE analytics.result_closed ADD FOREIGN KEY (run_id) REFERENCES analytics.run;

CREATE TABLE analytics.publication (
    study_id text PRIMARY KEY REFERENCES platform.study,
    run_id uuid NOT NULL REFERENCES analytics.run,
    published_at timestamptz NOT NULL
);
COMMENT ON TABLE analytics.publication IS
    'The pointer that readers follow. It moves in one transaction, after everything is written.';

CALL platform.protect('analytics.run', false);
CALL platform.protect('analytics.fault', false);
CALL platform.protect('analytics.artefact', false);
CALL platform.protect('analytics.result_open', false);
CALL platform.protect('analytics.result_closed', false);
CALL platform.protect('analytics.publication', false);

-- Beside the role matrix: whatever a route asks for, rows by arm come to these roles only.
CREATE FUNCTION analytics.reads_closed() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce(platform.setting('role') IN ('statistician', 'dmc', 'system'), false)
$$;
CREATE POLICY closed_session ON analytics.result_closed AS RESTRICTIVE
    USING ((SELECT analytics.reads_closed()));
CREATE POLICY closed_session ON analytics.fault AS RESTRICTIVE
    USING ((SELECT analytics.reads_closed()));
CREATE POLICY closed_session ON analytics.artefact AS RESTRICTIVE
    USING (output_class = 'open' OR (SELECT analytics.reads_closed()));

CALL platform.audited('analytics.run', 'run_id');
-- The words of a failure may name an arm, and the trail has readers of its own.
CALL platform.audited('analytics.fault', 'run_id,failed_at', 'detail');
CALL platform.audited('analytics.artefact', 'run_id,output_class,name');
CALL platform.audited('analytics.publication', 'study_id');
CALL platform.append_only('analytics.fault');
CALL platform.append_only('analytics.artefact');
CALL platform.append_only('analytics.result_open');
CALL platform.append_only('analytics.result_closed');

GRANT EXECUTE ON FUNCTION analytics.reads_closed() TO induct_analytics;
GRANT SELECT, INSERT ON analytics.run, analytics.fault, analytics.artefact, analytics.result_open,
    analytics.result_closed, analytics.publication TO induct_analytics;
GRANT UPDATE (state, started_at, finished_at, definition_version, inputs_hash, code_version,
    manifest_key, failure) ON analytics.run TO induct_analytics;
GRANT UPDATE (run_id, published_at) ON analytics.publication TO induct_analytics;

-- The nightly schedule names no study: it learns which there are, and then works inside one. A study
-- that is closed to enrolment is followed up for years.
CREATE FUNCTION analytics.studies() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT study_id FROM platform.study ORDER BY study_id
$$;
CREATE POLICY nightly ON platform.study FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION analytics.studies() TO induct_analytics;
