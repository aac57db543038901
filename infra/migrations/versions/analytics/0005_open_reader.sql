-- Who is blinded reads as another role of the database, which has no grant on anything by arm: what
-- the service's own login says of its caller decides nothing any more.

GRANT USAGE ON SCHEMA analytics, platform TO induct_analytics_open;
GRANT EXECUTE ON FUNCTION platform.setting(text), platform.current_study(),
    platform.every_site(), platform.sites(), analytics.reads_closed() TO induct_analytics_open;
GRANT SELECT ON analytics.run, analytics.progress, analytics.publication, analytics.artefact,
    analytics.result_open TO induct_analytics_open;
-- Not "TO induct_analytics_open": a policy is for the members of its role as well.
CREATE POLICY open_alone ON analytics.artefact AS RESTRICTIVE
    USING (output_class = 'open' OR current_user <> 'induct_analytics_open');
