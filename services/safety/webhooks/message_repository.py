"""All SQL that looks at messages afterwards: listings, attempts, dead letters, replays."""

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_LAST_ATTEMPT = """
    LEFT JOIN safety.webhook_attempt a ON a.message_id = m.message_id
     AND a.endpoint_id = m.endpoint_id AND a.attempt = m.attempts
"""
_LIST = text(f"""
    SELECT m.message_id, m.event_type, m.kind, m.state, m.attempts, m.next_attempt_at,
           m.created_at, m.body, m.replay_id, a.attempted_at, a.status, a.failure, a.response_head
    FROM safety.webhook_message m {_LAST_ATTEMPT}
    WHERE m.study_id = :study AND m.endpoint_id = :endpoint
      AND (CAST(:message AS text) IS NULL OR m.message_id = :message)
      AND (:after = '' OR (m.created_at, m.message_id) > (
           SELECT l.created_at, l.message_id FROM safety.webhook_message l
           WHERE l.endpoint_id = :endpoint AND l.message_id = :after))
    ORDER BY m.created_at, m.message_id LIMIT :limit
""")  # noqa: S608 (constants of this file)
_ATTEMPTS = text("""
    SELECT a.attempt, a.attempted_at, a.status, a.failure, a.response_head, a.sent, a.address,
           a.replay_id
    FROM safety.webhook_attempt a
    WHERE a.study_id = :study AND a.endpoint_id = :endpoint AND a.message_id = :message
    ORDER BY a.attempt
""")
_EXISTS = text("""
    SELECT 1 FROM safety.webhook_message
    WHERE study_id = :study AND endpoint_id = :endpoint AND message_id = :message
""")
# What is of a case that the caller may not see is not the caller's either.
_IN_REACH = "(n.case_id IS NULL OR c.case_id IS NOT NULL)"
# `after` is message and endpoint of the last one shown: their place does not move.
_DEAD = text(f"""
    SELECT m.message_id, m.endpoint_id, m.event_type, m.attempts, m.created_at, c.case_number,
           n.sequence, a.attempted_at, a.status, a.failure, a.response_head,
           m.message_id || '.' || m.endpoint_id AS key
    FROM safety.webhook_message m
    JOIN safety.notice n USING (message_id) LEFT JOIN safety.safety_case c USING (case_id)
    {_LAST_ATTEMPT}
    WHERE m.study_id = :study AND m.state = 'dead' AND m.kind = 'notice' AND {_IN_REACH}
      AND (CAST(:endpoint AS uuid) IS NULL OR m.endpoint_id = :endpoint)
      AND (CAST(:case AS text) IS NULL OR c.case_number = :case)
      AND (CAST(:since AS timestamptz) IS NULL OR n.told_at >= :since)
      AND (CAST(:until AS timestamptz) IS NULL OR n.told_at <= :until)
      AND (:after = '' OR (m.created_at, m.message_id, m.endpoint_id) > (
           SELECT l.created_at, l.message_id, l.endpoint_id FROM safety.webhook_message l
           WHERE l.study_id = :study AND l.message_id || '.' || l.endpoint_id = :after))
    ORDER BY m.created_at, m.message_id, m.endpoint_id LIMIT :limit
""")  # noqa: S608 (constants of this file)
# The ladder begins anew; what is on its way already is left to it. Due in the order of telling.
# Of the endpoint's topic alone: everything is never another's.
_REPLAY = text(f"""
    WITH moved AS (
        INSERT INTO safety.webhook_message AS m (message_id, endpoint_id, study_id, event_type,
            body, state, next_attempt_at, replay_id)
        SELECT n.message_id, :endpoint, n.study_id, n.event_type, n.body, 'pending',
               transaction_timestamp(), CAST(:replay AS uuid)
        FROM safety.notice n
        JOIN safety.webhook_endpoint e ON e.endpoint_id = :endpoint AND e.topic = n.topic
        LEFT JOIN safety.safety_case c USING (case_id)
        LEFT JOIN safety.webhook_message held
          ON held.message_id = n.message_id AND held.endpoint_id = :endpoint
        WHERE n.study_id = :study AND {_IN_REACH}
          AND (held.state = 'dead' OR (:everything AND held.state IS DISTINCT FROM 'pending'))
          AND (CAST(:case AS text) IS NULL OR c.case_number = :case)
          AND (CAST(:message AS text) IS NULL OR n.message_id = :message)
          AND (CAST(:since AS timestamptz) IS NULL OR n.told_at >= :since)
          AND (CAST(:until AS timestamptz) IS NULL OR n.told_at <= :until)
        ORDER BY n.told_at, n.case_id, n.sequence
        ON CONFLICT (message_id, endpoint_id) DO UPDATE
        SET state = 'pending', next_attempt_at = excluded.next_attempt_at,
            replay_id = excluded.replay_id, climb_from = m.attempts, climbs_since = NULL
        RETURNING 1)
    INSERT INTO safety.webhook_replay (replay_id, endpoint_id, study_id, since, until, case_number,
        message_id, dead_only, messages, reason, asked_by, asked_role)
    SELECT CAST(:replay AS uuid), :endpoint, :study, CAST(:since AS timestamptz),
           CAST(:until AS timestamptz), CAST(:case AS text), CAST(:message AS text),
           NOT :everything, count(*), :reason, :by, :role FROM moved
""")  # noqa: S608 (a constant of this file)
_REPLAY_COLUMNS = """replay_id, endpoint_id, since, until, case_number, message_id, dead_only,
    messages, reason, asked_by, asked_at"""
_FIND_REPLAY = text(f"""
    SELECT {_REPLAY_COLUMNS} FROM safety.webhook_replay
    WHERE study_id = :study AND replay_id = :replay
""")  # noqa: S608 (a constant of this file)
_LIST_REPLAYS = text(f"""
    SELECT {_REPLAY_COLUMNS} FROM safety.webhook_replay
    WHERE study_id = :study AND endpoint_id = :endpoint AND CAST(replay_id AS text) > :after
    ORDER BY CAST(replay_id AS text) LIMIT :limit
""")  # noqa: S608 (a constant of this file)


def listed(
    work: UnitOfWork, endpoint: uuid.UUID, after: str, limit: int, message: str | None = None
) -> list[Row]:
    """An endpoint's messages, or one of them, oldest first, each with its last attempt."""
    return work.all(
        _LIST, study=work.study, endpoint=endpoint, after=after, limit=limit, message=message
    )


def exists(work: UnitOfWork, endpoint: uuid.UUID, message: str) -> bool:
    found = work.one(_EXISTS, study=work.study, endpoint=endpoint, message=message)
    return found is not None


def attempts(work: UnitOfWork, endpoint: uuid.UUID, message: str) -> list[Row]:
    return work.all(_ATTEMPTS, study=work.study, endpoint=endpoint, message=message)


def dead(work: UnitOfWork, asked: Row, after: str, limit: int) -> list[Row]:
    """Notices that an endpoint did not take, in the order in which they were put down.

    ``asked`` names endpoint, case, since and until, each of which may be None for any.
    """
    return work.all(_DEAD, study=work.study, after=after, limit=limit, **asked)


def replay(work: UnitOfWork, endpoint: uuid.UUID, replay_id: uuid.UUID, asked: Row) -> Row:
    """Put a range of notices on their way again, and write down who asked for it."""
    work.execute(
        _REPLAY,
        study=work.study,
        endpoint=endpoint,
        replay=replay_id,
        by=work.principal.subject,
        role=work.principal.role,
        **asked,
    )
    found = work.one(_FIND_REPLAY, study=work.study, replay=replay_id)
    return {} if found is None else found


def replays(work: UnitOfWork, endpoint: uuid.UUID, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_REPLAYS, study=work.study, endpoint=endpoint, after=after, limit=limit)
