-- Whose the events are where they are a child's or foetus's of the participant, the participant as the
-- parent, what reporter and sponsor comment, and whether a health professional confirmed an event (ICH
-- E2B(R3) D.2.2.1, D.6, D.10, H.2 to H.5, E.i.8). All but the last can tell the arm: for masked roles it is
-- left out of every answer. Null where nothing is told.

ALTER TABLE safety.case_version
    ADD COLUMN medically_confirmed boolean,
    ADD COLUMN last_period_on jsonb,
    ADD COLUMN offspring jsonb,
    ADD COLUMN parent jsonb,
    ADD COLUMN comments jsonb;
COMMENT ON COLUMN safety.case_version.medically_confirmed IS
    'Of the first event; the others carry theirs.';
