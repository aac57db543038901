"""What each rule of a review asks of the database: where, who, in which role, about what, how
often, when last. Nobody's value and nobody's arm is in an answer."""

from sqlalchemy import text

QUERIES = {
    "R1": text("""
        SELECT v.site_id AS place, v.actor, v.actor_role AS role, r.form AS about,
               count(*) AS times, max(v.recorded_at) AS last_at
        FROM assessments.record_version v JOIN assessments.record r USING (record_id)
        WHERE v.study_id = :study AND v.recorded_at > :since AND v.recorded_at <= :until
          AND v.version = 1 AND v.recorded_at::date - v.observed_on > :days
        GROUP BY 1, 2, 3, 4 ORDER BY times DESC, 1, 2, 4
    """),
    "R2": text("""
        SELECT v.site_id AS place, v.actor, v.actor_role AS role, r.form AS about,
               count(*) AS times, max(v.recorded_at) AS last_at
        FROM assessments.flag_event f
        JOIN assessments.record_version v
            ON v.record_id = f.record_id AND v.version = f.record_version
        JOIN assessments.record r ON r.record_id = f.record_id
        WHERE f.study_id = :study AND f.action = 'void'
          AND v.recorded_at > :since AND v.recorded_at <= :until
        GROUP BY 1, 2, 3, 4 ORDER BY times DESC, 1, 2, 4
    """),
    "R3": text("""
        SELECT v.site_id AS place, v.actor, v.actor_role AS role, r.form AS about,
               count(*) AS times, max(v.recorded_at) AS last_at
        FROM assessments.record_version v JOIN assessments.record r USING (record_id)
        WHERE v.study_id = :study AND v.recorded_at > :since AND v.recorded_at <= :until
          AND v.version > 1 AND r.form = ANY (:forms)
        GROUP BY 1, 2, 3, 4 ORDER BY times DESC, 1, 2, 4
    """),
    "R4": text("""
        SELECT v.site_id AS place, v.actor, v.actor_role AS role,
               to_char(v.recorded_at AT TIME ZONE s.time_zone, 'HH24') || ' h' AS about,
               count(*) AS times, max(v.recorded_at) AS last_at
        FROM assessments.record_version v
        JOIN randomization.site s ON s.study_id = v.study_id AND s.site_id = v.site_id
        WHERE v.study_id = :study AND v.recorded_at > :since AND v.recorded_at <= :until
          AND NOT (extract(hour FROM v.recorded_at AT TIME ZONE s.time_zone) >= :from_hour
                   AND extract(hour FROM v.recorded_at AT TIME ZONE s.time_zone) < :until_hour)
        GROUP BY 1, 2, 3, 4 ORDER BY times DESC, 1, 2, 4
    """),
    "R5": text("""
        SELECT i.site_id AS place, NULL AS actor, NULL AS role, r.form || '.' || i.item AS about,
               count(*) - 1 AS times, max(v.recorded_at) AS last_at
        FROM assessments.item_version i
        JOIN assessments.record_version v USING (record_id, version)
        JOIN assessments.record r USING (record_id)
        WHERE i.study_id = :study AND v.recorded_at <= :until
        GROUP BY i.record_id, i.item, 1, 4
        HAVING count(*) > :times AND max(v.recorded_at) > :since
        ORDER BY times DESC, 1, 4
    """),
    "R6": text("""
        SELECT NULL AS place, actor, actor_role AS role, about, count(*) AS times,
               max(at) AS last_at
        FROM (
            SELECT study_id, actor, actor_role, operation AS about, read_at AS at
            FROM randomization.unblinded_read
            UNION ALL SELECT study_id, actor, actor_role, operation, read_at
            FROM safety.unblinded_read
            UNION ALL SELECT study_id, actor, actor_role, operation, read_at
            FROM analytics.unblinded_read
            UNION ALL SELECT study_id, actor, actor_role, 'fetch_export', fetched_at
            FROM assessments.export_fetch) AS reads
        WHERE study_id = :study AND at > :since AND at <= :until
        GROUP BY 2, 3, 4 ORDER BY times DESC, 2, 4
    """),
    "R7": text("""
        SELECT NULL AS place, account AS actor, role, operation || ': ' || problem AS about,
               count(*) AS times, max(denied_at) AS last_at
        FROM platform.access_denied
        WHERE study_id = :study AND denied_at > :since AND denied_at <= :until
        GROUP BY 2, 3, 4 ORDER BY times DESC, 2, 4
    """),
    "R8": text("""
        SELECT place, actor, role, about, count(*) AS times, max(at) AS last_at
        FROM (
            SELECT DISTINCT site_id AS place, actor, actor_role AS role,
                   table_name || ': ' || lower(operation) AS about, row_key, request_id,
                   recorded_at AS at
            FROM platform.audit WHERE study_id = :study AND table_name = ANY (:tables)
            UNION ALL
            SELECT f.site_id, f.actor, f.actor_role, f.action, f.record_id::text, f.number::text,
                   a.recorded_at
            FROM assessments.flag_event f JOIN platform.audit a
                ON a.table_name = 'assessments.flag_event' AND a.study_id = f.study_id
                AND a.row_key = f.record_id || '/' || f.number
            WHERE f.study_id = :study AND f.action = ANY (:flags)
            UNION ALL
            SELECT NULL, s.account, s.role, 'came with other rights', s.seen_id::text, '', s.seen_at
            FROM platform.access_seen s JOIN LATERAL (
                SELECT bool_or((b.role, b.sites, b.scopes) = (s.role, s.sites, s.scopes)) AS known
                FROM platform.access_seen b WHERE b.study_id = s.study_id
                AND b.account = s.account AND b.seen_at < s.seen_at) AS earlier ON NOT known
            WHERE s.study_id = :study
            UNION ALL
            SELECT NULL, revoked_by, 'operator', 'ended the rights of an account',
                   revocation_id::text, '', revoked_at
            FROM platform.access_revoked
            UNION ALL
            SELECT NULL, bound_by, 'operator', 'bound an account to networks', seq::text, '',
                   bound_at
            FROM platform.access_network
            UNION ALL
            SELECT NULL, who, 'database', lower(command) || ' ' || object, event_id::text, '',
                   happened_at
            FROM platform.guard_event WHERE who <> 'induct_migrator') AS acts
        WHERE at > :since AND at <= :until
        GROUP BY 1, 2, 3, 4 ORDER BY times DESC, 1, 2, 4
    """),
}
