"""The SQL of a snapshot: of everything recorded, and of what was recorded by a past instant."""

from dataclasses import dataclass

from sqlalchemy import TextClause, text


@dataclass(frozen=True, slots=True)
class Statements:
    """What a snapshot asks, each in canonical order. Both kinds answer the same columns."""

    allocations: TextClause
    subjects: TextClause
    refusals: TextClause
    items: TextClause


EVERYTHING = Statements(
    allocations=text("""
        SELECT a.subject_id, a.site_id, a.arm, a.stratum, a.corrected_stratum, a.in_error,
               a.randomized_at, site.time_zone
        FROM randomization.allocation_read a
        LEFT JOIN randomization.site_read site
          ON site.study_id = a.study_id AND site.site_id = a.site_id
        WHERE a.study_id = :study ORDER BY a.subject_id COLLATE "C"
    """),
    subjects=text("""
        SELECT subject_id, site_id, consented_on FROM assessments.subject_read
        WHERE study_id = :study ORDER BY subject_id COLLATE "C"
    """),
    refusals=text("""
        SELECT r.subject_id, r.rules, r.attempted_at, site.time_zone
        FROM randomization.refusal_read r
        JOIN randomization.site_read site USING (study_id, site_id)
        WHERE r.study_id = :study ORDER BY r.subject_id COLLATE "C", r.attempted_at
    """),
    items=text("""
        SELECT subject_id, form, visit, repeat, CAST(record_id AS text) AS record_id, item, value,
               version, observed_on
        FROM assessments.item_read WHERE study_id = :study
        ORDER BY subject_id COLLATE "C", form COLLATE "C", visit COLLATE "C", repeat,
                 item COLLATE "C"
    """),
)
AS_OF = Statements(
    allocations=text("""
        SELECT a.subject_id, a.site_id, a.arm, a.stratum, corrected.stratum AS corrected_stratum,
               wrong.subject_id IS NOT NULL AS in_error, a.randomized_at, site.time_zone
        FROM randomization.allocation_known_read a
        LEFT JOIN randomization.site_read site
          ON site.study_id = a.study_id AND site.site_id = a.site_id
        LEFT JOIN LATERAL (
            SELECT c.stratum FROM randomization.correction_read c
            WHERE c.study_id = a.study_id AND c.subject_id = a.subject_id
              AND c.corrected_at <= :as_of
            ORDER BY c.version DESC LIMIT 1) AS corrected ON true
        LEFT JOIN randomization.error_read wrong
          ON wrong.study_id = a.study_id AND wrong.subject_id = a.subject_id
         AND wrong.marked_at <= :as_of
        WHERE a.study_id = :study AND a.known_at <= :as_of ORDER BY a.subject_id COLLATE "C"
    """),
    subjects=text("""
        SELECT subject_id, site_id, consented_on FROM assessments.registration_read
        WHERE study_id = :study AND registered_at <= :as_of ORDER BY subject_id COLLATE "C"
    """),
    refusals=text("""
        SELECT r.subject_id, r.rules, r.attempted_at, site.time_zone
        FROM randomization.refusal_read r
        JOIN randomization.site_read site USING (study_id, site_id)
        WHERE r.study_id = :study AND r.attempted_at <= :as_of
        ORDER BY r.subject_id COLLATE "C", r.attempted_at
    """),
    items=text("""
        SELECT subject_id, form, visit, repeat, CAST(record_id AS text) AS record_id, item, value,
               version, observed_on
        FROM (SELECT v.*, row_number() OVER (PARTITION BY record_id, item ORDER BY version DESC)
                     AS back
              FROM assessments.item_version_read v
              WHERE v.study_id = :study AND v.recorded_at <= :as_of) AS known
        WHERE back = 1
        ORDER BY subject_id COLLATE "C", form COLLATE "C", visit COLLATE "C", repeat,
                 item COLLATE "C"
    """),
)
