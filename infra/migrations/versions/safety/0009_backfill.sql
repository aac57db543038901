-- Cases from before there were dated facts: their versions are told as facts, each at its own
-- receipt. What such a case owes is written down when it is next touched, or by
-- `POST /rule-applications`; until then its obligations of before stand.

-- The owner works for every study here, and for none afterwards.
ALTER TABLE platform.study NO FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.study_definition NO FORCE ROW LEVEL SECURITY;
ALTER TABLE safety.safety_case NO FORCE ROW LEVEL SECURITY;
ALTER TABLE safety.case_version NO FORCE ROW LEVEL SECURITY;
ALTER TABLE safety.case_fact NO FORCE ROW LEVEL SECURITY;

WITH safety_section AS (
    SELECT s.study_id, d.definition -> 'safety' AS content
    FROM platform.study s JOIN platform.study_definition d
      ON (d.study_id, d.definition_hash) = (s.study_id, s.definition_hash)
), before AS (
    SELECT c.case_id, coalesce(max(f.number), 0) AS last,
           coalesce(min(f.recorded_at), 'infinity') AS since
    FROM safety.safety_case c LEFT JOIN safety.case_fact f USING (case_id)
    GROUP BY c.case_id
)
INSERT INTO safety.case_fact
    (fact_id, case_id, number, study_id, site_id, subject_id, kind, value, true_at, received_at,
     received_zone, recorded_at, source, reason, actor, actor_role)
SELECT gen_random_uuid(), v.case_id,
       b.last + row_number() OVER (PARTITION BY v.case_id ORDER BY v.version, f.n, f.value),
       v.study_id, v.site_id, v.subject_id, f.kind, f.value, f.true_at, v.received_at,
       v.received_zone, v.recorded_at, coalesce(v.reporter, 'reporter unknown'),
       'told by the version of before', v.actor, v.actor_role
FROM before b JOIN safety.case_version v USING (case_id)
JOIN safety_section s USING (study_id)
CROSS JOIN LATERAL (
    SELECT 1 AS n, 'site_awareness' AS kind, jsonb '{}' AS value, v.aware_at AS true_at
    UNION ALL
    SELECT 2, 'receipt', jsonb '{"party": "desk", "reference": null}', NULL
    UNION ALL
    SELECT 3, 'criterion', jsonb_build_object('criterion', m.criterion, 'held', true), NULL
    FROM (VALUES ('identifiable_patient', true),
                 ('identifiable_reporter', v.reporter IS NOT NULL),
                 ('event', v.event_term IS NOT NULL OR v.narrative IS NOT NULL),
                 ('suspect_product', v.suspect_product IS NOT NULL)) AS m (criterion, held)
    WHERE m.held
    UNION ALL
    SELECT 4, 'serious', jsonb_build_object('event', '1', 'serious', v.serious), NULL
    UNION ALL
    -- Without any criterion they are all left open, as always.
    SELECT 5, 'seriousness',
           jsonb_build_object('event', '1', 'criterion', e.criterion ->> 'code',
                              'held', e.criterion ->> 'code' = ANY (v.seriousness)), NULL
    FROM jsonb_array_elements(s.content -> 'seriousness') AS e (criterion)
    WHERE cardinality(v.seriousness) > 0 OR NOT v.serious
    UNION ALL
    SELECT 6, 'description',
           jsonb_build_object('event', '1', 'term', v.event_term, 'grade', v.grade), NULL
    WHERE v.event_term IS NOT NULL OR v.grade IS NOT NULL
    UNION ALL
    SELECT 7, 'onset', jsonb_build_object('event', '1', 'on', v.onset_on), NULL
    WHERE v.onset_on IS NOT NULL
    UNION ALL
    SELECT 8, 'suspect', jsonb_build_object('product', v.suspect_product, 'suspect', true), NULL
    WHERE v.suspect_product IS NOT NULL
    UNION ALL
    SELECT 9, 'anticipated',
           jsonb_build_object('event', '1', 'list', s.content #>> '{anticipated,version}',
                              'listed', s.content #> '{anticipated,terms}' ? v.event_term), NULL
    WHERE v.event_term IS NOT NULL AND jsonb_typeof(s.content -> 'anticipated') = 'object'
    UNION ALL
    SELECT 10, 'follow_up',
           jsonb_build_object('significant', v.significant, 'version', v.version), NULL
    WHERE v.version > 1
) AS f
WHERE v.recorded_at < b.since;

ALTER TABLE safety.case_fact FORCE ROW LEVEL SECURITY;
ALTER TABLE safety.case_version FORCE ROW LEVEL SECURITY;
ALTER TABLE safety.safety_case FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.study_definition FORCE ROW LEVEL SECURITY;
ALTER TABLE platform.study FORCE ROW LEVEL SECURITY;
