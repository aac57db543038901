-- The safety desk's own system calls us: who may, with which secrets; what came and became of it; the
-- desk's numbers of cases, and its queries.

CREATE TABLE safety.desk_sender (
    sender_id uuid PRIMARY KEY,
    study_id text NOT NULL REFERENCES platform.study,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('requested', 'active', 'retired')),
    requested_at timestamptz NOT NULL,
    requested_by text NOT NULL,
    approved_at timestamptz,
    approved_by text,
    CHECK (approved_by <> requested_by),
    CHECK (state <> 'active' OR approved_by IS NOT NULL)
);

-- Two may be valid at once while the desk changes over; `ends_at` is when one ceases to be.
CREATE TABLE safety.desk_secret (
    secret_id uuid PRIMARY KEY,
    sender_id uuid NOT NULL REFERENCES safety.desk_sender,
    study_id text NOT NULL,
    sealed text NOT NULL,
    issued_at timestamptz NOT NULL,
    issued_by text NOT NULL,
    ends_at timestamptz
);
CREATE INDEX desk_secret_of ON safety.desk_secret (sender_id, issued_at);

CREATE TABLE safety.desk_message (
    sender_id uuid NOT NULL REFERENCES safety.desk_sender,
    message_id text NOT NULL,
    study_id text NOT NULL,
    case_number text NOT NULL,
    type text NOT NULL,
    body text NOT NULL,
    sha256 text NOT NULL,
    state text NOT NULL CHECK (state IN ('applied', 'parked', 'settled')),
    problem jsonb,
    attempts integer NOT NULL CHECK (attempts >= 1),
    received_at timestamptz NOT NULL,
    settled_at timestamptz,
    settled_by text,
    settled_reason text,
    PRIMARY KEY (sender_id, message_id),
    CHECK ((state = 'settled') = (settled_by IS NOT NULL))
);
COMMENT ON TABLE safety.desk_message IS
    'Every message whose signature held and which could be read. Parked: it contradicts the case '
    'and changed nothing, until a person settles it.';
CREATE INDEX desk_message_parked ON safety.desk_message (study_id, received_at)
    WHERE state = 'parked';

CREATE TABLE safety.desk_case_number (
    case_id uuid PRIMARY KEY REFERENCES safety.safety_case,
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    desk_number text NOT NULL,
    sender_id uuid NOT NULL,
    message_id text NOT NULL,
    assigned_at timestamptz NOT NULL,
    UNIQUE (study_id, desk_number)
);

CREATE TABLE safety.desk_query (
    study_id text NOT NULL,
    query_id text NOT NULL,
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    event text,
    question text NOT NULL,
    sender_id uuid NOT NULL,
    raised_at timestamptz NOT NULL,
    closed_at timestamptz,
    closing text,
    PRIMARY KEY (study_id, query_id),
    CHECK ((closed_at IS NULL) = (closing IS NULL))
);
CREATE INDEX desk_query_of ON safety.desk_query (case_id, raised_at);

CALL platform.protect('safety.desk_sender', false);
CALL platform.protect('safety.desk_secret', false);
CALL platform.protect('safety.desk_message', false);
CALL platform.protect('safety.desk_case_number', true);
CALL platform.protect('safety.desk_query', true);
CALL platform.audited('safety.desk_sender', 'sender_id');
CALL platform.audited('safety.desk_secret', 'secret_id', 'sealed');
CALL platform.audited('safety.desk_message', 'sender_id,message_id', 'body');
CALL platform.audited_inserts('safety.desk_case_number', 'case_id',
    'study_id,site_id,subject_id');
CALL platform.audited('safety.desk_query', 'study_id,query_id');
CALL platform.append_only('safety.desk_case_number');
GRANT SELECT, INSERT ON safety.desk_sender, safety.desk_secret, safety.desk_message,
    safety.desk_case_number, safety.desk_query TO induct_safety;
GRANT UPDATE (state, approved_at, approved_by) ON safety.desk_sender TO induct_safety;
GRANT UPDATE (ends_at) ON safety.desk_secret TO induct_safety;
GRANT UPDATE (state, problem, attempts, settled_at, settled_by, settled_reason)
    ON safety.desk_message TO induct_safety;
GRANT UPDATE (closed_at, closing) ON safety.desk_query TO induct_safety;

-- Beside it: a difference of the reconciliation may also be resolved; a person has seen to it.

ALTER TABLE safety.difference_note DROP CONSTRAINT difference_note_status_check;
ALTER TABLE safety.difference_note ADD CONSTRAINT difference_note_status_check
    CHECK (status IN ('open', 'queried', 'explained', 'resolved'));
