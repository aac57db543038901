-- Central allocation: sites, sealed lists and their slots. A slot holds its arm only as a
-- ciphertext whose key is not in this database, and the ciphertext is reachable only through
-- functions (0003): the service's login cannot select it.

CREATE SCHEMA randomization;
GRANT USAGE ON SCHEMA randomization TO induct_randomization;

CREATE TABLE randomization.site (
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    time_zone text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'paused', 'closed')),
    opened_at timestamptz NOT NULL,
    approved_until date,
    PRIMARY KEY (study_id, site_id)
);
COMMENT ON COLUMN randomization.site.approved_until IS
    'Last day of the ethics approval; nobody is randomized at the site after it. Null: open end.';

CREATE TABLE randomization.list (
    study_id text NOT NULL REFERENCES platform.study,
    list_id text NOT NULL,
    ordinal integer NOT NULL CHECK (ordinal >= 1),
    purpose text NOT NULL CHECK (purpose IN ('central', 'downtime')),
    site_id text,
    extends text,
    method text NOT NULL,
    algorithm text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('live', 'training')),
    state text NOT NULL CHECK (state IN ('sealed', 'active', 'suspended', 'closed', 'revealed')),
    author text NOT NULL,
    approver text CHECK (approver <> author),
    sealed_at timestamptz NOT NULL,
    activated_at timestamptz,
    leaf_count integer NOT NULL CHECK (leaf_count >= 1),
    root bytea NOT NULL CHECK (octet_length(root) = 32),
    sealed_sha256 text NOT NULL,
    parameters_commitment text NOT NULL,
    sealed_parameters bytea NOT NULL,
    key_name text NOT NULL,
    definition_version text NOT NULL,
    manifest text,
    signature bytea,
    public_key bytea,
    PRIMARY KEY (study_id, list_id),
    UNIQUE (study_id, ordinal),
    FOREIGN KEY (study_id, extends) REFERENCES randomization.list,
    FOREIGN KEY (study_id, site_id) REFERENCES randomization.site,
    CHECK ((purpose = 'downtime') = (site_id IS NOT NULL)),
    CHECK (state IN ('sealed', 'closed') OR (approver IS NOT NULL AND manifest IS NOT NULL))
);
COMMENT ON COLUMN randomization.list.ordinal IS
    'Order of sealing in the study. Slots are taken from the first list that has one: an extension '
    'is a list of its own, with its own root and manifest.';
-- One open list to allocate from at a time, not counting its extensions.
CREATE UNIQUE INDEX one_active_list ON randomization.list (study_id)
    WHERE state IN ('sealed', 'active', 'suspended') AND purpose = 'central' AND extends IS NULL;

-- A site has one set of envelopes at a time: an envelope's name must be enough to find it.
CREATE UNIQUE INDEX one_downtime_list ON randomization.list (study_id, site_id)
    WHERE state IN ('sealed', 'active', 'suspended') AND purpose = 'downtime';

CREATE TABLE randomization.stratum (
    study_id text NOT NULL REFERENCES platform.study,
    label text NOT NULL,
    PRIMARY KEY (study_id, label)
);
COMMENT ON TABLE randomization.stratum IS 'The row that is locked while a slot is taken.';

CREATE TABLE randomization.slot (
    study_id text NOT NULL,
    list_id text NOT NULL,
    label text NOT NULL,
    position integer NOT NULL CHECK (position >= 1),
    leaf_index integer NOT NULL CHECK (leaf_index >= 0),
    ciphertext bytea NOT NULL,
    commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
    path bytea NOT NULL,
    subject_id text,
    PRIMARY KEY (study_id, list_id, label, position),
    UNIQUE (study_id, list_id, leaf_index),
    UNIQUE (study_id, subject_id),
    FOREIGN KEY (study_id, list_id) REFERENCES randomization.list,
    FOREIGN KEY (study_id, label) REFERENCES randomization.stratum
);
CREATE INDEX slot_free ON randomization.slot (study_id, list_id, label, position)
    WHERE subject_id IS NULL;

CREATE TABLE randomization.screening (
    study_id text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL,
    registered_at timestamptz NOT NULL,
    rescreening_of text,
    PRIMARY KEY (study_id, subject_id)
);
COMMENT ON TABLE randomization.screening IS
    'Screening log kept from the events of assessments; enrolment figures are counted from it.';

CALL platform.protect('randomization.site', false);
CALL platform.protect('randomization.list', false);
CALL platform.protect('randomization.stratum', false);
CALL platform.protect('randomization.slot', false);
CALL platform.protect('randomization.screening', true);

CALL platform.audited('randomization.site', 'site_id');
-- The sealed parameters would tell the length of what they hold.
CALL platform.audited('randomization.list', 'list_id', 'sealed_parameters');
CALL platform.audited('randomization.screening', 'subject_id');
-- A list of hundreds of slots is one act, and its root is in the trail; each use is an act too.
CREATE TRIGGER audit AFTER UPDATE OR DELETE ON randomization.slot FOR EACH ROW
    EXECUTE FUNCTION platform.record_audit('list_id,label,position', 'ciphertext,path');
CALL platform.append_only('randomization.screening');

GRANT SELECT, INSERT, UPDATE (state, approved_until) ON randomization.site TO induct_randomization;
GRANT SELECT (study_id, list_id, ordinal, purpose, site_id, extends, method, algorithm, mode, state,
              author, approver, sealed_at, activated_at, leaf_count, root, sealed_sha256,
              parameters_commitment, key_name, definition_version, manifest, signature, public_key),
      UPDATE (state, approver, activated_at, manifest, signature, public_key)
    ON randomization.list TO induct_randomization;
GRANT SELECT, INSERT ON randomization.screening TO induct_randomization;

-- What becomes of a list: the database holds the order, whoever asks.
CREATE FUNCTION randomization.guard_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('sealed', 'active'), ('sealed', 'closed'), ('active', 'suspended'), ('active', 'closed'),
        ('suspended', 'active'), ('suspended', 'closed'), ('closed', 'revealed')) THEN
        RAISE EXCEPTION 'a list does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'IR008';
    END IF;
    IF OLD.manifest IS NOT NULL AND (NEW.manifest, NEW.signature, NEW.public_key, NEW.approver,
        NEW.activated_at) IS DISTINCT FROM (OLD.manifest, OLD.signature, OLD.public_key,
        OLD.approver, OLD.activated_at) THEN
        RAISE EXCEPTION 'a published manifest never changes' USING ERRCODE = 'IR008';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON randomization.list FOR EACH ROW
    EXECUTE FUNCTION randomization.guard_list();

-- A slot that was given is never free again, and nothing else of it changes.
CREATE FUNCTION randomization.guard_slot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.subject_id IS NOT NULL OR NEW.subject_id IS NULL
        OR (NEW.study_id, NEW.list_id, NEW.label, NEW.position, NEW.leaf_index, NEW.ciphertext,
            NEW.commitment, NEW.path) IS DISTINCT FROM (OLD.study_id, OLD.list_id, OLD.label,
            OLD.position, OLD.leaf_index, OLD.ciphertext, OLD.commitment, OLD.path) THEN
        RAISE EXCEPTION 'a slot is used once and never altered' USING ERRCODE = 'IR006';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON randomization.slot FOR EACH ROW
    EXECUTE FUNCTION randomization.guard_slot();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON randomization.slot FOR EACH STATEMENT
    EXECUTE FUNCTION platform.forbid_change();

CREATE VIEW randomization.site_read WITH (security_invoker = true) AS
    SELECT study_id, site_id, country, time_zone, state FROM randomization.site;
GRANT USAGE ON SCHEMA randomization TO induct_assessments, induct_safety, induct_analytics;
GRANT SELECT (study_id, site_id, country, time_zone, state) ON randomization.site
    TO induct_assessments, induct_safety, induct_analytics;
GRANT SELECT ON randomization.site_read TO induct_assessments, induct_safety, induct_analytics;
