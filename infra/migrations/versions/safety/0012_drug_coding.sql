-- What a drug that the child took beside the treatment is in WHODrug: said by a person, never changed.

-- Said again, the newest counts; no due date hangs on it, so it is no fact of the case.
CREATE TABLE safety.drug_coding (
    coding_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    case_id uuid NOT NULL REFERENCES safety.safety_case,
    number integer NOT NULL CHECK (number >= 1),
    study_id text NOT NULL,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    record_id uuid NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    atc text NOT NULL,
    dictionary_version text NOT NULL,
    reason text NOT NULL,
    coded_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    UNIQUE (case_id, number)
);
COMMENT ON COLUMN safety.drug_coding.record_id IS
    'The record of the medication in assessments; its id, because records are theirs.';
COMMENT ON COLUMN safety.drug_coding.name IS
    'Of the code in that version: the licence''s files may be gone when somebody looks.';

CALL platform.protect('safety.drug_coding', true);
CALL platform.audited_inserts('safety.drug_coding', 'coding_id',
    'study_id,site_id,subject_id,actor,actor_role');
CALL platform.append_only('safety.drug_coding');
GRANT SELECT, INSERT ON safety.drug_coding TO induct_safety;
