"""All SQL about the escalation ladder."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from services.safety.domain.ladder import Step
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_STUDIES = text("SELECT safety.studies_with_cases()")
_RUNNING = text("""
    SELECT o.obligation_id, o.case_id, o.site_id, o.subject_id, o.began_at, o.due_at,
           c.case_number,
           ARRAY(SELECT e.step FROM safety.escalation e
                 WHERE e.obligation_id = o.obligation_id) AS taken
    FROM safety.obligation o JOIN safety.safety_case c USING (case_id)
    WHERE o.study_id = :study AND o.state IN ('open', 'handed_off') AND o.simulated = :simulated
      AND (CAST(:case_id AS uuid) IS NULL OR o.case_id = :case_id)
    ORDER BY o.due_at, o.obligation_id
""")
# Reports that nobody has answered, with each obligation that they name and that is still to be met.
_UNANSWERED = text("""
    SELECT o.obligation_id, o.case_id, o.site_id, o.subject_id, o.began_at, o.due_at, c.case_number,
           f.value ->> 'authority' AS authority, f.value ->> 'channel' AS channel,
           f.received_at AS sent_at,
           (SELECT count(*) FROM safety.case_fact p WHERE p.case_id = f.case_id
              AND p.kind = 'submission' AND p.number <= f.number) AS ordinal,
           ARRAY(SELECT e.step FROM safety.escalation e
                 WHERE e.obligation_id = o.obligation_id) AS taken
    FROM safety.case_fact f
    JOIN safety.obligation o ON o.case_id = f.case_id
     AND f.value -> 'obligations' @> to_jsonb(CAST(o.obligation_id AS text))
    JOIN safety.safety_case c ON c.case_id = f.case_id
    WHERE f.study_id = :study AND f.kind = 'submission'
      AND o.state IN ('open', 'handed_off') AND o.simulated = :simulated
      AND (CAST(:case_id AS uuid) IS NULL OR f.case_id = :case_id)
      AND NOT EXISTS (SELECT 1 FROM safety.case_fact a WHERE a.case_id = f.case_id
        AND a.kind = 'acknowledgement' AND a.value -> 'submission' = f.value -> 'submission')
    ORDER BY f.received_at, f.number, o.due_at, o.obligation_id
""")
# Sealed messages that no gateway has taken, with each obligation that they are to meet.
_UNDELIVERED = text("""
    SELECT o.obligation_id, o.case_id, o.site_id, o.subject_id, o.began_at, o.due_at, c.case_number,
           i.authority, 'sealed' AS channel, i.sealed_at AS sent_at,
           (SELECT count(*) FROM safety.icsr p WHERE p.case_id = i.case_id
              AND (p.sealed_at, p.icsr_id) <= (i.sealed_at, i.icsr_id)) AS ordinal,
           ARRAY(SELECT e.step FROM safety.escalation e
                 WHERE e.obligation_id = o.obligation_id) AS taken
    FROM safety.icsr i
    JOIN safety.obligation o ON o.case_id = i.case_id
     AND CAST(o.obligation_id AS text) = ANY(i.obligations)
    JOIN safety.safety_case c ON c.case_id = i.case_id
    WHERE i.study_id = :study AND i.delivered_at IS NULL AND i.withdrawn_at IS NULL
      AND o.state IN ('open', 'handed_off') AND o.simulated = :simulated
      AND (CAST(:case_id AS uuid) IS NULL OR i.case_id = :case_id)
    ORDER BY i.sealed_at, i.icsr_id, o.due_at, o.obligation_id
""")
_NAMED = text("""
    SELECT o.obligation_id, o.case_id, o.site_id, o.subject_id, o.began_at, o.due_at, c.case_number
    FROM safety.obligation o JOIN safety.safety_case c USING (case_id)
    WHERE o.study_id = :study AND o.case_id = :case_id
      AND CAST(o.obligation_id AS text) = ANY(:names)
    ORDER BY o.due_at, o.obligation_id
""")
_TAKE = text("""
    INSERT INTO safety.escalation (obligation_id, step, case_id, study_id, site_id, subject_id,
        roles, step_at, escalated_at, message_id)
    VALUES (:obligation, :step, :case_id, :study, :site, :subject, :roles, :step_at, :now, :message)
    ON CONFLICT (obligation_id, step) DO NOTHING RETURNING step
""")
_OF_CASE = text("""
    SELECT obligation_id, step, roles, step_at, escalated_at, message_id FROM safety.escalation
    WHERE study_id = :study AND case_id = :case_id ORDER BY escalated_at, step_at, obligation_id
""")


def studies(connection: Connection) -> list[str]:
    """The studies that have cases."""
    return sorted(connection.execute(_STUDIES).scalars())


def running(work: UnitOfWork, case_id: uuid.UUID | None = None) -> list[Row]:
    """The obligations to be met, of all cases or of one, with the steps of their ladders that were
    taken. Those that were opened at an instant that a caller named run by a clock that somebody
    names, too."""
    return work.all(_RUNNING, **_asked(work, case_id))


def unanswered(work: UnitOfWork, case_id: uuid.UUID | None = None) -> list[Row]:
    """Reports without an answer and messages that no gateway took, obligation by obligation, with
    the steps that were taken."""
    asked = _asked(work, case_id)
    return work.all(_UNANSWERED, **asked) + work.all(_UNDELIVERED, **asked)


def _asked(work: UnitOfWork, case_id: uuid.UUID | None) -> dict[str, Any]:
    simulated = work.origin.clock.simulated
    return {"study": work.study, "simulated": simulated, "case_id": case_id}


def named(work: UnitOfWork, case_id: uuid.UUID, names: Sequence[str]) -> list[Row]:
    """Obligations of a case by their ids, whatever their state."""
    return work.all(_NAMED, study=work.study, case_id=case_id, names=list(names))


def take(work: UnitOfWork, obligation: Row, step: Step, message: str) -> bool:
    """Write down that a step was taken; False where it was already."""
    taken = work.execute(
        _TAKE,
        obligation=obligation["obligation_id"],
        step=step.id,
        case_id=obligation["case_id"],
        study=work.study,
        site=obligation["site_id"],
        subject=obligation["subject_id"],
        roles=list(step.roles),
        step_at=step.at,
        now=work.now,
        message=message,
    )
    return taken.one_or_none() is not None


def of_case(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """The steps taken for a case, in the order in which they were taken."""
    return work.all(_OF_CASE, study=work.study, case_id=case_id)
