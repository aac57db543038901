"""SQL of allocations: the gate, the slot, the row, and the attempts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import text

from services.randomization.domain import cross_check
from services.randomization.domain.cross_check import Recorded
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_GATE = text("""
    SELECT s.site_id, s.state, s.consented_on, s.birth_year_month, site.time_zone,
           a.content_hash AS allocated_on_hash,
           randomization.earlier_allocation(s.study_id, s.subject_id) AS allocated_before,
           (SELECT jsonb_agg(jsonb_build_object(
                'form', i.form, 'visit', i.visit, 'repeat', i.repeat, 'item', i.item,
                'value', i.value, 'position', i.position))
            FROM assessments.item_read i
            WHERE i.study_id = s.study_id AND i.subject_id = s.subject_id
              AND i.item = ANY(CAST(:items AS text[])) AND i.value IS NOT NULL) AS recorded
    FROM assessments.subject_read s
    LEFT JOIN randomization.site site ON site.study_id = s.study_id AND site.site_id = s.site_id
    LEFT JOIN randomization.allocation a
      ON a.study_id = s.study_id AND a.subject_id = s.subject_id
    WHERE s.study_id = :study AND s.subject_id = :subject
""")
# What the row itself holds first, then what was learnt of the subject since.
_ALLOCATION = """
    SELECT allocation_id, study_id, subject_id, site_id, country, randomization_number, arm,
        stratum, source, replaces, list_id, opening, definition_version, randomized_at,
        requested_by, explanation ->> 'manifest_sha256' AS manifest_sha256,
        fake_arm, explanation #>> '{minimisation,fake_arm}' AS decided,
        (SELECT c.stratum FROM randomization.corrected_stratum c
         WHERE c.study_id = a.study_id AND c.subject_id = a.subject_id
         ORDER BY c.version DESC LIMIT 1) AS corrected_stratum,
        (SELECT e.marked_at FROM randomization.in_error e
         WHERE e.study_id = a.study_id AND e.subject_id = a.subject_id) AS in_error_at
    FROM randomization.allocation a
"""
_FIND_ALLOCATION = text(_ALLOCATION + " WHERE a.study_id = :study AND a.subject_id = :subject")
_LIST_ALLOCATIONS = text(
    _ALLOCATION
    + " WHERE a.study_id = :study AND a.subject_id > :after ORDER BY a.subject_id LIMIT :limit"
)
_EXPLANATION = text("""
    SELECT subject_id, site_id, explanation FROM randomization.allocation
    WHERE study_id = :study AND subject_id = :subject
""")
# take_slot locks study, site and stratum and takes the next number; see its migration. Whether the
# study is held is asked behind that lock, which whoever holds it takes too.
_TAKE_SLOT = text("""
    SELECT taken.*, randomization.held(:study) AS held FROM randomization.take_slot(
        :study, :site, :label, :stratum, :subject, :today, CAST(:caps AS jsonb), :exclusive)
        AS taken
""")
_TAKE_ENVELOPE = text("""
    SELECT * FROM randomization.take_envelope(:study, :list, :site, :label, :position, :subject)
""")
_PUBLISHED = text("""
    SELECT list_id, manifest, signature, public_key FROM randomization.list
    WHERE study_id = :study AND list_id = :list
""")
_BALANCE = text("SELECT * FROM randomization.balance(:study)")
_DRAWS_USED = text("SELECT randomization.draws_used(:study) AS used")
_ADD_ALLOCATION = text("""
    INSERT INTO randomization.allocation (
        allocation_id, study_id, subject_id, site_id, country, randomization_number, source,
        list_id, label, position, stratum, levels, arm, fake_arm, replaces, randomized_at,
        requested_by, gate, opening, explanation, content_hash, definition_version)
    VALUES (
        coalesce(CAST(:allocation_id AS uuid), gen_random_uuid()),
        :study, :subject, :site, :country, :number, :source, :list, :label, :position, :stratum,
        CAST(:levels AS jsonb), :arm, :fake_arm, :replaces, :at, :actor, CAST(:gate AS jsonb),
        CAST(:opening AS jsonb), CAST(:explanation AS jsonb), :hash, :version)
    RETURNING allocation_id, study_id, subject_id, site_id, country, randomization_number, arm,
        stratum, source, replaces, list_id, opening, definition_version, randomized_at,
        requested_by, explanation ->> 'manifest_sha256' AS manifest_sha256,
        fake_arm, explanation #>> '{minimisation,fake_arm}' AS decided
""")
_ADD_ATTEMPT = text("""
    INSERT INTO randomization.attempt (
        study_id, subject_id, site_id, operation, outcome, problem, rules, actor, actor_role,
        request_id)
    VALUES (:study, :subject, :site, :operation, :outcome, :problem, :rules, :actor, :role,
            :request)
""")
_SUSPEND = text("""
    UPDATE randomization.list SET state = 'suspended'
    WHERE study_id = :study AND list_id = :list AND state = 'active' RETURNING list_id
""")


def read_gate(work: UnitOfWork, subject: str) -> Row | None:
    """What is known of a subject at the gate, and on which content it was allocated if it was;
    ``recorded`` is what assessments hold of it that an allocation needs to know."""
    items = cross_check.items_read(work.definition())
    row = work.one(_GATE, study=work.study, subject=subject, items=items)
    if row is None:
        return None
    return {**row, "recorded": tuple(Recorded(**one) for one in row["recorded"] or ())}


def find_allocation(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_FIND_ALLOCATION, study=work.study, subject=subject)


def list_allocations(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_ALLOCATIONS, study=work.study, after=after, limit=limit)


def find_explanation(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_EXPLANATION, study=work.study, subject=subject)


def take_slot(
    work: UnitOfWork, place: Mapping[str, Any], caps: Sequence[Mapping[str, Any]], exclusive: bool
) -> Row:
    """Take the next slot. ``place`` gives site, label, stratum, subject and today."""
    return _only(
        work.one(_TAKE_SLOT, study=work.study, caps=json.dumps(caps), exclusive=exclusive, **place)
    )


def take_envelope(work: UnitOfWork, **place: Any) -> Row:
    """Take the slot behind an envelope: list, site, label, position, subject."""
    return _only(work.one(_TAKE_ENVELOPE, study=work.study, **place))


def find_published(work: UnitOfWork, list_id: str) -> Row:
    return _only(work.one(_PUBLISHED, study=work.study, list=list_id))


def balance(work: UnitOfWork) -> dict[str, dict[str, dict[str, int]]]:
    """How many allocated so far have each level: factor, level, fake arm."""
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for row in work.all(_BALANCE, study=work.study):
        levels = counts.setdefault(row["factor"], {})
        levels.setdefault(row["level"], {})[row["fake_arm"]] = row["subjects"]
    return counts


def draws_used(work: UnitOfWork) -> int:
    return int(_only(work.one(_DRAWS_USED, study=work.study))["used"])


def add_allocation(work: UnitOfWork, facts: Mapping[str, Any], content_hash: str) -> Row:
    """Record an allocation. ``facts`` are its columns; mappings go in as JSON. ``allocation_id``
    is among them only where the allocation had one before."""
    parameters = {
        name: json.dumps(value) if isinstance(value, Mapping) else value
        for name, value in facts.items()
    }
    return _only(
        work.one(
            _ADD_ALLOCATION,
            study=work.study,
            actor=work.principal.subject,
            hash=content_hash,
            version=work.definition().version,
            **({"allocation_id": None} | parameters),
        )
    )


def add_attempt(
    work: UnitOfWork,
    *,
    subject: str,
    site: str,
    operation: str,
    outcome: int,
    problem: str | None,
    rules: Sequence[str],
) -> None:
    work.send(
        _ADD_ATTEMPT,
        study=work.study,
        subject=subject,
        site=site,
        operation=operation,
        outcome=outcome,
        problem=problem,
        rules=list(rules),
        actor=work.principal.subject,
        role=work.principal.role,
        request=work.origin.request_id,
    )


def suspend_list(work: UnitOfWork, list_id: str) -> bool:
    """True where the list was active until now."""
    return work.one(_SUSPEND, study=work.study, list=list_id) is not None


def _only(row: Row | None) -> Row:
    if row is None:
        raise AssertionError("this statement answers one row or raises")
    return row
