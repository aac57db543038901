-- Refused calls of every service are in platform.access_denied. What was written here stays.

REVOKE INSERT ON analytics.refused_read FROM induct_analytics;
COMMENT ON TABLE analytics.refused_read IS
    'Who was refused what is closed, until platform.access_denied took over.';
