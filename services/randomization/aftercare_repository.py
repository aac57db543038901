"""SQL of what happens beside the list: in error, corrected, forced, replaced; and of its locks."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_LOCK_STUDY = text("SELECT state, mode FROM randomization.lock_study(:study)")
_REPLACEMENTS = text("SELECT used, replaced FROM randomization.replacements(:study, :subject)")
_WEIGH = text("""
    SELECT deviations, cap, alerts FROM randomization.weigh_entry(
        :study, :site, :stratum, :today, CAST(:caps AS jsonb))
""")
_ADD_IN_ERROR = text("""
    INSERT INTO randomization.in_error (study_id, subject_id, site_id, category, reason, marked_by,
        marked_at, after_draw)
    VALUES (:study, :subject, :site, :category, :reason, :actor, :at, :after_draw)
""")
_LAST_VERSION = text("""
    SELECT coalesce(max(version), 0) AS version FROM randomization.corrected_stratum
    WHERE study_id = :study AND subject_id = :subject
""")
_ADD_CORRECTION = text("""
    INSERT INTO randomization.corrected_stratum (study_id, subject_id, site_id, version, stratum,
        levels, reason, corrected_by, corrected_at)
    VALUES (:study, :subject, :site, :version, :stratum, CAST(:levels AS jsonb), :reason, :actor,
        :at)
""")
_FORCED = """
    SELECT CAST(proposal_id AS text) AS proposal_id, study_id, subject_id, site_id, stratum, levels,
           arm, reason, state, proposed_by, proposed_at, decided_by, decided_at, decision_reason
    FROM randomization.forced_allocation WHERE study_id = :study
"""
_FIND_FORCED = text(_FORCED + " AND proposal_id = CAST(:proposal AS uuid)")
_LOCK_FORCED = text(_FORCED + " AND proposal_id = CAST(:proposal AS uuid) FOR NO KEY UPDATE")
_OPEN_FORCED = text(_FORCED + " AND subject_id = :subject AND state <> 'rejected'")
_LIST_FORCED = text(
    _FORCED + " AND CAST(proposal_id AS text) > :after"
    " ORDER BY CAST(proposal_id AS text) LIMIT :limit"
)
_ADD_FORCED = text("""
    INSERT INTO randomization.forced_allocation (study_id, subject_id, site_id, stratum, levels,
        arm, reason, proposed_by, proposed_at)
    VALUES (:study, :subject, :site, :stratum, CAST(:levels AS jsonb), :arm, :reason, :actor, :at)
    RETURNING CAST(proposal_id AS text) AS proposal_id
""")
_DECIDE_FORCED = text("""
    UPDATE randomization.forced_allocation
    SET state = :state, decided_by = :actor, decided_at = :at, decision_reason = :reason
    WHERE study_id = :study AND proposal_id = CAST(:proposal AS uuid)
""")
_FORCED_USED = text("SELECT randomization.forced_used(:study) AS used")


def lock_study(work: UnitOfWork) -> Row:
    """State and mode of the study, which stands still until the transaction ends."""
    return _only(work.one(_LOCK_STUDY, study=work.study))


def replacements(work: UnitOfWork, subject: str) -> Row:
    """``used``: how many replace another, over all sites; ``replaced``: whether this one is."""
    return _only(work.one(_REPLACEMENTS, study=work.study, subject=subject))


def weigh_entry(
    work: UnitOfWork, site: str, stratum: str, today: date, caps: Sequence[Mapping[str, Any]]
) -> Row:
    """What would have refused an allocation now (``deviations``, ``cap``), and ``alerts``."""
    return _only(
        work.one(
            _WEIGH,
            study=work.study,
            site=site,
            stratum=stratum,
            today=today,
            caps=json.dumps(caps),
        )
    )


def add_in_error(work: UnitOfWork, allocation: Row, category: str, reason: str, draws: int) -> None:
    work.execute(
        _ADD_IN_ERROR,
        study=work.study,
        subject=allocation["subject_id"],
        site=allocation["site_id"],
        category=category,
        reason=reason,
        actor=work.principal.subject,
        at=work.now,
        after_draw=draws,
    )


def add_correction(
    work: UnitOfWork, allocation: Row, stratum: str, levels: Mapping[str, str], reason: str
) -> int:
    """The version that this correction is. Of two at once, the second is tried again."""
    subject = allocation["subject_id"]
    last = _only(work.one(_LAST_VERSION, study=work.study, subject=subject))
    version = int(last["version"]) + 1
    work.execute(
        _ADD_CORRECTION,
        study=work.study,
        subject=subject,
        site=allocation["site_id"],
        version=version,
        stratum=stratum,
        levels=json.dumps(levels),
        reason=reason,
        actor=work.principal.subject,
        at=work.now,
    )
    return version


def find_forced(work: UnitOfWork, proposal: str) -> Row | None:
    return work.one(_FIND_FORCED, study=work.study, proposal=proposal)


def lock_forced(work: UnitOfWork, proposal: str) -> Row | None:
    return work.one(_LOCK_FORCED, study=work.study, proposal=proposal)


def open_forced(work: UnitOfWork, subject: str) -> Row | None:
    """The subject's proposal that is not rejected."""
    return work.one(_OPEN_FORCED, study=work.study, subject=subject)


def list_forced(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_FORCED, study=work.study, after=after, limit=limit)


def add_forced(work: UnitOfWork, facts: Mapping[str, Any]) -> str:
    """The id of a new proposal. ``facts``: subject, site, stratum, levels, arm, reason."""
    row = work.one(
        _ADD_FORCED,
        study=work.study,
        actor=work.principal.subject,
        at=work.now,
        **(dict(facts) | {"levels": json.dumps(facts["levels"])}),
    )
    return str(_only(row)["proposal_id"])


def decide_forced(work: UnitOfWork, proposal: str, state: str, reason: str) -> None:
    work.execute(
        _DECIDE_FORCED,
        study=work.study,
        proposal=proposal,
        state=state,
        actor=work.principal.subject,
        at=work.now,
        reason=reason,
    )


def forced_used(work: UnitOfWork) -> int:
    """How many allocations were forced, over all sites."""
    return int(_only(work.one(_FORCED_USED, study=work.study))["used"])


def _only(row: Row | None) -> Row:
    if row is None:
        raise AssertionError("this statement answers one row or raises")
    return row
