"""All SQL about webhook endpoints and their secrets."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_COLUMNS = """endpoint_id, study_id, url, topic, state, registered_at, proposed_by, decided_by,
    decided_at, reason, activated_at, paused_until"""
_ENDPOINT = f"SELECT {_COLUMNS} FROM safety.webhook_endpoint"  # noqa: S608 (a constant of this file)
_FIND = text(_ENDPOINT + " WHERE study_id = :study AND endpoint_id = :endpoint")
_HOLD = text(_ENDPOINT + " WHERE study_id = :study AND endpoint_id = :endpoint FOR UPDATE")
_LIST = text(
    _ENDPOINT
    + " WHERE study_id = :study AND endpoint_id::text > :after"
    + " ORDER BY endpoint_id::text LIMIT :limit"
)
_ADD = text("""
    INSERT INTO safety.webhook_endpoint
        (endpoint_id, study_id, url, topic, state, registered_at, proposed_by)
    VALUES (:endpoint, :study, :url, :topic, 'proposed', :at, :by)
    ON CONFLICT (study_id, url) WHERE state IN ('proposed', 'approved', 'active') DO NOTHING
    RETURNING endpoint_id
""")
_DECIDE = text("""
    UPDATE safety.webhook_endpoint
    SET state = :state, decided_by = :by, decided_at = :at, reason = :reason
    WHERE study_id = :study AND endpoint_id = :endpoint
""")
_ACTIVATE = text("""
    UPDATE safety.webhook_endpoint SET state = 'active', activated_at = :at
    WHERE study_id = :study AND endpoint_id = :endpoint AND state = 'approved'
""")
_DISABLE = text("""
    UPDATE safety.webhook_endpoint SET state = 'disabled', reason = :reason
    WHERE study_id = :study AND endpoint_id = :endpoint
""")
_BURY = text("""
    UPDATE safety.webhook_message SET state = 'dead'
    WHERE study_id = :study AND endpoint_id = :endpoint AND state = 'pending'
""")
_BURY_LATE = text("""
    UPDATE safety.webhook_message m SET state = 'dead'
    FROM safety.webhook_endpoint e
    WHERE m.study_id = :study AND m.state = 'pending' AND e.endpoint_id = m.endpoint_id
      AND e.state IN ('disabled', 'rejected')
""")
_PAUSE = text("""
    UPDATE safety.webhook_endpoint SET paused_until = CAST(:until AS timestamptz)
    WHERE study_id = :study AND endpoint_id = :endpoint
      AND paused_until IS DISTINCT FROM CAST(:until AS timestamptz)
""")
_HEALTH = text("""
    SELECT count(*) FILTER (WHERE m.state = 'pending') AS pending,
           count(*) FILTER (WHERE m.state = 'dead') AS dead,
           min(m.created_at) FILTER (WHERE m.state = 'pending') AS oldest_pending_at,
           (SELECT max(a.attempted_at) FROM safety.webhook_attempt a
            WHERE a.study_id = :study AND a.endpoint_id = :endpoint AND a.failure IS NULL)
           AS last_delivered_at
    FROM safety.webhook_message m
    WHERE m.study_id = :study AND m.endpoint_id = :endpoint AND m.kind = 'notice'
""")
_KEYS = """
    SELECT secret_id, endpoint_id, kind, sealed, public_key, created_at, created_by, ends_at
    FROM safety.webhook_secret WHERE study_id = :study
"""
_SECRETS = text(
    _KEYS + " AND endpoint_id = ANY (CAST(:endpoints AS uuid[])) ORDER BY created_at, secret_id"
)
_SIGNING = text(
    _KEYS
    + " AND endpoint_id = :endpoint AND (ends_at IS NULL OR ends_at > transaction_timestamp())"
    + " ORDER BY created_at, secret_id"
)
_FIND_SECRET = text(_KEYS + " AND secret_id = :secret")
_ADD_SECRET = text("""
    INSERT INTO safety.webhook_secret
        (secret_id, endpoint_id, study_id, kind, sealed, public_key, created_at, created_by)
    VALUES (:secret, :endpoint, :study, :kind, :sealed, :public, :at, :by)
""")
# By the database's clock, which the sender signs by: a caller of a simulated time cannot end one
# in another year. What ends sooner stays so.
_END_SECRET = text("""
    UPDATE safety.webhook_secret
    SET ends_at = least(ends_at, transaction_timestamp() + CAST(:after AS interval))
    WHERE study_id = :study AND secret_id = :secret
""")


def find(work: UnitOfWork, endpoint: uuid.UUID) -> Row | None:
    return work.one(_FIND, study=work.study, endpoint=endpoint)


def hold(work: UnitOfWork, endpoint: uuid.UUID) -> Row | None:
    """The endpoint, locked until the transaction ends."""
    return work.one(_HOLD, study=work.study, endpoint=endpoint)


def listed(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    return work.all(_LIST, study=work.study, after=after, limit=limit)


def add(work: UnitOfWork, endpoint: uuid.UUID, url: str, topic: str) -> bool:
    """Propose an endpoint for a topic; False where this URL has one that is proposed, approved or
    active, for whichever topic."""
    added = work.execute(
        _ADD,
        endpoint=endpoint,
        study=work.study,
        url=url,
        topic=topic,
        at=work.now,
        by=work.principal.subject,
    )
    return added.one_or_none() is not None


def decide(work: UnitOfWork, endpoint: uuid.UUID, state: str, reason: str) -> None:
    work.execute(
        _DECIDE,
        study=work.study,
        endpoint=endpoint,
        state=state,
        reason=reason,
        by=work.principal.subject,
        at=work.now,
    )


def activate(work: UnitOfWork, endpoint: uuid.UUID) -> None:
    """Send to an approved endpoint from now on."""
    work.execute(_ACTIVATE, study=work.study, endpoint=endpoint, at=work.now)


def disable(work: UnitOfWork, endpoint: uuid.UUID, reason: str) -> None:
    """Send nothing more to the endpoint; what was pending for it is dead."""
    work.execute(_DISABLE, study=work.study, endpoint=endpoint, reason=reason)
    work.execute(_BURY, study=work.study, endpoint=endpoint)


def bury_late(work: UnitOfWork) -> None:
    """Bury what was put down for an endpoint, or came back from it, while it was being disabled."""
    work.execute(_BURY_LATE, study=work.study)


def pause(work: UnitOfWork, endpoint: uuid.UUID, until: datetime | None) -> None:
    """Hold up the endpoint's notices until then; None lets them go."""
    work.execute(_PAUSE, study=work.study, endpoint=endpoint, until=until)


def health(work: UnitOfWork, endpoint: uuid.UUID) -> Row:
    """How the endpoint's notices stand."""
    found = work.one(_HEALTH, study=work.study, endpoint=endpoint)
    return {} if found is None else found


def secrets(work: UnitOfWork, endpoints: list[uuid.UUID]) -> list[Row]:
    """The endpoints' secrets, sealed, the oldest first, those that ended among them."""
    return work.all(_SECRETS, study=work.study, endpoints=endpoints)


def signing(work: UnitOfWork, endpoint: uuid.UUID) -> list[Row]:
    """The endpoint's secrets that have not ended, the oldest first."""
    return work.all(_SIGNING, study=work.study, endpoint=endpoint)


def find_secret(work: UnitOfWork, secret: uuid.UUID) -> Row | None:
    return work.one(_FIND_SECRET, study=work.study, secret=secret)


def add_secret(work: UnitOfWork, secret: Row) -> None:
    work.execute(_ADD_SECRET, study=work.study, at=work.now, by=work.principal.subject, **secret)


def end_secret(work: UnitOfWork, secret: uuid.UUID, after: timedelta) -> None:
    """Let a secret sign for so long still, and no longer."""
    work.execute(_END_SECRET, study=work.study, secret=secret, after=after)
