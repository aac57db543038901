-- Which snapshot a run read: a run as of that instant reads the same, and its inputs_hash says so.

ALTER TABLE analytics.run ADD COLUMN read_at timestamptz, ADD COLUMN snapshot text;
COMMENT ON COLUMN analytics.run.read_at IS
    'By the clock of the database, within the snapshot: all that it shows was recorded by then.';
COMMENT ON COLUMN analytics.run.snapshot IS
    'Postgres'' own name of the snapshot (pg_current_snapshot): what had not been committed is in it.';
GRANT UPDATE (read_at, snapshot) ON analytics.run TO induct_analytics;
CALL platform.verifiable('analytics.run');
