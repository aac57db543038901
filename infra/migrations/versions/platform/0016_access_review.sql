-- Reviews of accounts: the issuer's list beside what was seen, kept as found, and signed off by a person.

CREATE TABLE platform.access_review (
    study_id text NOT NULL REFERENCES platform.study,
    number integer NOT NULL CHECK (number >= 1),
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL CHECK (to_at >= from_at),
    findings jsonb NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    PRIMARY KEY (study_id, number)
);
COMMENT ON TABLE platform.access_review IS
    'Accounts to ask about; signed in platform.signature. from_at: when the list was taken.';
CALL platform.protect('platform.access_review', false);
CALL platform.append_only('platform.access_review');
-- Its hash stands in the trail, and covers the findings.
CALL platform.audited('platform.access_review', 'study_id,number', 'findings');
GRANT SELECT, INSERT ON platform.access_review TO induct_platform;
CALL platform.redactable('platform.access_review');
