-- A look is signed by a person of the committee; who reads what compares arms is written down.

-- What was signed of a look is a few numbers and a decision: with its hash, which the trail shows,
-- they could be guessed by trying. So something that nobody can guess is signed with them.
ALTER TABLE analytics.look ADD COLUMN salt uuid;
COMMENT ON COLUMN analytics.look.salt IS
    'Signed with the look, so that the hash of what was signed does not tell it. Null: a look that '
    'was recorded before looks were signed.';
DROP TRIGGER audit ON analytics.look;
CALL platform.audited('analytics.look', 'study_id,number,contrast', 'z,decision,reason,salt');

CREATE TABLE analytics.unblinded_read (
    read_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    operation text NOT NULL,
    about text NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE analytics.unblinded_read IS
    'Who was given which results, files or sources by arm (ICH E6(R3) 4.2.2).';
CALL platform.protect('analytics.unblinded_read', false);
CALL platform.audited_inserts('analytics.unblinded_read', 'read_id', 'study_id,actor,actor_role');
CALL platform.append_only('analytics.unblinded_read');
GRANT SELECT, INSERT ON analytics.unblinded_read TO induct_analytics;

CREATE TABLE analytics.refused_read (
    refusal_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL REFERENCES platform.study,
    operation text NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE analytics.refused_read IS
    'Who asked for what compares arms and may not. What it was of is not told: a refusal is the same '
    'whether or not it is there.';
CALL platform.protect('analytics.refused_read', false);
CALL platform.audited_inserts('analytics.refused_read', 'refusal_id', 'study_id,actor,actor_role');
CALL platform.append_only('analytics.refused_read');
GRANT SELECT, INSERT ON analytics.refused_read TO induct_analytics;
