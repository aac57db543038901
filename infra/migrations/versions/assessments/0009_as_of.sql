-- What the nightly analysis reads as of a past instant: every version with the time it was recorded.
CREATE VIEW assessments.item_version_read WITH (security_invoker = true) AS
    SELECT r.study_id, r.site_id, r.subject_id, r.form, r.visit, r.repeat, r.record_id,
           i.item, i.version, coalesce(i.canonical, i.value) AS value, v.observed_on, v.recorded_at
    FROM assessments.record r
    JOIN assessments.item_version i USING (record_id)
    JOIN assessments.record_version v ON v.record_id = i.record_id AND v.version = i.version;
CREATE VIEW assessments.registration_read WITH (security_invoker = true) AS
    SELECT study_id, site_id, subject_id, consented_on, registered_at FROM assessments.subject;
GRANT SELECT (recorded_at) ON assessments.record_version TO induct_analytics;
GRANT SELECT (registered_at) ON assessments.subject TO induct_analytics;
GRANT SELECT ON assessments.item_version_read, assessments.registration_read TO induct_analytics;
