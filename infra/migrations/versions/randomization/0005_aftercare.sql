-- What entries need that do not pass through take_slot: backup, forced, in error, replacing.

-- Makes the caller wait for every allocation that is under way and hold up those to come. A count
-- that must not go stale is read in a statement after this one.
CREATE FUNCTION randomization.lock_study(p_study text, OUT state text, OUT mode text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    SELECT s.state, s.mode INTO lock_study.state, lock_study.mode FROM platform.study s
        WHERE s.study_id = p_study FOR NO KEY UPDATE;
END $$;

-- What take_slot would have refused: here it is told, and the entry goes on.
CREATE FUNCTION randomization.weigh_entry(
    p_study text, p_site text, p_stratum text, p_today date, p_caps jsonb,
    OUT deviations text[], OUT cap text, OUT alerts jsonb)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    v_state text;
    v_site record;
BEGIN
    SELECT s.state INTO v_state FROM platform.study s WHERE s.study_id = p_study;
    SELECT s.state, s.approved_until, s.country INTO v_site FROM randomization.site s
        WHERE s.study_id = p_study AND s.site_id = p_site;
    SELECT w.reached, w.alerts INTO weigh_entry.cap, weigh_entry.alerts
        FROM randomization.weigh_caps(p_study, p_site, v_site.country, p_stratum, p_caps) AS w;
    deviations := array_remove(ARRAY[
        CASE WHEN v_state <> 'active' THEN 'study-' || v_state END,
        CASE WHEN v_site.state IS DISTINCT FROM 'open' THEN 'site-not-open' END,
        CASE WHEN v_site.approved_until < p_today THEN 'site-approval-expired' END,
        CASE WHEN weigh_entry.cap IS NOT NULL THEN 'cap-reached' END], NULL);
END $$;

-- How many subjects replace another, over all sites, and whether this one is replaced already.
CREATE FUNCTION randomization.replacements(
    p_study text, p_subject text, OUT used integer, OUT replaced boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*)::integer, coalesce(bool_or(a.replaces = p_subject), false)
    FROM randomization.allocation a
    WHERE a.study_id = p_study AND a.replaces IS NOT NULL
$$;

GRANT EXECUTE ON FUNCTION
    randomization.lock_study(text), randomization.replacements(text, text),
    randomization.weigh_entry(text, text, text, date, jsonb)
    TO induct_randomization;
