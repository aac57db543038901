"""All SQL about obligations and how their due dates came to be."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.safety.domain.obligations import Obligation
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_COLUMNS = """obligation_id, rule_set, rule_version, clock_id, kind, label, authority, recipient,
    regulation, verified_by, day_zero, due_on, due_at, began_at, due_zone, provisional, reason,
    state, trigger_fact, trace, opened_at, simulated"""
_OF_CASE = text(f"""
    SELECT {_COLUMNS} FROM safety.obligation
    WHERE study_id = :study AND case_id = :case_id ORDER BY due_at, clock_id, obligation_id
""")  # noqa: S608 (a constant of this file)
_ADD = text(f"""
    INSERT INTO safety.obligation (case_id, study_id, site_id, subject_id, {_COLUMNS})
    VALUES (:case_id, :study, :site, :subject, :obligation_id, :rule_set, :rule_version, :clock_id,
            :kind, :label, :authority, :recipient, :regulation, :verified_by, :day_zero, :due_on,
            :due_at, :began_at, :zone, :provisional, :reason, :state, :trigger, :trace, :now,
            :simulated)
""")  # noqa: S608 (a constant of this file)
# A due date is never edited: what may move is the state, and what it rests on.
_CHANGE = text("""
    UPDATE safety.obligation SET provisional = :provisional, reason = :reason, state = :state,
        trace = :trace, verified_by = :verified_by
    WHERE study_id = :study AND obligation_id = :obligation_id
      AND (provisional, reason, state, trace, verified_by) IS DISTINCT FROM
          (CAST(:provisional AS boolean), :reason, :state, CAST(:trace AS uuid[]),
           CAST(:verified_by AS text))
""")
_CLOSE = text("""
    UPDATE safety.obligation SET state = 'superseded'
    WHERE study_id = :study AND obligation_id = :obligation_id
""")
_ADD_CHANGE = text("""
    INSERT INTO safety.due_change
        (case_id, study_id, site_id, subject_id, number, rule_set, clock_id, rule_version,
         old_obligation, new_obligation, old_due_at, new_due_at, old_state, new_state, cause_fact,
         changed_at, actor, actor_role)
    SELECT :case_id, :study, :site, :subject,
           (SELECT count(*) + 1 FROM safety.due_change WHERE case_id = :case_id), :rule_set,
           :clock_id, :rule_version, :old_obligation, :new_obligation, :old_due_at, :new_due_at,
           :old_state, :new_state, :cause_fact, :now, :actor, :actor_role
""")
_CHANGES = text("""
    SELECT number, rule_set, clock_id, rule_version, old_obligation, new_obligation, old_due_at,
           new_due_at, old_state, new_state, cause_fact, changed_at, actor, actor_role
    FROM safety.due_change WHERE study_id = :study AND case_id = :case_id ORDER BY number
""")
# A transaction that only reads has no number, and no row is its own.
_MOVED = text("""
    SELECT rule_set, clock_id, old_due_at, new_due_at, old_state, new_state FROM safety.due_change
    WHERE study_id = :study AND case_id = :case_id
      AND xmin = CAST(pg_current_xact_id_if_assigned() AS xid)
    ORDER BY number
""")
_DUE_LIST = text("""
    SELECT c.case_number, c.site_id, c.subject_id, v.version, v.event_term, o.obligation_id,
           o.rule_set, o.clock_id, o.label, o.authority, o.recipient, o.day_zero, o.due_on,
           o.due_at, o.due_zone, o.provisional, o.state, o.verified_by,
           (SELECT e.step FROM safety.escalation e WHERE e.obligation_id = o.obligation_id
            ORDER BY e.step_at DESC, e.step LIMIT 1) AS last_step,
           count(*) OVER () AS running
    FROM safety.obligation o JOIN safety.safety_case c USING (case_id)
    JOIN safety.case_version v USING (case_id)
    WHERE o.study_id = :study AND o.state IN ('open', 'handed_off')
      AND NOT EXISTS (SELECT 1 FROM safety.case_version later
                      WHERE later.case_id = v.case_id AND later.version > v.version)
    ORDER BY o.due_at, c.number, o.clock_id, o.obligation_id LIMIT :limit
""")

_NOTE_BASIS = text("""
    INSERT INTO safety.case_computed (case_id, study_id, site_id, basis, computed_at)
    VALUES (:case_id, :study, :site, :basis, :now)
    ON CONFLICT (case_id) DO UPDATE SET basis = excluded.basis, computed_at = excluded.computed_at
""")
_COMPUTED_OTHERWISE = text("""
    SELECT count(*) AS cases
    FROM safety.safety_case c LEFT JOIN safety.case_computed k USING (case_id)
    WHERE c.study_id = :study AND k.basis IS DISTINCT FROM :basis
""")


@dataclass(frozen=True)
class DueChange:
    """One obligation that a recomputation opened, moved or closed."""

    rule_set: str
    clock_id: str
    rule_version: str
    old_obligation: uuid.UUID | None
    new_obligation: uuid.UUID | None
    old_due_at: datetime | None
    new_due_at: datetime | None
    old_state: str | None
    new_state: str | None
    cause_fact: uuid.UUID


def of_case(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """What a case owes or owed, earliest due first."""
    return work.all(_OF_CASE, study=work.study, case_id=case_id)


def add(work: UnitOfWork, case: Row, obligation: Obligation) -> None:
    work.execute(
        _ADD,
        **_place(work, case),
        **(asdict(obligation) | {"trace": list(obligation.trace)}),
        now=work.now,
        simulated=work.origin.clock.simulated,
    )


def change(work: UnitOfWork, obligation: Obligation) -> None:
    """Write down how an obligation stands now; nothing where it stands as it did."""
    work.execute(
        _CHANGE,
        study=work.study,
        obligation_id=obligation.obligation_id,
        provisional=obligation.provisional,
        reason=obligation.reason,
        state=obligation.state,
        trace=list(obligation.trace),
        verified_by=obligation.verified_by,
    )


def close(work: UnitOfWork, obligation: uuid.UUID) -> None:
    """An obligation that the facts do not hold any more is superseded."""
    work.execute(_CLOSE, study=work.study, obligation_id=obligation)


def add_change(work: UnitOfWork, case: Row, change: DueChange) -> None:
    work.execute(
        _ADD_CHANGE,
        **_place(work, case),
        **asdict(change),
        now=work.now,
        actor=work.principal.subject,
        actor_role=work.principal.role,
    )


def changes(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """How the case's due dates came to be, first to last."""
    return work.all(_CHANGES, study=work.study, case_id=case_id)


def moved(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """What this transaction did to what the case owes."""
    return work.all(_MOVED, study=work.study, case_id=case_id)


def note_basis(work: UnitOfWork, case: Row, basis: str) -> None:
    """Write down by which rules the case was computed."""
    where = {"case_id": case["case_id"], "study": work.study, "site": case["site_id"]}
    work.send(_NOTE_BASIS, **where, basis=basis, now=work.now)


def computed_otherwise(work: UnitOfWork, basis: str) -> int:
    """How many cases in the caller's reach were computed by other rules."""
    found = work.one(_COMPUTED_OTHERWISE, study=work.study, basis=basis)
    return 0 if found is None else int(found["cases"])


def due_list(work: UnitOfWork, limit: int) -> list[Row]:
    """What is to be met in the caller's reach, most urgent first; each with how many ``running``
    there are in all."""
    return work.all(_DUE_LIST, study=work.study, limit=limit)


def _place(work: UnitOfWork, case: Row) -> dict[str, Any]:
    return {
        "case_id": case["case_id"],
        "study": work.study,
        "site": case["site_id"],
        "subject": case["subject_id"],
    }
