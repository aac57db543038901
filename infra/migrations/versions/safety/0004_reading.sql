-- Who read which drug was suspected, where the role matrix says that the role's reads are logged.

CREATE TABLE safety.unblinded_read (
    read_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    operation text NOT NULL,
    about text NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CALL platform.protect('safety.unblinded_read', false);
CALL platform.audited_inserts('safety.unblinded_read', 'read_id', 'study_id,actor,actor_role');
CALL platform.append_only('safety.unblinded_read');
GRANT SELECT, INSERT ON safety.unblinded_read TO induct_safety;
