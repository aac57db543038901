-- Whatever keeps a server from telling which life it is must not keep it from allocating: a managed
-- one has no such file, or its own words for that. Where it does not tell, an operator holds.
CREATE OR REPLACE FUNCTION platform.incarnation() RETURNS text
    LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN (SELECT system_identifier FROM pg_control_system()) || '/'
        || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END $$;
