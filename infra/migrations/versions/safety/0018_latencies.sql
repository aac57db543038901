-- How long an event lasted and how long after a product it began, drugs of before, other therapies, and
-- what is known of a death (ICH E2B(R3) E.i.6, G.k.9.i.3, D.8.r, D.7.3, D.9). All but how long an event
-- lasted can tell the arm: for masked roles it is left out of every answer. Null where nothing is told.

ALTER TABLE safety.case_version
    ADD COLUMN duration jsonb,
    ADD COLUMN latencies jsonb,
    ADD COLUMN past_drugs jsonb,
    ADD COLUMN other_therapies jsonb,
    ADD COLUMN death jsonb;
COMMENT ON COLUMN safety.case_version.duration IS
    'Of the first event: a number with its unit (UCUM); the others carry theirs.';
