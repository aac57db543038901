-- Queries of the desk are answered here, and told of again where nobody does.

ALTER TABLE safety.desk_query ADD COLUMN simulated boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN safety.desk_query.simulated IS
    'Raised at an instant that a caller named: escalated by such a clock only.';

CREATE TABLE safety.desk_query_answer (
    study_id text NOT NULL,
    query_id text NOT NULL,
    number integer NOT NULL CHECK (number >= 1),
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    answer text NOT NULL,
    answered_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    PRIMARY KEY (study_id, query_id, number),
    FOREIGN KEY (study_id, query_id) REFERENCES safety.desk_query
);
CREATE INDEX desk_query_answer_of ON safety.desk_query_answer (case_id);

CREATE TABLE safety.desk_query_escalation (
    study_id text NOT NULL,
    query_id text NOT NULL,
    step text NOT NULL,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    roles text[] NOT NULL,
    step_at timestamptz NOT NULL,
    escalated_at timestamptz NOT NULL,
    message_id text NOT NULL,
    PRIMARY KEY (study_id, query_id, step),
    FOREIGN KEY (study_id, query_id) REFERENCES safety.desk_query
);

CALL platform.protect('safety.desk_query_answer', true);
CALL platform.protect('safety.desk_query_escalation', true);
CALL platform.audited_inserts('safety.desk_query_answer', 'study_id,query_id,number',
    'study_id,site_id,subject_id,actor,actor_role');
CALL platform.audited_inserts('safety.desk_query_escalation', 'study_id,query_id,step',
    'study_id,site_id,subject_id');
CALL platform.append_only('safety.desk_query_answer');
CALL platform.append_only('safety.desk_query_escalation');
GRANT SELECT, INSERT ON safety.desk_query_answer, safety.desk_query_escalation TO induct_safety;

-- The sweep works for every study: it learns which have an open query, and nothing else.
CREATE FUNCTION safety.studies_with_open_queries() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.desk_query WHERE closed_at IS NULL
$$;
CREATE POLICY sweep ON safety.desk_query FOR SELECT TO induct_owner USING (true);
GRANT EXECUTE ON FUNCTION safety.studies_with_open_queries() TO induct_safety;
