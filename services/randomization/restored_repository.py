"""SQL of a hold after a restore: what was lost, what was proposed, and the positions taken."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from services.randomization.restored_schemas import StepProposal
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_HOLD = text("""
    SELECT randomization.held(:study) AS held, h.reason, h.opened_by, h.opened_at
    FROM (SELECT 1) AS one LEFT JOIN randomization.hold h
      ON h.study_id = :study AND h.released_at IS NULL
""")
# What an event tells of an allocation. Its policy shows this service's own events alone.
_LOST = """
    SELECT CAST(l.event_id AS text) AS event_id, l.envelope #>> '{data,subject_id}' AS subject_id,
           l.envelope #>> '{data,site}' AS site_id,
           l.envelope #>> '{data,allocation_id}' AS allocation_id,
           l.envelope #>> '{data,randomization_number}' AS randomization_number,
           CAST(l.envelope #>> '{data,randomized_at}' AS timestamptz) AS randomized_at,
           EXISTS (SELECT 1 FROM randomization.allocation a WHERE a.study_id = l.study_id
                   AND a.subject_id = l.envelope #>> '{data,subject_id}') AS entered
    FROM platform.lost_event l WHERE l.study_id = :study AND l.type = 'subject.randomized'
"""
_ALL_LOST = text(_LOST + " ORDER BY randomized_at, subject_id")
_LOST_OF = text(_LOST + " AND l.envelope #>> '{data,subject_id}' = :subject")
_TAKE = text("""
    SELECT * FROM randomization.take_lost(:study, :list, :site, :label, :position, :subject)
""")
_GIVEN = text("""
    SELECT s.list_id, s.label, max(s.position) AS position
    FROM randomization.marked_slots(:study) s GROUP BY s.list_id, s.label
""")
_RELEASE = text("SELECT randomization.release_hold(:study, :actor)")
_STEP = """
    SELECT CAST(step_id AS text) AS step_id, study_id, kind, list_id, label, position, seen,
           without, reason, state, proposed_by, proposed_at, decided_by, decided_at, decision_reason
    FROM randomization.hold_step WHERE study_id = :study
"""
_STEPS = text(_STEP + " ORDER BY proposed_at, step_id")
_FIND_STEP = text(_STEP + " AND step_id = CAST(:step AS uuid)")
_LOCK_STEP = text(_STEP + " AND step_id = CAST(:step AS uuid) FOR NO KEY UPDATE")
_OPEN_STEP = text(_STEP + " AND state = 'proposed'")
_ADD_STEP = text("""
    INSERT INTO randomization.hold_step (study_id, kind, list_id, label, position, seen, without,
        reason, proposed_by, proposed_at)
    VALUES (:study, :kind, :list, :label, :position, CAST(:seen AS jsonb), CAST(:without AS jsonb),
        :reason, :actor, :at)
    RETURNING CAST(step_id AS text) AS step_id
""")
_DECIDE_STEP = text("""
    UPDATE randomization.hold_step
    SET state = :state, decided_by = :actor, decided_at = :at, decision_reason = :reason
    WHERE study_id = :study AND step_id = CAST(:step AS uuid)
""")


def hold(work: UnitOfWork) -> Row:
    """Whether the study is held, and by whom, if by anybody."""
    return _only(work.one(_HOLD, study=work.study))


def lost(work: UnitOfWork) -> list[Row]:
    """The allocations that others saw and this database did not make; those entered since too."""
    return work.all(_ALL_LOST, study=work.study)


def lost_of(work: UnitOfWork, subject: str) -> Row | None:
    return work.one(_LOST_OF, study=work.study, subject=subject)


def take_lost(work: UnitOfWork, **place: Any) -> Row:
    """Take the next position for what was lost: list, site, label, position (or None), subject."""
    return _only(work.one(_TAKE, study=work.study, **place))


def given(work: UnitOfWork) -> dict[tuple[str, str], int]:
    """The last position that is used, by list and stratum."""
    rows = work.all(_GIVEN, study=work.study)
    return {(row["list_id"], row["label"]): int(row["position"]) for row in rows}


def release(work: UnitOfWork) -> None:
    work.execute(_RELEASE, study=work.study, actor=work.principal.subject)


def steps(work: UnitOfWork) -> list[Row]:
    return work.all(_STEPS, study=work.study)


def find_step(work: UnitOfWork, step: str) -> Row | None:
    return work.one(_FIND_STEP, study=work.study, step=step)


def lock_step(work: UnitOfWork, step: str) -> Row | None:
    return work.one(_LOCK_STEP, study=work.study, step=step)


def open_step(work: UnitOfWork) -> Row | None:
    """The proposal that waits for its decision: there is one at a time."""
    return work.one(_OPEN_STEP, study=work.study)


def add_step(work: UnitOfWork, told: StepProposal) -> str:
    place = told.place
    row = work.one(
        _ADD_STEP,
        study=work.study,
        kind=told.kind,
        list=None if place is None else place.list_id,
        label=None if place is None else place.stratum,
        position=None if place is None else place.position,
        seen=json.dumps([one.model_dump() for one in told.seen]),
        without=json.dumps([one.model_dump() for one in told.without]),
        reason=told.reason,
        actor=work.principal.subject,
        at=work.now,
    )
    return str(_only(row)["step_id"])


def decide_step(work: UnitOfWork, step: str, state: str, reason: str) -> None:
    work.execute(
        _DECIDE_STEP,
        study=work.study,
        step=step,
        state=state,
        actor=work.principal.subject,
        at=work.now,
        reason=reason,
    )


def _only(row: Row | None) -> Row:
    if row is None:
        raise AssertionError("this statement answers one row or raises")
    return row
