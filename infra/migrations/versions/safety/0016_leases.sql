-- What is handed to a gateway or to another channel is claimed for a while, and not locked while it
-- is handed over: the other side may take its time, and a transaction may not.

ALTER TABLE safety.icsr
    ADD COLUMN leased_until timestamptz,
    ADD COLUMN claimed_at timestamptz;
COMMENT ON COLUMN safety.icsr.claimed_at IS
    'Since when the gateway may have the file: the first attempt of which nobody knows how it ended.';
ALTER TABLE safety.fallback_notice ADD COLUMN leased_until timestamptz;

-- A claim changes nothing of the report, and there is one a minute while a gateway is away.
DROP TRIGGER audit_changes ON safety.icsr;
CREATE TRIGGER audit_changes AFTER UPDATE OR DELETE ON safety.icsr FOR EACH ROW
    EXECUTE FUNCTION platform.record_audit('icsr_id', 'document,leased_until,claimed_at');

GRANT UPDATE (leased_until, claimed_at) ON safety.icsr TO induct_safety;
GRANT UPDATE (leased_until) ON safety.fallback_notice TO induct_safety;
