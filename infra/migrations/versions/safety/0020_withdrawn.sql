-- A sealed message whose obligations were all closed before it was handed over is withdrawn, once and for
-- ever, with the reason: nothing waits for a gateway without an end.

ALTER TABLE safety.icsr
    ADD COLUMN withdrawn_at timestamptz,
    ADD COLUMN withdrawn_reason text,
    ADD CONSTRAINT icsr_withdrawn_with_reason
        CHECK ((withdrawn_at IS NULL) = (withdrawn_reason IS NULL)),
    ADD CONSTRAINT icsr_one_end CHECK (withdrawn_at IS NULL OR delivered_at IS NULL);
GRANT UPDATE (withdrawn_at, withdrawn_reason) ON safety.icsr TO induct_safety;

DROP INDEX safety.icsr_waiting;
CREATE INDEX icsr_waiting ON safety.icsr (study_id, sealed_at)
    WHERE delivered_at IS NULL AND withdrawn_at IS NULL;
CREATE OR REPLACE FUNCTION safety.studies_with_waiting_icsr() RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT DISTINCT study_id FROM safety.icsr WHERE delivered_at IS NULL AND withdrawn_at IS NULL
$$;
