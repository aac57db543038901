-- Cases that name a number under which somebody else sent them: they may be duplicates.
CREATE INDEX case_version_citing ON safety.case_version (study_id) WHERE other_identifiers IS NOT NULL;
