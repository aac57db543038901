-- What classification rests on: dated facts, never changed. What it says: obligations and how their
-- due dates came to be. What was done about them: the steps of the escalation ladder.

CREATE TABLE safety.case_fact (
    fact_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    number integer NOT NULL CHECK (number >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN (
        'site_awareness', 'receipt', 'criterion', 'serious', 'seriousness', 'onset', 'suspect',
        'causality', 'expectedness', 'anticipated', 'exemption', 'special_interest', 'follow_up',
        'submission', 'acknowledgement', 'waiver', 'nullification', 'lock', 'link', 'coding')),
    value jsonb NOT NULL,
    true_at timestamptz,
    true_on date,
    received_at timestamptz NOT NULL,
    received_zone text NOT NULL,
    recorded_at timestamptz NOT NULL,
    source text NOT NULL,
    reason text,
    actor text NOT NULL,
    actor_role text NOT NULL,
    supersedes uuid REFERENCES safety.case_fact,
    signature_id uuid REFERENCES platform.signature,
    UNIQUE (case_id, number),
    UNIQUE (supersedes)
);
COMMENT ON TABLE safety.case_fact IS
    'A correction is a fact that supersedes another; the other stays, for what was known before.';
COMMENT ON COLUMN safety.case_fact.number IS 'Counts within the case, in the order of recording.';
COMMENT ON COLUMN safety.case_fact.received_zone IS
    'IANA zone of the receiver: Day 0 is a calendar date there.';

ALTER TABLE safety.safety_case DROP CONSTRAINT safety_case_origin_check;
ALTER TABLE safety.safety_case
    ADD CHECK (origin IN ('report', 'assessment', 'special_interest'));

-- Versions from before this revision say 'initial', and who ran the migration.
ALTER TABLE safety.case_version
    ADD COLUMN kind text NOT NULL DEFAULT 'initial'
        CHECK (kind IN ('initial', 'follow_up', 'amendment', 'nullification')),
    ADD COLUMN outcome text,
    ADD COLUMN ended_on date,
    ADD COLUMN further_events jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN further_products text[] NOT NULL DEFAULT '{}',
    ADD COLUMN special_interest jsonb,
    ADD COLUMN reason text,
    ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    ADD COLUMN actor text NOT NULL DEFAULT platform.setting('actor'),
    ADD COLUMN actor_role text NOT NULL DEFAULT platform.setting('role');
COMMENT ON COLUMN safety.case_version.further_events IS
    'Events beside the first, as a list: event_term, grade, seriousness, onset_on, ended_on, outcome. '
    'The first event is number 1, the next ones count on.';

DROP INDEX safety.obligation_open_once;
ALTER TABLE safety.obligation DROP CONSTRAINT obligation_state_check;
ALTER TABLE safety.obligation
    ADD COLUMN rule_set text NOT NULL DEFAULT 'definition',
    ADD COLUMN kind text NOT NULL DEFAULT 'other',
    ADD COLUMN recipient text NOT NULL DEFAULT '',
    ADD COLUMN began_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    ADD COLUMN opened_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
    ADD COLUMN trigger_fact uuid,
    ADD COLUMN trace uuid[] NOT NULL DEFAULT '{}',
    ADD COLUMN simulated boolean NOT NULL DEFAULT false,
    ADD CHECK (state IN ('open', 'handed_off', 'submitted', 'waived', 'superseded'));
CREATE INDEX obligation_running ON safety.obligation (study_id, due_at)
    WHERE state IN ('open', 'handed_off');
COMMENT ON COLUMN safety.obligation.simulated IS
    'Opened at an instant that a caller named: the clock of record does not escalate it.';
GRANT UPDATE (trace) ON safety.obligation TO induct_safety;

CREATE TABLE safety.due_change (
    change_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    rule_set text NOT NULL,
    clock_id text NOT NULL,
    rule_version text NOT NULL,
    old_obligation uuid,
    new_obligation uuid,
    old_due_at timestamptz,
    new_due_at timestamptz,
    old_state text,
    new_state text,
    cause_fact uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    UNIQUE (case_id, number)
);
COMMENT ON TABLE safety.due_change IS
    'One row for each obligation that a recomputation opened, moved or closed, and the fact that '
    'made it so.';

CREATE TABLE safety.escalation (
    obligation_id uuid NOT NULL REFERENCES safety.obligation,
    step text NOT NULL,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    roles text[] NOT NULL,
    step_at timestamptz NOT NULL,
    escalated_at timestamptz NOT NULL,
    message_id text NOT NULL,
    PRIMARY KEY (obligation_id, step)
);
COMMENT ON COLUMN safety.escalation.step_at IS
    'When the step was due; escalated_at when a sweep came to it, which is never before.';

CREATE TABLE safety.narrative (
    narrative_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    version integer NOT NULL,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    template text NOT NULL,
    template_version text NOT NULL,
    body text NOT NULL,
    signature_id uuid NOT NULL REFERENCES platform.signature,
    signed_at timestamptz NOT NULL,
    FOREIGN KEY (case_id, version) REFERENCES safety.case_version
);

CALL platform.protect('safety.case_fact', true);
CALL platform.protect('safety.due_change', true);
CALL platform.protect('safety.escalation', true);
CALL platform.protect('safety.narrative', true);

CALL platform.audited_inserts('safety.case_fact', 'fact_id',
    'study_id,site_id,subject_id,actor,actor_role');
CALL platform.audited_inserts('safety.due_change', 'change_id',
    'study_id,site_id,subject_id,actor,actor_role');
CALL platform.audited_inserts('safety.narrative', 'narrative_id', 'study_id,site_id,subject_id');
CALL platform.audited_inserts('safety.escalation', 'obligation_id,step',
    'study_id,site_id,subject_id');
CALL platform.append_only('safety.case_fact');
CALL platform.append_only('safety.due_change');
CALL platform.append_only('safety.escalation');
CALL platform.append_only('safety.narrative');
GRANT SELECT, INSERT ON safety.case_fact, safety.due_change, safety.escalation, safety.narrative
    TO induct_safety;

-- The sweep works for every study: it learns which have something running, and nothing else.
CREATE FUNCTION safety.studies_with_running_obligations() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.obligation WHERE state IN ('open', 'handed_off')
$$;
CREATE POLICY sweep ON safety.obligation FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION safety.studies_with_running_obligations() TO induct_safety;
