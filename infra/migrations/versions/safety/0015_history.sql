-- Medical history, weight and height, tests (ICH E2B(R3) D.7.1.r, D.7.2, D.3, D.4, F.r). Free text can
-- tell the arm: for masked roles all of it is left out of every answer. Null where nothing is told.

ALTER TABLE safety.case_version
    ADD COLUMN history jsonb,
    ADD COLUMN other_history jsonb,
    ADD COLUMN weight_kg jsonb,
    ADD COLUMN height_cm jsonb,
    ADD COLUMN tests jsonb;
COMMENT ON COLUMN safety.case_version.other_history IS
    'A text, or {"missing": "ASKU"}: why there is none.';
COMMENT ON COLUMN safety.case_version.weight_kg IS
    'A decimal as text, as it was told.';
