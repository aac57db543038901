-- Interim looks that the committee held: from them the boundaries of later looks are spent.

CREATE TABLE analytics.look (
    study_id text NOT NULL REFERENCES platform.study,
    number integer NOT NULL CHECK (number BETWEEN 1 AND 100),
    contrast text NOT NULL,
    endpoint text NOT NULL,
    run_id uuid NOT NULL REFERENCES analytics.run,
    data_cutoff date NOT NULL,
    held_on date NOT NULL CHECK (held_on >= data_cutoff),
    information integer NOT NULL CHECK (information > 0),
    information_unit text NOT NULL,
    planned integer NOT NULL CHECK (planned > 0),
    z double precision CHECK (z > '-Infinity' AND z < 'Infinity'),
    decision text NOT NULL CHECK (decision IN ('continue', 'stop-for-benefit', 'stop-otherwise')),
    reason text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, number, contrast)
);
COMMENT ON TABLE analytics.look IS
    'What a look rested on is taken from the rows of its run, and not told by whoever records it.';

CALL platform.protect('analytics.look', false);
CREATE POLICY closed_session ON analytics.look AS RESTRICTIVE
    USING ((SELECT analytics.reads_closed()));
-- The trail has readers of its own: it tells that a look was held, and not what it found.
CALL platform.audited('analytics.look', 'study_id,number,contrast', 'z,decision,reason');
CALL platform.append_only('analytics.look');
GRANT SELECT, INSERT ON analytics.look TO induct_analytics;
