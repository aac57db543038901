-- What was done with each product because of an event (ICH E2B(R3) G.k.8), by product code. A
-- product tells the arm: for masked roles it is left out of every answer.

ALTER TABLE safety.case_version ADD COLUMN actions jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN safety.case_version.actions IS
    'Action taken by product code, such as {"INO": "WITHDRAWN"}; a product that is not there has none told.';

ALTER TABLE safety.adverse_event ADD COLUMN actions jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN safety.adverse_event.actions IS 'As in case_version, as the record says it.';
GRANT UPDATE (actions) ON safety.adverse_event TO induct_safety;
