-- Allocations and what happens to them afterwards. An allocation never changes: an error, a
-- corrected stratum, a replacement are rows beside it.

CREATE TABLE randomization.allocation (
    allocation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    country text NOT NULL,
    randomization_number text NOT NULL,
    source text NOT NULL CHECK (source IN ('system', 'backup', 'forced')),
    list_id text,
    label text,
    position integer,
    stratum text NOT NULL,
    levels jsonb NOT NULL,
    arm text NOT NULL,
    fake_arm text,
    replaces text,
    randomized_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    requested_by text NOT NULL,
    gate jsonb NOT NULL,
    opening jsonb,
    explanation jsonb NOT NULL,
    content_hash text NOT NULL,
    definition_version text NOT NULL,
    UNIQUE (study_id, subject_id),
    UNIQUE (study_id, randomization_number),
    UNIQUE (study_id, replaces),
    UNIQUE (study_id, list_id, label, position),
    FOREIGN KEY (study_id, site_id) REFERENCES randomization.site,
    FOREIGN KEY (study_id, list_id, label, position) REFERENCES randomization.slot,
    FOREIGN KEY (study_id, replaces) REFERENCES randomization.allocation (study_id, subject_id),
    CHECK ((source = 'forced') = (list_id IS NULL)),
    CHECK ((list_id IS NULL) = (label IS NULL) AND (label IS NULL) = (position IS NULL))
);
COMMENT ON COLUMN randomization.allocation.content_hash IS
    'SHA-256 of the request as submitted: decides replay (same) from conflict (differing).';
COMMENT ON COLUMN randomization.allocation.randomized_at IS
    'When the child was randomized. In a backup entry that is when the envelope was opened; '
    'recorded_at tells when we learnt of it.';
COMMENT ON COLUMN randomization.allocation.fake_arm IS
    'Minimisation: which of the equal arms behind the arm was taken; what later balance counts.';

CREATE TABLE randomization.void_slot (
    study_id text NOT NULL,
    list_id text NOT NULL,
    label text NOT NULL,
    position integer NOT NULL,
    site_id text NOT NULL,
    void_number text NOT NULL,
    arm text NOT NULL,
    reason text NOT NULL,
    voided_by text NOT NULL,
    voided_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, list_id, label, position),
    UNIQUE (study_id, void_number),
    FOREIGN KEY (study_id, site_id) REFERENCES randomization.site,
    FOREIGN KEY (study_id, list_id, label, position) REFERENCES randomization.slot
);
COMMENT ON TABLE randomization.void_slot IS
    'Envelopes that were used up without a child: spoiled, lost, or opened for nobody.';

CREATE TABLE randomization.attempt (
    attempt_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    operation text NOT NULL,
    outcome smallint NOT NULL,
    problem text,
    rules text[] NOT NULL DEFAULT '{}',
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    attempted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX attempt_order ON randomization.attempt (study_id, attempted_at, attempt_id);
COMMENT ON TABLE randomization.attempt IS
    'Every request for an allocation and what it was answered, the refused and repeated too.';

CREATE TABLE randomization.in_error (
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    category text NOT NULL,
    reason text NOT NULL,
    marked_by text NOT NULL,
    marked_at timestamptz NOT NULL,
    after_draw integer NOT NULL,
    PRIMARY KEY (study_id, subject_id),
    FOREIGN KEY (study_id, subject_id)
        REFERENCES randomization.allocation (study_id, subject_id)
);
COMMENT ON COLUMN randomization.in_error.after_draw IS
    'How many minimisation draws had been used when the subject left the balance: without it a '
    'replay of later decisions would diverge.';

CREATE TABLE randomization.corrected_stratum (
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    version integer NOT NULL CHECK (version >= 1),
    stratum text NOT NULL,
    levels jsonb NOT NULL,
    reason text NOT NULL,
    corrected_by text NOT NULL,
    corrected_at timestamptz NOT NULL,
    PRIMARY KEY (study_id, subject_id, version),
    FOREIGN KEY (study_id, subject_id)
        REFERENCES randomization.allocation (study_id, subject_id)
);
COMMENT ON TABLE randomization.corrected_stratum IS
    'The true stratum where another was used. The stratum as used stays with the allocation.';

CREATE TABLE randomization.forced_allocation (
    proposal_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    stratum text NOT NULL,
    levels jsonb NOT NULL,
    arm text NOT NULL,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'rejected')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    decided_by text CHECK (decided_by <> proposed_by),
    decided_at timestamptz,
    decision_reason text,
    CHECK ((state = 'proposed') = (decided_by IS NULL)),
    CHECK ((decided_by IS NULL) = (decided_at IS NULL)
        AND (decided_by IS NULL) = (decision_reason IS NULL)),
    FOREIGN KEY (study_id, site_id) REFERENCES randomization.site
);
CREATE UNIQUE INDEX one_open_proposal ON randomization.forced_allocation (study_id, subject_id)
    WHERE state <> 'rejected';

CREATE TABLE randomization.unblinded_read (
    read_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    operation text NOT NULL,
    about text NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    request_id text NOT NULL,
    read_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE randomization.unblinded_read IS
    'Who looked at what only the unblinded may see (ICH E6(R3) 4.2.2).';

CREATE TABLE randomization.reconciliation (
    reconciliation_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    study_id text NOT NULL,
    reconciled_at timestamptz NOT NULL,
    counts jsonb NOT NULL,
    hashes jsonb NOT NULL,
    differences jsonb NOT NULL,
    heads jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON COLUMN randomization.reconciliation.heads IS
    'The last link of every chain of used slots, which the next reconciliation must find again. '
    'Never answered to the blinded: with the other facts of an allocation it tells the arm.';
CREATE INDEX reconciliation_order ON randomization.reconciliation (study_id, reconciled_at);

CALL platform.protect('randomization.allocation', true);
CALL platform.protect('randomization.void_slot', true);
CALL platform.protect('randomization.attempt', false);
CALL platform.protect('randomization.in_error', true);
CALL platform.protect('randomization.corrected_stratum', true);
CALL platform.protect('randomization.forced_allocation', true);
CALL platform.protect('randomization.unblinded_read', false);
CALL platform.protect('randomization.reconciliation', false);

-- The functions of the owner count over every site of the study, whoever asks.
CREATE POLICY counting ON randomization.allocation FOR SELECT TO induct_owner
    USING (study_id = (SELECT platform.current_study()));
CREATE POLICY counting ON randomization.in_error FOR SELECT TO induct_owner
    USING (study_id = (SELECT platform.current_study()));
CREATE POLICY counting ON randomization.void_slot FOR SELECT TO induct_owner
    USING (study_id = (SELECT platform.current_study()));

CALL platform.audited('randomization.allocation', 'allocation_id');
CALL platform.audited('randomization.void_slot', 'list_id,label,position');
CALL platform.audited('randomization.attempt', 'attempt_id',
    'attempt_id,study_id,subject_id,site_id,operation,problem,rules,actor,actor_role,request_id,'
    'attempted_at');
CALL platform.audited('randomization.in_error', 'subject_id');
CALL platform.audited('randomization.corrected_stratum', 'subject_id,version');
CALL platform.audited('randomization.forced_allocation', 'proposal_id', 'levels');
CALL platform.audited('randomization.unblinded_read', 'read_id', 'study_id,actor,actor_role');
CALL platform.audited('randomization.reconciliation', 'reconciliation_id', 'study_id');
CALL platform.append_only('randomization.allocation');
CALL platform.append_only('randomization.void_slot');
CALL platform.append_only('randomization.attempt');
CALL platform.append_only('randomization.in_error');
CALL platform.append_only('randomization.corrected_stratum');
CALL platform.append_only('randomization.unblinded_read');
CALL platform.append_only('randomization.reconciliation');

GRANT SELECT, INSERT ON randomization.allocation, randomization.void_slot, randomization.attempt,
    randomization.in_error, randomization.corrected_stratum, randomization.forced_allocation,
    randomization.unblinded_read, randomization.reconciliation TO induct_randomization;
GRANT UPDATE (state, decided_by, decided_at, decision_reason) ON randomization.forced_allocation
    TO induct_randomization;

-- Whoever verifies the trail holds the rows against it. The trail tells the same values already.
GRANT USAGE ON SCHEMA randomization TO induct_platform;
GRANT SELECT ON randomization.allocation, randomization.void_slot, randomization.in_error,
    randomization.corrected_stratum TO induct_platform;
CREATE POLICY verifier ON randomization.allocation FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON randomization.void_slot FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON randomization.in_error FOR SELECT TO induct_platform USING (true);
CREATE POLICY verifier ON randomization.corrected_stratum FOR SELECT TO induct_platform
    USING (true);

-- Read view for the analysis: the stratum as used beside the true one (null: none other known).
CREATE VIEW randomization.allocation_read WITH (security_invoker = true) AS
    SELECT a.study_id, a.subject_id, a.site_id, a.stratum, a.arm, a.randomized_at, a.source,
           (SELECT c.stratum FROM randomization.corrected_stratum c
            WHERE c.study_id = a.study_id AND c.subject_id = a.subject_id
            ORDER BY c.version DESC LIMIT 1) AS corrected_stratum,
           EXISTS (SELECT 1 FROM randomization.in_error e
                   WHERE e.study_id = a.study_id AND e.subject_id = a.subject_id) AS in_error
    FROM randomization.allocation a;
GRANT SELECT (study_id, subject_id, site_id, stratum, arm, randomized_at, source)
    ON randomization.allocation TO induct_analytics;
GRANT SELECT (study_id, subject_id, site_id, version, stratum) ON randomization.corrected_stratum
    TO induct_analytics;
GRANT SELECT (study_id, subject_id, site_id) ON randomization.in_error TO induct_analytics;
GRANT SELECT ON randomization.allocation_read TO induct_analytics;
