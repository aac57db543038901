-- What the nightly analysis reads as of a past instant: allocations, and what was found out about
-- them since, each with the time at which it was known.
CREATE VIEW randomization.allocation_known_read WITH (security_invoker = true) AS
    SELECT study_id, site_id, subject_id, stratum, arm, randomized_at,
           -- An envelope was opened before anybody here learnt of it.
           CASE WHEN source = 'backup' THEN recorded_at ELSE randomized_at END AS known_at
    FROM randomization.allocation;
CREATE VIEW randomization.correction_read WITH (security_invoker = true) AS
    SELECT study_id, site_id, subject_id, version, stratum, corrected_at
    FROM randomization.corrected_stratum;
CREATE VIEW randomization.error_read WITH (security_invoker = true) AS
    SELECT study_id, site_id, subject_id, marked_at FROM randomization.in_error;
GRANT SELECT (recorded_at) ON randomization.allocation TO induct_analytics;
GRANT SELECT (corrected_at) ON randomization.corrected_stratum TO induct_analytics;
GRANT SELECT (marked_at) ON randomization.in_error TO induct_analytics;
GRANT SELECT ON randomization.allocation_known_read, randomization.correction_read,
    randomization.error_read TO induct_analytics;
