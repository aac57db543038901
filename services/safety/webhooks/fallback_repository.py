"""All SQL about word by another channel."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

# A study in which no endpoint was ever approved is told of nothing else.
_STUDIES = text("""
    SELECT safety.studies_with_endpoints() UNION SELECT safety.studies_with_running_obligations()
""")
# Undelivered is what an active endpoint has not taken, and what none has taken at all, for want of
# one, too. A case whose time somebody names is watched by a clock that somebody names.
_UNDELIVERED = text("""
    SELECT c.case_id, c.case_number, o.due_at, count(DISTINCT n.message_id) AS notices
    FROM safety.notice n
    JOIN safety.safety_case c USING (case_id)
    JOIN (SELECT case_id, min(due_at) AS due_at FROM safety.obligation
          WHERE study_id = :study AND state IN ('open', 'handed_off') AND simulated = :simulated
          GROUP BY case_id) o USING (case_id)
    WHERE n.study_id = :study AND n.told_at <= :told_before AND o.due_at <= :due_before
      AND (NOT EXISTS (SELECT 1 FROM safety.webhook_message m
                       WHERE m.message_id = n.message_id AND m.state = 'delivered')
           OR EXISTS (SELECT 1 FROM safety.webhook_message m
                      JOIN safety.webhook_endpoint e USING (endpoint_id)
                      WHERE m.message_id = n.message_id AND m.state <> 'delivered'
                        AND m.replay_id IS NULL AND e.state = 'active'))
    GROUP BY c.case_id, c.case_number, o.due_at ORDER BY o.due_at, c.case_number
""")
# What is of no case has no due date: it is late when its endpoints have not taken it.
_LATE = text("""
    SELECT n.message_id, n.topic, n.event_type, n.told_at FROM safety.notice n
    WHERE n.study_id = :study AND n.case_id IS NULL AND n.told_at <= :told_before
      AND EXISTS (SELECT 1 FROM safety.webhook_message m
                  JOIN safety.webhook_endpoint e USING (endpoint_id)
                  WHERE m.message_id = n.message_id AND m.state <> 'delivered'
                    AND m.replay_id IS NULL AND e.state = 'active')
    ORDER BY n.told_at, n.message_id
""")
_NOTICE = text("""
    SELECT n.topic, n.event_type, n.case_id, c.case_number
    FROM safety.notice n LEFT JOIN safety.safety_case c USING (case_id)
    WHERE n.study_id = :study AND n.message_id = :message
""")
_ADD = text("""
    INSERT INTO safety.fallback_notice
        (notice_id, study_id, cause, endpoint_id, case_id, due_at, subject, body, raised_at)
    VALUES (:notice, :study, :cause, :endpoint, :case_id, :due_at, :subject, :body, :now)
    ON CONFLICT (notice_id) DO NOTHING RETURNING notice_id
""")
_COLUMNS = """notice_id, cause, endpoint_id, case_id, due_at, subject, body, raised_at,
    delivered_at, attempts, last_error"""
_WAITING = text("""
    SELECT notice_id FROM safety.fallback_notice
    WHERE study_id = :study AND delivered_at IS NULL ORDER BY raised_at, notice_id
""")
# The lease: until it ends nobody else takes the notice, and no lock outlives this statement.
_CLAIM = text(f"""
    UPDATE safety.fallback_notice SET leased_until = :leased_until
    WHERE study_id = :study AND notice_id = :notice AND delivered_at IS NULL
      AND (leased_until IS NULL OR leased_until <= :now)
    RETURNING {_COLUMNS}
""")  # noqa: S608 (a constant of this file)
_LIST = text(f"""
    SELECT {_COLUMNS} FROM safety.fallback_notice
    WHERE study_id = :study AND CAST(notice_id AS text) > :after
    ORDER BY CAST(notice_id AS text) LIMIT :limit
""")  # noqa: S608 (a constant of this file)
_DELIVERED = text("""
    UPDATE safety.fallback_notice
    SET delivered_at = :now, attempts = attempts + 1, last_error = NULL, leased_until = NULL
    WHERE study_id = :study AND notice_id = :notice AND delivered_at IS NULL
""")
_FAILED = text("""
    UPDATE safety.fallback_notice
    SET attempts = attempts + 1, last_error = :error, leased_until = NULL
    WHERE study_id = :study AND notice_id = :notice AND delivered_at IS NULL
""")


def studies(connection: Connection) -> list[str]:
    """The studies that tell somebody by webhooks, or did, and those that owe a report."""
    return sorted(connection.execute(_STUDIES).scalars())


def undelivered(
    work: UnitOfWork, *, told_before: datetime, due_before: datetime, simulated: bool
) -> list[Row]:
    """The cases that are due by then, with notices that no endpoint has taken."""
    return work.all(
        _UNDELIVERED,
        study=work.study,
        told_before=told_before,
        due_before=due_before,
        simulated=simulated,
    )


def late(work: UnitOfWork, *, told_before: datetime) -> list[Row]:
    """What was told by then of no case, and was not taken by an endpoint that listens."""
    return work.all(_LATE, study=work.study, told_before=told_before)


def notice(work: UnitOfWork, message: str) -> Row | None:
    """What a message tells of: its topic, and its case if it has one."""
    return work.one(_NOTICE, study=work.study, message=message)


def add(work: UnitOfWork, notice: Row) -> bool:
    """False where the same was raised before."""
    nothing = {"endpoint": None, "case_id": None, "due_at": None}
    added = work.execute(_ADD, study=work.study, now=work.now, **(nothing | dict(notice)))
    return added.one_or_none() is not None


def waiting(work: UnitOfWork) -> list[uuid.UUID]:
    """The notices that wait, oldest first."""
    return [row["notice_id"] for row in work.all(_WAITING, study=work.study)]


def claim(work: UnitOfWork, notice: uuid.UUID, leased_until: datetime) -> Row | None:
    """A notice that waits, kept from everybody else until then; None where it waits no more, or
    somebody has it."""
    return work.one(
        _CLAIM, study=work.study, notice=notice, now=work.now, leased_until=leased_until
    )


def listed(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST, study=work.study, after=after, limit=limit)


def delivered(work: UnitOfWork, notice: uuid.UUID) -> None:
    work.execute(_DELIVERED, study=work.study, notice=notice, now=work.now)


def failed(work: UnitOfWork, notice: uuid.UUID, error: str) -> None:
    work.execute(_FAILED, study=work.study, notice=notice, error=error[:200])
