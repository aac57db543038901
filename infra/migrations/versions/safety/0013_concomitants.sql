-- Drugs taken beside the treatment, as whoever reports the case names them (ICH E2B(R3) G.k.1 = 2).
-- They can tell the arm: for masked roles they are left out of every answer. Null where none is told:
-- what is not there writes no row of the audit trail either.

ALTER TABLE safety.case_version ADD COLUMN concomitants jsonb;
COMMENT ON COLUMN safety.case_version.concomitants IS
    'In the order told: name, started, ended, dose, route, indication; {"missing": "ASKU"} says why one is not known.';
