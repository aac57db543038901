-- How suspect products were given and whether events came again, the reporter's qualification, documents
-- held, numbers under which others sent the case (ICH E2B(R3) G.k.4.r, G.k.7.r, G.k.9.i.4, C.2.r.4, C.1.6.1,
-- C.1.9.1.r). All but the qualification can tell the arm: for masked roles it is left out of every answer.
-- Null where nothing is told.

ALTER TABLE safety.case_version
    ADD COLUMN reporter_qualification text,
    ADD COLUMN administrations jsonb,
    ADD COLUMN recurrences jsonb,
    ADD COLUMN documents jsonb,
    ADD COLUMN other_identifiers jsonb;
COMMENT ON COLUMN safety.case_version.reporter_qualification IS
    'PHYSICIAN, PHARMACIST, OTHER_HEALTH_PROFESSIONAL, LAWYER or CONSUMER; null: not known.';
