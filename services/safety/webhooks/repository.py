"""All SQL about messages on their way: notices, messages, attempts."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from services.safety.webhooks.retries import ladder
from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_NEXT_SEQUENCE = text("""
    INSERT INTO safety.notice_count AS c (case_id, study_id, last) VALUES (:case_id, :study, 1)
    ON CONFLICT (case_id) DO UPDATE SET last = c.last + 1 RETURNING last
""")
_NEXT_OF_TOPIC = text("""
    INSERT INTO safety.topic_count AS c (study_id, topic, last) VALUES (:study, :topic, 1)
    ON CONFLICT (study_id, topic) DO UPDATE SET last = c.last + 1 RETURNING last
""")
_ADD_NOTICE = text("""
    INSERT INTO safety.notice (message_id, case_id, study_id, topic, sequence, event_type, body)
    VALUES (:message, :case_id, :study, :topic, :sequence, :event_type, :body)
""")
# Due by the database's clock, not by the case's: a simulated case must not wait for its year.
_ENQUEUE = text("""
    INSERT INTO safety.webhook_message
        (message_id, endpoint_id, study_id, event_type, body, state, next_attempt_at)
    SELECT :message, endpoint_id, study_id, :type, :body, 'pending', transaction_timestamp()
    FROM safety.webhook_endpoint
    WHERE study_id = :study AND state = 'active' AND topic = :topic
""")
_ENQUEUE_ASIDE = text("""
    INSERT INTO safety.webhook_message
        (message_id, endpoint_id, study_id, event_type, body, kind, state, next_attempt_at)
    VALUES (:message, :endpoint, :study, :type, :body, :kind, 'pending', transaction_timestamp())
""")
# Every study in which a message waits: whether it is due is decided inside the study.
_STUDIES_WAITING = text("SELECT safety.studies_with_due_messages('infinity')")
# What a person asked for (tests, challenges, replays) goes by a lane of its own: it delays no
# notice of a case, whatever becomes of it. A pause holds up what is told, and no test of a person.
_ASIDE = "(m.kind <> 'notice' OR m.replay_id IS NOT NULL)"
# What waits for an instant that no step reaches was told by a clock that ran ahead: it is due.
_DUE = """
    m.study_id = :study AND e.state IN ('approved', 'active') AND m.state = 'pending'
    AND (m.next_attempt_at <= :now OR m.next_attempt_at > :beyond)
    AND (m.kind <> 'notice' OR e.paused_until IS NULL
         OR e.paused_until <= :now OR e.paused_until > :beyond)
"""
# A pause stays written down until a notice was answered: it says that the last one was of no use.
_LANES_DUE = text(f"""
    SELECT m.endpoint_id, {_ASIDE} AS aside, e.paused_until IS NOT NULL AS unwell
    FROM safety.webhook_message m JOIN safety.webhook_endpoint e USING (endpoint_id)
    WHERE {_DUE} GROUP BY 1, 2, 3
    ORDER BY 2, 3, min(m.next_attempt_at), 1
""")  # noqa: S608 (constants of this file)
# The lease: until it ends nobody else takes the message, and no lock outlives this statement.
_CLAIM = text(f"""
    WITH due AS MATERIALIZED (
        SELECT m.message_id, m.endpoint_id, e.url
        FROM safety.webhook_message m JOIN safety.webhook_endpoint e USING (endpoint_id)
        WHERE {_DUE} AND m.endpoint_id = :endpoint AND {_ASIDE} = :aside
        ORDER BY m.next_attempt_at, m.created_at, m.message_id
        LIMIT 1 FOR UPDATE OF m SKIP LOCKED)
    UPDATE safety.webhook_message m SET next_attempt_at = :leased_until
    FROM due WHERE due.message_id = m.message_id AND due.endpoint_id = m.endpoint_id
    RETURNING m.message_id, m.endpoint_id, m.body, m.kind, m.attempts, m.climb_from,
              m.climbs_since, m.replay_id, due.url
""")  # noqa: S608 (constants of this file)
_SETTLE = text("""
    UPDATE safety.webhook_message
    SET attempts = attempts + 1,
        climbs_since = coalesce(climbs_since, :now),
        state = CASE WHEN state = 'delivered' THEN state ELSE :state END,
        next_attempt_at = coalesce(CAST(:next AS timestamptz), next_attempt_at)
    WHERE study_id = :study AND message_id = :message AND endpoint_id = :endpoint
    RETURNING attempts
""")
_ADD_ATTEMPT = text("""
    INSERT INTO safety.webhook_attempt (message_id, endpoint_id, attempt, study_id, attempted_at,
        status, failure, response_head, sent, address, replay_id)
    VALUES (:message, :endpoint, :attempt, :study, :at, :status, :failure, :head, :sent, :address,
        :replay)
""")


def next_sequence(work: UnitOfWork, case_id: uuid.UUID) -> int:
    """The next number of what is told of the case; others who tell of it wait for the commit."""
    taken = work.execute(_NEXT_SEQUENCE, study=work.study, case_id=case_id)
    return int(taken.scalar_one())


def next_of_topic(work: UnitOfWork, topic: str) -> int:
    """The next number of what is told of a topic and of no case; as ``next_sequence``."""
    taken = work.execute(_NEXT_OF_TOPIC, study=work.study, topic=topic)
    return int(taken.scalar_one())


@dataclass(frozen=True)
class Notice:
    """What is told, once, to however many. ``sequence`` counts within the case, or the topic."""

    message: str
    event_type: str
    topic: str
    case_id: uuid.UUID | None
    sequence: int
    body: str


def add_notice(work: UnitOfWork, notice: Notice) -> None:
    """Write down what is told."""
    work.execute(_ADD_NOTICE, study=work.study, **vars(notice))


def enqueue(work: UnitOfWork, notice: Notice) -> None:
    """One message to every active endpoint of the topic, in the transaction of what it tells."""
    work.execute(
        _ENQUEUE,
        study=work.study,
        topic=notice.topic,
        message=notice.message,
        type=notice.event_type,
        body=notice.body,
    )


def enqueue_aside(
    work: UnitOfWork, endpoint: uuid.UUID, kind: str, message: str, event_type: str, body: str
) -> None:
    """A test or a challenge to one endpoint."""
    work.execute(
        _ENQUEUE_ASIDE,
        study=work.study,
        endpoint=endpoint,
        kind=kind,
        message=message,
        type=event_type,
        body=body,
    )


def studies_waiting(connection: Connection) -> list[str]:
    """The studies in which a message waits, for its first attempt or for another."""
    return sorted(connection.execute(_STUDIES_WAITING).scalars())


def lanes_due(work: UnitOfWork) -> list[Row]:
    """The endpoints with due messages, whether those go aside, and whether the endpoint was of no
    use when it was tried last; whoever has waited longest first."""
    beyond = work.now + ladder().furthest
    return work.all(_LANES_DUE, study=work.study, now=work.now, beyond=beyond)


def claim(
    work: UnitOfWork, endpoint: uuid.UUID, now: datetime, leased_until: datetime, *, aside: bool
) -> Row | None:
    """The lane's longest due message, kept from everybody else until ``leased_until``."""
    return work.one(
        _CLAIM,
        study=work.study,
        endpoint=endpoint,
        aside=aside,
        now=now,
        beyond=now + ladder().furthest,
        leased_until=leased_until,
    )


def settle(
    work: UnitOfWork, message: str, endpoint: uuid.UUID, state: str, next_at: datetime | None
) -> int:
    """Count the attempt and move the message on; answers the attempt's number."""
    counted = work.execute(
        _SETTLE,
        study=work.study,
        message=message,
        endpoint=endpoint,
        state=state,
        next=next_at,
        now=work.now,
    )
    return int(counted.scalar_one())


def add_attempt(work: UnitOfWork, attempt: Row) -> None:
    work.execute(_ADD_ATTEMPT, study=work.study, **attempt)
