"""All SQL about the desk's queries: raised, answered, told of again, closed."""

import uuid

from sqlalchemy import Connection, text

from services.safety.domain.ladder import Step
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_STUDIES = text("SELECT safety.studies_with_open_queries()")
_COLUMNS = """q.query_id, q.case_id, q.site_id, q.subject_id, c.case_number, q.event, q.question,
    q.raised_at, q.closed_at, q.closing,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('answer', a.answer, 'answered_at', a.answered_at,
        'actor', a.actor, 'role', a.actor_role) ORDER BY a.number), '[]')
     FROM safety.desk_query_answer a
     WHERE a.study_id = q.study_id AND a.query_id = q.query_id) AS answers"""
_FROM = """FROM safety.desk_query q JOIN safety.safety_case c USING (case_id)
    WHERE q.study_id = :study"""
_OF_CASE = text(f"""
    SELECT {_COLUMNS} {_FROM} AND q.case_id = :case_id ORDER BY q.raised_at, q.query_id
""")
_LIST = text(f"""
    SELECT * FROM (SELECT {_COLUMNS} {_FROM} AND q.query_id > :after) found
    WHERE CAST(:state AS text) IS NULL OR :state = CASE
        WHEN closed_at IS NOT NULL THEN 'closed'
        WHEN answers = '[]' THEN 'open' ELSE 'answered' END
    ORDER BY query_id LIMIT :limit
""")  # noqa: S608 (constants of this file)
_UNANSWERED = text("""
    SELECT q.query_id, q.case_id, q.site_id, q.subject_id, q.raised_at, c.case_number,
           ARRAY(SELECT e.step FROM safety.desk_query_escalation e
                 WHERE e.study_id = q.study_id AND e.query_id = q.query_id) AS taken
    FROM safety.desk_query q JOIN safety.safety_case c USING (case_id)
    WHERE q.study_id = :study AND q.closed_at IS NULL AND q.simulated = :simulated
      AND (CAST(:case_id AS uuid) IS NULL OR q.case_id = :case_id)
      AND NOT EXISTS (SELECT 1 FROM safety.desk_query_answer a
                      WHERE a.study_id = q.study_id AND a.query_id = q.query_id)
    ORDER BY q.raised_at, q.query_id
""")
_ADD = text("""
    INSERT INTO safety.desk_query (study_id, query_id, case_id, site_id, subject_id, event,
        question, sender_id, raised_at, simulated)
    VALUES (:study, :query, :case_id, :site, :subject, :event, :question, :sender, :now, :simulated)
    ON CONFLICT DO NOTHING RETURNING query_id
""")
_CLOSE = text("""
    UPDATE safety.desk_query SET closed_at = :now, closing = :closing
    WHERE study_id = :study AND case_id = :case_id AND query_id = :query AND closed_at IS NULL
    RETURNING query_id
""")
_ANSWER = text("""
    INSERT INTO safety.desk_query_answer (study_id, query_id, number, case_id, site_id, subject_id,
        answer, answered_at, actor, actor_role)
    VALUES (:study, :query, :number, :case_id, :site, :subject, :answer, :now, :actor, :role)
""")
_TAKE = text("""
    INSERT INTO safety.desk_query_escalation (study_id, query_id, step, case_id, site_id,
        subject_id, roles, step_at, escalated_at, message_id)
    VALUES (:study, :query, :step, :case_id, :site, :subject, :roles, :step_at, :now, :message)
    ON CONFLICT DO NOTHING RETURNING step
""")


def studies(connection: Connection) -> list[str]:
    """The studies in which the desk waits for something."""
    return sorted(connection.execute(_STUDIES).scalars())


def of_case(work: UnitOfWork, case_id: uuid.UUID) -> list[Row]:
    """The queries about a case with their answers, oldest first."""
    return work.all(_OF_CASE, study=work.study, case_id=case_id)


def listed(work: UnitOfWork, state: str | None, after: str, limit: int) -> list[Row]:
    """Queries in reach behind a key, in the order of their ids: open, answered or closed ones."""
    return work.all(_LIST, study=work.study, state=state, after=after, limit=limit)


def unanswered(work: UnitOfWork, case_id: uuid.UUID | None = None) -> list[Row]:
    """Open queries without an answer, of all cases or of one, with the steps that were taken."""
    simulated = work.origin.clock.simulated
    return work.all(_UNANSWERED, study=work.study, simulated=simulated, case_id=case_id)


def add(
    work: UnitOfWork, case: Row, query: str, sender: uuid.UUID, event: str | None, question: str
) -> bool:
    """False where there is a query of this id already."""
    added = work.execute(
        _ADD,
        study=work.study,
        query=query,
        case_id=case["case_id"],
        site=case["site_id"],
        subject=case["subject_id"],
        event=event,
        question=question,
        sender=sender,
        now=work.now,
        simulated=work.origin.clock.simulated,
    )
    return added.one_or_none() is not None


def close(work: UnitOfWork, case: Row, query: str, closing: str) -> bool:
    """False where the case has no such open query."""
    closed = work.execute(
        _CLOSE,
        study=work.study,
        case_id=case["case_id"],
        query=query,
        closing=closing,
        now=work.now,
    )
    return closed.one_or_none() is not None


def answer(work: UnitOfWork, case: Row, query: str, number: int, words: str) -> None:
    work.execute(
        _ANSWER,
        study=work.study,
        query=query,
        number=number,
        case_id=case["case_id"],
        site=case["site_id"],
        subject=case["subject_id"],
        answer=words,
        now=work.now,
        actor=work.principal.subject,
        role=work.principal.role,
    )


def take(work: UnitOfWork, query: Row, step: Step, message: str) -> bool:
    """Write down that a step was taken; False where it was already."""
    taken = work.execute(
        _TAKE,
        study=work.study,
        query=query["query_id"],
        step=step.id,
        case_id=query["case_id"],
        site=query["site_id"],
        subject=query["subject_id"],
        roles=list(step.roles),
        step_at=step.at,
        now=work.now,
        message=message,
    )
    return taken.one_or_none() is not None
