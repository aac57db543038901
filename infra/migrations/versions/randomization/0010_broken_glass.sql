-- Who broke the glass of whose arm, why, and until when. The arm itself is read beside it, and each
-- reading is a row of unblinded_read.
CREATE TABLE randomization.broken_glass (
    break_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    category text NOT NULL,
    reason text NOT NULL CHECK (btrim(reason) <> ''),
    broken_by text NOT NULL,
    broken_as text NOT NULL,
    broken_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at >= broken_at),
    request_id text NOT NULL
);
COMMENT ON COLUMN randomization.broken_glass.expires_at IS
    'Nobody reads the arm by it at or after this instant; equal to broken_at: it opens nothing.';
CREATE INDEX broken_glass_of ON randomization.broken_glass (study_id, subject_id, broken_by);
CREATE INDEX read_of ON randomization.unblinded_read (study_id, about) WHERE operation = 'read_arm';

CALL platform.protect('randomization.broken_glass', true);
CALL platform.audited_inserts('randomization.broken_glass', 'break_id',
    'study_id,site_id,subject_id,broken_by,broken_as,request_id');
CALL platform.append_only('randomization.broken_glass');
GRANT SELECT, INSERT ON randomization.broken_glass TO induct_randomization;
