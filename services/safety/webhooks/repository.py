"""All SQL about webhook endpoints, messages and attempts."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_ENDPOINT = """
    SELECT endpoint_id, study_id, url, secret_sealed, state, registered_at
    FROM safety.webhook_endpoint
"""
_FIND_ENDPOINT = text(_ENDPOINT + " WHERE study_id = :study AND endpoint_id = :endpoint")
_LIST_ENDPOINTS = text(
    _ENDPOINT
    + " WHERE study_id = :study AND endpoint_id::text > :after"
    + " ORDER BY endpoint_id::text LIMIT :limit"
)
_ADD_ENDPOINT = text("""
    INSERT INTO safety.webhook_endpoint
        (endpoint_id, study_id, url, secret_sealed, state, registered_at)
    VALUES (:endpoint, :study, :url, :sealed, 'active', :at)
    ON CONFLICT (study_id, url) WHERE state = 'active' DO NOTHING RETURNING endpoint_id
""")
# Due by the database's clock, not by the case's: a simulated case must not wait for its year.
_ENQUEUE = text("""
    INSERT INTO safety.webhook_message
        (message_id, endpoint_id, study_id, event_type, body, state, next_attempt_at)
    SELECT :message, endpoint_id, study_id, :type, :body, 'pending', transaction_timestamp()
    FROM safety.webhook_endpoint WHERE study_id = :study AND state = 'active'
""")
_LIST_MESSAGES = text("""
    SELECT m.message_id, m.event_type, m.state, m.attempts, m.next_attempt_at, m.created_at, m.body,
           a.attempted_at, a.status, a.failure, a.response_head
    FROM safety.webhook_message m
    LEFT JOIN safety.webhook_attempt a ON a.message_id = m.message_id
     AND a.endpoint_id = m.endpoint_id AND a.attempt = m.attempts
    WHERE m.study_id = :study AND m.endpoint_id = :endpoint
      AND (:after = '' OR (m.created_at, m.message_id) > (
           SELECT l.created_at, l.message_id FROM safety.webhook_message l
           WHERE l.endpoint_id = :endpoint AND l.message_id = :after))
    ORDER BY m.created_at, m.message_id LIMIT :limit
""")
_TIME = text("SELECT transaction_timestamp()")
_STUDIES_DUE = text("SELECT safety.studies_with_due_messages(:now)")
_ENDPOINTS_DUE = text("""
    SELECT DISTINCT endpoint_id FROM safety.webhook_message
    JOIN safety.webhook_endpoint e USING (endpoint_id)
    WHERE e.study_id = :study AND e.state = 'active'
      AND webhook_message.state = 'pending' AND next_attempt_at <= :now
""")
# The lease: until it ends nobody else takes the message, and no lock outlives this statement.
_CLAIM = text("""
    WITH due AS MATERIALIZED (
        SELECT m.message_id, m.endpoint_id, e.url, e.secret_sealed
        FROM safety.webhook_message m JOIN safety.webhook_endpoint e USING (endpoint_id)
        WHERE m.study_id = :study AND m.endpoint_id = :endpoint AND e.state = 'active'
          AND m.state = 'pending' AND m.next_attempt_at <= :now
        ORDER BY m.next_attempt_at, m.created_at, m.message_id
        LIMIT 1 FOR UPDATE OF m SKIP LOCKED)
    UPDATE safety.webhook_message m SET next_attempt_at = :leased_until
    FROM due WHERE due.message_id = m.message_id AND due.endpoint_id = m.endpoint_id
    RETURNING m.message_id, m.endpoint_id, m.body, m.attempts, due.url, due.secret_sealed
""")
_SETTLE = text("""
    UPDATE safety.webhook_message
    SET attempts = attempts + 1,
        state = CASE WHEN state = 'delivered' THEN state ELSE :state END,
        next_attempt_at = coalesce(CAST(:next AS timestamptz), next_attempt_at)
    WHERE study_id = :study AND message_id = :message AND endpoint_id = :endpoint
    RETURNING attempts
""")
_ADD_ATTEMPT = text("""
    INSERT INTO safety.webhook_attempt
        (message_id, endpoint_id, attempt, study_id, attempted_at, status, failure, response_head)
    VALUES (:message, :endpoint, :attempt, :study, :at, :status, :failure, :head)
""")
_DISABLE = text("""
    UPDATE safety.webhook_endpoint SET state = 'disabled'
    WHERE study_id = :study AND endpoint_id = :endpoint
""")
_BURY = text("""
    UPDATE safety.webhook_message SET state = 'dead'
    WHERE study_id = :study AND endpoint_id = :endpoint AND state = 'pending'
""")


def find_endpoint(work: UnitOfWork, endpoint: uuid.UUID) -> Row | None:
    return work.one(_FIND_ENDPOINT, study=work.study, endpoint=endpoint)


def list_endpoints(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_ENDPOINTS, study=work.study, after=after, limit=limit)


def add_endpoint(work: UnitOfWork, endpoint: uuid.UUID, url: str, sealed: str) -> bool:
    """False where this URL has an active endpoint already."""
    added = work.execute(
        _ADD_ENDPOINT, endpoint=endpoint, study=work.study, url=url, sealed=sealed, at=work.now
    )
    return added.one_or_none() is not None


def enqueue(work: UnitOfWork, message: str, event_type: str, body: str) -> None:
    """One message to every active endpoint of the study, in the transaction of what it tells."""
    work.execute(_ENQUEUE, study=work.study, message=message, type=event_type, body=body)


def list_messages(work: UnitOfWork, endpoint: uuid.UUID, after: str, limit: int) -> list[Row]:
    return work.all(_LIST_MESSAGES, study=work.study, endpoint=endpoint, after=after, limit=limit)


def time_of_record(connection: Connection) -> datetime:
    """The database's clock."""
    found: datetime = connection.execute(_TIME).scalar_one()
    return found


def studies_due(connection: Connection, now: datetime) -> list[str]:
    return sorted(connection.execute(_STUDIES_DUE, {"now": now}).scalars())


def endpoints_due(work: UnitOfWork) -> list[uuid.UUID]:
    rows = work.all(_ENDPOINTS_DUE, study=work.study, now=work.now)
    return sorted(row["endpoint_id"] for row in rows)


def claim(
    work: UnitOfWork, endpoint: uuid.UUID, now: datetime, leased_until: datetime
) -> Row | None:
    """The endpoint's longest due message, kept from everybody else until ``leased_until``."""
    return work.one(_CLAIM, study=work.study, endpoint=endpoint, now=now, leased_until=leased_until)


def settle(
    work: UnitOfWork, message: str, endpoint: uuid.UUID, state: str, next_at: datetime | None
) -> int:
    """Count the attempt and move the message on; answers the attempt's number."""
    counted = work.execute(
        _SETTLE, study=work.study, message=message, endpoint=endpoint, state=state, next=next_at
    )
    return int(counted.scalar_one())


def add_attempt(work: UnitOfWork, attempt: Row) -> None:
    work.execute(_ADD_ATTEMPT, study=work.study, **attempt)


def disable(work: UnitOfWork, endpoint: uuid.UUID) -> None:
    """Send nothing more to the endpoint; what was pending for it is dead."""
    work.execute(_DISABLE, study=work.study, endpoint=endpoint)
    work.execute(_BURY, study=work.study, endpoint=endpoint)
