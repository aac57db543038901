-- Documents that go with reports, byte for byte (ICH E2B(R3) C.1.6.1.r.2, C.4.r.2), and publications
-- (C.4.r.1). A version of a case names them by their hash; they can tell the arm like any free text.

CREATE TABLE safety.attachment (
    study_id text NOT NULL REFERENCES platform.study,
    site_id text NOT NULL,
    subject_id text NOT NULL,
    sha256 text NOT NULL,
    media_type text NOT NULL,
    file_name text NOT NULL,
    size integer NOT NULL CHECK (size >= 1),
    content bytea NOT NULL,
    uploaded_at timestamptz NOT NULL,
    actor text NOT NULL,
    actor_role text NOT NULL,
    PRIMARY KEY (study_id, subject_id, sha256)
);
COMMENT ON TABLE safety.attachment IS
    'Kept once for a child, under the name that it was sent by first; never changed.';

CALL platform.protect('safety.attachment', true);
CALL platform.audited_inserts('safety.attachment', 'subject_id,sha256',
    'study_id,site_id,subject_id,content,actor,actor_role');
CALL platform.append_only('safety.attachment');
GRANT SELECT, INSERT ON safety.attachment TO induct_safety;

ALTER TABLE safety.case_version ADD COLUMN literature jsonb;
COMMENT ON COLUMN safety.case_version.documents IS
    'Each a title, or a title with the hash of the attachment: {"title": ..., "attachment": ...}.';
