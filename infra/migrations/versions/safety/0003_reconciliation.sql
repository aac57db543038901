-- Clinical adverse events as safety has seen them, fed by events and held against the cases; and what
-- a person said of a difference.

CREATE TABLE safety.adverse_event (
    record_id uuid PRIMARY KEY,
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    record_version integer NOT NULL CHECK (record_version >= 1),
    term text,
    grade smallint,
    onset_on date,
    ended_on date,
    serious boolean NOT NULL,
    seriousness text[] NOT NULL,
    outcome text,
    seen_at timestamptz NOT NULL
);
COMMENT ON TABLE safety.adverse_event IS
    'A local projection: each record as the newest event about it showed it, nothing that tells the '
    'arm.';

CREATE TABLE safety.difference_note (
    difference_id uuid NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'queried', 'explained')),
    owner text NOT NULL,
    reason text NOT NULL,
    noted_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    PRIMARY KEY (difference_id, number)
);
COMMENT ON COLUMN safety.difference_note.difference_id IS
    'Of the case, the record, the field and both values: other values are another difference.';

CALL platform.protect('safety.adverse_event', true);
CALL platform.protect('safety.difference_note', true);
CALL platform.audited('safety.adverse_event', 'record_id');
CALL platform.audited_inserts('safety.difference_note', 'difference_id,number',
    'study_id,site_id,subject_id,actor,actor_role');
CALL platform.append_only('safety.difference_note');
GRANT SELECT, INSERT ON safety.adverse_event, safety.difference_note TO induct_safety;
GRANT UPDATE (record_version, term, grade, onset_on, ended_on, serious, seriousness, outcome,
    seen_at) ON safety.adverse_event TO induct_safety;
