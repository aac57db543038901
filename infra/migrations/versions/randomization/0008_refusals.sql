-- Read view for the analysis: who was found not eligible when, and by which rules of the gate. The
-- last such answer of each child by a cutoff is the reason in the flow of participants.
CREATE VIEW randomization.refusal_read WITH (security_invoker = true) AS
    SELECT study_id, subject_id, site_id, rules, attempted_at
    FROM randomization.attempt WHERE problem = 'not-eligible';
GRANT SELECT (study_id, subject_id, site_id, problem, rules, attempted_at)
    ON randomization.attempt TO induct_analytics;
GRANT SELECT ON randomization.refusal_read TO induct_analytics;
